"""A day's work: collect the listings, put the day together, summarise what nobody has summarised yet."""
