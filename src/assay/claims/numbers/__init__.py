"""Reads the numbers in prose, in digits and in words, and compares two of them."""
