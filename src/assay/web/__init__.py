"""The local app: the site's pages plus search, the reader's own marks, "check this text" and "run this claim"."""
