"""Find Chromium for the tests that look at pages, or install it where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
INSTALL = (
    ("apt-get", "update", "-q"),
    ("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"),
)


class ChromiumError(RuntimeError):
    """There is no usable Chromium; the message says what to do."""


def find_chromium() -> Path:
    """The browser to test with: what CHROMIUM names, else the first known name on PATH.

    Raises ChromiumError where CHROMIUM names no program or where none is found.
    """
    if asked := os.environ.get("CHROMIUM"):
        if found := shutil.which(asked):
            return Path(found)
        raise ChromiumError(
            f"CHROMIUM is {asked!r}, which is not a program that can be run. "
            "Set it to the path of Chromium or Chrome, or unset it to have one looked for."
        )
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise ChromiumError(
        f"The tests of the pages need Chromium; none of {', '.join(NAMES)} is on PATH. "
        "Install it (Debian: sudo apt-get install chromium), or set CHROMIUM to its path."
    )


def install_chromium() -> None:
    """Install Debian's Chromium; raises ChromiumError where this is not root on such a system."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        find_chromium()
        return
    print("The tests of the pages need Chromium: installing it with apt-get ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in INSTALL:
        if subprocess.run(command, env=environment, check=False).returncode:
            raise ChromiumError(
                f"'{' '.join(command)}' failed (its messages are above). "
                "Install Chromium by hand, or set CHROMIUM to the path of one."
            )


def main() -> int:
    """Make sure that there is a browser; 0 where there is one, 1 after saying why not."""
    try:
        if "CHROMIUM" not in os.environ and not any(map(shutil.which, NAMES)):
            install_chromium()
        find_chromium()
    except ChromiumError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
