"""The names that `bnutils` itself has, each loaded when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jupytext
import pytest

import bnutils
from bnutils.sweeps.imports import read_imports
from tests import ROOT

HEAVY = {"torch", "numpy", "scipy", "sklearn", "pandas", "matplotlib", "IPython", "joblib"}
NAMES = {name: getattr(bnutils, name) for name in bnutils.__all__}
LIGHT = ("bnutils", "bnutils.evidence.claims", "bnutils.sweeps.imports", "bnutils.sweeps.settings")


def fresh(program: str) -> str:
    """What a program prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", LIGHT)
def test_what_is_light_loads_nothing_heavy(module: str) -> None:
    loaded = fresh(f"import sys, {module}\nprint(*sys.modules)").split()
    assert module in loaded and not HEAVY & set(loaded)


def test_a_light_name_loads_nothing_heavy() -> None:
    asked = "import sys\nfrom bnutils import Claim\nprint(*sys.modules)"
    assert not HEAVY & set(fresh(asked).split())


@pytest.mark.parametrize(("name", "thing"), NAMES.items())
def test_a_name_is_what_it_is_in_its_module(name: str, thing: Any) -> None:
    assert thing is getattr(import_module(thing.__module__), name)
    assert thing.__module__.startswith("bnutils.")


def test_all_names_are_listed_before_they_are_loaded() -> None:
    assert fresh("import bnutils\nprint({*bnutils.__all__} <= {*dir(bnutils)})") == "True\n"
    namespace: dict[str, object] = {}
    exec("from bnutils import *", namespace)
    assert namespace.keys() - {"__builtins__"} == set(bnutils.__all__)


def test_an_unknown_name_is_refused_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'bnutils' has no attribute 'nothing'"):
        bnutils.nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing' from 'bnutils'"):
        exec("from bnutils import nothing")


CHAPTERS = sorted((ROOT / "book").rglob("*.md"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_import_the_vocabulary_as_such_and_nothing_internal(path: Path) -> None:
    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    lines = "\n".join(cells).splitlines()
    code = "\n".join(line for line in lines if line.lstrip()[:1] not in ("%", "!"))
    names = {name for name in read_imports(code).names if name.startswith("bnutils.")}
    assert not [name for name in names if "._" in name]
    homes = {f"{thing.__module__}.{name}" for name, thing in NAMES.items()}
    assert not names & {*homes, "bnutils.data.load"}
