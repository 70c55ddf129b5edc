"""How the next tokens are chosen: drafting and verifying several at once, steering, parallel decoding.

Extension points: transformers' ``generate(custom_generate=...)``, `LogitsProcessor` and `StoppingCriteria`.
"""
