"""Write the lock files: the dependencies of pyproject.toml with exact pins.

`requirements.txt` holds what builds and opens the book, `requirements-dev.txt` what tests it too.
torch asks for different packages on each platform; those for CUDA stay out of the file, so that
the same pins serve the builds of torch with CUDA and without.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {  # what each is made of; the second takes its pins from the first
    "requirements-dev.txt": "-e .[dev]\n",
    "requirements.txt": "-e .[book,lab]\nuv\n",
}
CUDA = re.compile(r"(nvidia|cuda|triton|pytorch-triton)(-|$)")
NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)


def resolve(wanted: str, output: Path, *options: str) -> str:
    """What uv makes of what is wanted, for every platform and every Python from 3.11 on.

    Pins that `output` already holds are kept where they fit. Raises subprocess.CalledProcessError
    where there is no solution; uv has said why.
    """
    command = ["uv", "pip", "compile", "-", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--custom-compile-command", "make lock", "--output-file", str(output), *options]
    # A backend of torch chosen by the caller would become part of torch's pin.
    environment = {key: value for key, value in os.environ.items() if key != "UV_TORCH_BACKEND"}
    subprocess.run(command, cwd=ROOT, env=environment, input=wanted, text=True, check=True)
    return output.read_text()


def cuda_packages(requirements: str) -> list[str]:
    """The names of the pinned packages that only builds of torch with CUDA ask for."""
    return [name for name in NAME.findall(requirements) if CUDA.match(name)]


def lock(wanted: str, kept: str) -> str:
    """The new text of a lock file; `kept` is another, whose pins stay where they fit."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "requirements.txt"
        output.write_text(kept)
        omitted = cuda_packages(resolve(wanted, output))
        return resolve(wanted, output, *(f"--no-emit-package={name}" for name in omitted))


def main() -> int:
    """Write the lock files; 1 where no set of versions fits."""
    parser = argparse.ArgumentParser(description="Refresh the lock files.")
    parser.add_argument("--keep", action="store_true", help="keep the pins that still fit")
    text = (ROOT / next(iter(LOCKS))).read_text() if parser.parse_args().keep else ""
    texts = {}
    try:
        for name, wanted in LOCKS.items():
            texts[name] = text = lock(wanted, text)
    except subprocess.CalledProcessError:
        print("The lock files are as they were: see uv's message above.", file=sys.stderr)
        return 1
    for name, text in texts.items():
        (ROOT / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
