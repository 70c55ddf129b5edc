"""One reader's own things: what was starred, read, hidden, tagged, noted, followed; what interests her; what she saw.

They stand in a database of their own, apart from the archive of papers, which is the same for everybody.
"""
