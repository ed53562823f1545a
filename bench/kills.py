"""Kill the daemon at random moments while it works, and check that nothing was lost, doubled or left half done.

uv run python bench/kills.py --count 300 --seed 7
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.recovery.house import House
from tests.recovery.kills import JOBS, random_kills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        try:
            tally = random_kills(house, options.count, options.seed)
            house.check(house.delivered())
        finally:
            house.stop()
    print(
        f"{tally.kills} kills, {tally.in_work} of them in the middle of a job; {JOBS} of {JOBS} jobs done once;"
    )
    print(f"orphaned workers: {len(tally.orphans)}")


if __name__ == "__main__":
    main()
