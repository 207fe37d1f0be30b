"""`python -m bnutils.data [NAME]`: fetches and verifies a data set, and describes it."""

import argparse
import sys

from bnutils.data.errors import DataError
from bnutils.data.loading import load


def main() -> int:
    """Exit status 0, or 2 with a message on stderr if the data set cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m bnutils.data", description=__doc__)
    parser.add_argument("name", nargs="?", default="auto", help="data set (default: auto)")
    try:
        print(load(parser.parse_args().name).describe())
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
