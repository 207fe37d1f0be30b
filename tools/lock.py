"""Write requirements.txt: the dependencies of pyproject.toml with exact pins.

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
LOCK = ROOT / "requirements.txt"
CUDA = re.compile(r"(nvidia|cuda|triton|pytorch-triton)(-|$)")
NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)


def resolve(output: Path, *options: str) -> str:
    """What uv makes of pyproject.toml, for every platform and every Python from 3.11 on.

    Pins that `output` already holds are kept where they fit. Raises subprocess.CalledProcessError
    where there is no solution; uv has said why.
    """
    command = ["uv", "pip", "compile", "-", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--custom-compile-command", "make lock", "--output-file", str(output), *options]
    # A backend of torch chosen by the caller would become part of torch's pin.
    environment = {key: value for key, value in os.environ.items() if key != "UV_TORCH_BACKEND"}
    subprocess.run(command, cwd=ROOT, env=environment, input="-e .[dev]\n", text=True, check=True)
    return output.read_text()


def cuda_packages(requirements: str) -> list[str]:
    """The names of the pinned packages that only builds of torch with CUDA ask for."""
    return [name for name in NAME.findall(requirements) if CUDA.match(name)]


def lock(kept: str) -> str:
    """The new text of requirements.txt; `kept` is a former one, whose pins stay where they fit."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "requirements.txt"
        output.write_text(kept)
        omitted = cuda_packages(resolve(output))
        return resolve(output, *(f"--no-emit-package={name}" for name in omitted))


def main() -> int:
    """Write requirements.txt; 1 where no set of versions fits."""
    parser = argparse.ArgumentParser(description="Refresh requirements.txt.")
    parser.add_argument("--keep", action="store_true", help="keep the pins that still fit")
    kept = LOCK.read_text() if parser.parse_args().keep else ""
    try:
        LOCK.write_text(lock(kept))
    except subprocess.CalledProcessError:
        print("requirements.txt is as it was: see uv's message above.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
