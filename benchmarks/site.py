"""How long a site takes to build: ``python benchmarks/site.py FOLDER``, a folder of recorded days.

All days but the last are imported into a home of its own and built; then the last day is imported and the site built
again, and once more with nothing new. Each build is a process; shown are seconds, and those of one processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(home: Path, *arguments: str | Path) -> str:
    command = [sys.executable, "-m", "assay", "--home", str(home), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def build(what: str, home: Path, site: Path) -> None:
    before, started = os.times(), time.perf_counter()
    built = json.loads(run(home, "site", "build", site, "--url", "https://example.org/papers/", "--json"))
    wall, after = time.perf_counter() - started, os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    figures = f"{wall:>8.1f} s {processor:>8.1f} s {built['pages']:>8,} {built['rendered']:>8,}"
    print(f"{what:<16}{figures}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    files = sorted(parser.parse_args().folder.glob("*.json"))
    with tempfile.TemporaryDirectory() as scratch:
        home, site = Path(scratch) / "home", Path(scratch) / "site"
        run(home, "import", *files[:-1])
        run(home, "claims", "--limit", "1")  # so that no build has claims to extract
        print(f"{'':<16}{'wall':>10} {'processor':>10} {'pages':>8} {'rendered':>8}")
        build("all", home, site)
        run(home, "import", files[-1])
        build("one day more", home, site)
        build("nothing new", home, site)


if __name__ == "__main__":
    main()
