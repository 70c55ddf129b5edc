"""Where papers come from: live sources behind one polite HTTP client, and recordings on disk.

A source module fetches (`pages`, `by_category`: raw `Snapshot`s, page by page) and reads (`read_listing`, `read_feed`:
bytes to a `Reading`). The two are apart so that stored bytes can be read again without a network. Nothing here
stores anything.
"""
