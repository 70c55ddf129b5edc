"""Reads tables by rows and columns, says what their cells are of, and judges sentences by them."""
