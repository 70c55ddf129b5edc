"""Small encoders that Assay carries: text cut into pieces, and the states of a transformer over them, on numpy."""
