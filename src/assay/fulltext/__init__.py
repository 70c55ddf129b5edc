"""The full text of papers: fetched politely, read in a process of its own, kept as sections, tables and captions.

What a paper says is data. Text that readers cannot see, and sentences that look like orders to a model, are flagged.
"""
