"""``python -m bnutils.practice mylayer.py:BatchNorm`` measures a layer in a file of yours."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

from bnutils.practice.diagnosis.diagnose import diagnose
from bnutils.practice.diagnosis.findings import Findings


def main(arguments: list[str] | None = None) -> int:
    """Print what is found; 1 where there is a mistake, 2 where nothing could be measured."""
    parser = argparse.ArgumentParser("python -m bnutils.practice", description=__doc__)
    parser.add_argument("layer", help="file and name: mylayer.py:BatchNorm")
    parser.add_argument("--images", help="the layer for images, where that is another one")
    parser.add_argument("--last", action="store_true", help="the channels of images come last")
    parser.add_argument("--backward", help="the gradient, for a layer that is a function")
    given = parser.parse_args(arguments)
    try:
        named = {key: found(getattr(given, key)) for key in ("layer", "images", "backward")}
        settings = {"backward": named["backward"]} if named["backward"] else {}
        findings = diagnose(named["layer"], named["images"], last=given.last, **settings)
    except (OSError, LookupError, SyntaxError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(findings, end="")
    return exit_status(findings)


def found(place: str | None) -> Any:
    """What ``file.py:name`` holds. Raises ValueError for another form, LookupError for no name."""
    if place is None:
        return None
    file, colon, name = place.rpartition(":")
    if not colon or not name.isidentifier():
        raise ValueError(f"{place!r} names no layer: expected mylayer.py:BatchNorm")
    sys.path.insert(0, str(Path(file).resolve().parent))
    names = runpy.run_path(file, run_name="practice")
    if name not in names:
        own = [key for key in names if not key.startswith("_")]
        raise LookupError(f"{file} has no {name}; it has {', '.join(own)}")
    return names[name]


def exit_status(findings: Findings) -> int:
    return 1 if findings.found else 0 if findings.right else 2


if __name__ == "__main__":
    sys.exit(main())
