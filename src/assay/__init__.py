"""Assay reads the day's AI papers for the people who build with them, and tests what they claim."""

__version__ = "0.1.0"
