"""Reads TeX: its tokens, a paper's own commands and conditions, what the commands of packages say, and tables."""
