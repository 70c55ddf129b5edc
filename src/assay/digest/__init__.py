"""Does a day's work: collects the listings, puts the day together, summarises and checks its papers."""
