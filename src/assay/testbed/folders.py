"""Where the testbed keeps what it fetched, converted and trained; a folder each, which need not be there yet."""

import os
from pathlib import Path

import platformdirs


def cache_folder(name: str) -> Path:
    """A folder of the cache, which is ``ASSAY_CACHE`` or the platform's own."""
    return Path(os.environ.get("ASSAY_CACHE") or platformdirs.user_cache_dir("assay")).expanduser() / name
