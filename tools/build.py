"""Build the book with every check on: python -m tools.build.

`jupyter-book` meets an error in its YAML files with pages of its own lines; here it is said first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = ("_config.yml", "_toc.yml")
COMMAND = ["jupyter-book", "build", ".", "-W", "-n", "--keep-going"]


def main() -> None:
    """Become `jupyter-book`, or end with what is wrong."""
    os.chdir(ROOT)
    for name in FILES:
        try:
            with open(name, encoding="utf-8") as file:  # so that messages name it
                yaml.safe_load(file)
        except (OSError, ValueError, yaml.YAMLError) as error:
            sys.exit(f"{name} cannot be read:\n{error}")
    os.execvp(COMMAND[0], COMMAND)


if __name__ == "__main__":
    main()
