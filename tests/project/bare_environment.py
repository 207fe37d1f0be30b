"""A Python environment that has some packages and what they need, and no other, by links."""

from __future__ import annotations

import json
import os
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def with_requirements(names: list[str]) -> dict[str, Distribution]:
    """The installed packages of these names, and those they need, by their names."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name) for name in names]
    asked: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        package = found.setdefault(requirement.name, distribution(requirement.name))
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) in asked:
                continue
            asked.add((requirement.name, extra))
            for line in package.requires or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return found


def bare_environment(folder: Path, *names: str) -> Path:
    """Make an environment with these packages in `folder`; returns its Python.

    A kernel of the name bare is described in `folder`/share/kernels.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in with_requirements(list(names)).values():
        for file in package.files or ():
            link = site / file.parts[0]
            if file.parts[0] not in ("..", "__pycache__") and not link.exists():
                link.symlink_to(Path(str(package.locate_file(file.parts[0]))))
    python = folder / "bin" / "python"
    kernel = folder / "share" / "kernels" / "bare" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    described = {"argv": command, "display_name": "Bare", "language": "python"}
    kernel.write_text(json.dumps(described), "utf-8")
    return python


def bare_variables(folder: Path, **variables: str) -> dict[str, str]:
    """The variables of this process for kernels of an environment, without what would help them."""
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "BNUTILS_DATASET"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    own = {"JUPYTER_PATH": str(folder / "share"), "IPYTHONDIR": str(folder / ".ipython")}
    return {**kept, **own, **variables}
