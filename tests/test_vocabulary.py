"""The names that `bnutils` itself has, each loaded when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import bnutils
from tests import ROOT

HEAVY = {"torch", "numpy", "scipy", "sklearn", "pandas", "matplotlib", "IPython", "joblib"}
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


@pytest.mark.parametrize("name", bnutils.__all__)
def test_a_name_is_what_it_is_in_its_module(name: str) -> None:
    thing = getattr(bnutils, name)
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
