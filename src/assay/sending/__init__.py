"""Hands what was written to others, each thing once: mail to a mail server, posts to a chat.

`assay.reader.shelf` remembers what was sent to whom. Nothing here writes a word of a message: it is given them.
"""
