"""Which modules a source needs, told without running it: what keys of runs and chapters follow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from bnutils.sweeps.imports import Package, read_imports
from book._ext.bookext.execution.dependencies import chapter_key

SOURCES = {
    "__init__": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.fruit.apple import Apple
            from shop.fruit.pear import Pear as Pear
            from shop.tools import knife
        else:
            def __getattr__(name):
                homes = {"Apple": "fruit.apple", "Pear": "fruit.pear", "knife": "tools"}
                if name not in homes:
                    raise AttributeError(name)
                from importlib import import_module
                return getattr(import_module(f"shop.{homes[name]}"), name)
    """,
    "tools": "import shop.steel\nknife = 1",
    "steel": "def temper():\n    import shop.fire",
    "fire": "",
    "fruit/__init__": "from . import basket",
    "fruit/basket": "from ..steel import temper",
    "fruit/apple": "from .tree import leaf\nApple = 1",
    "fruit/pear": "from shop.fruit.tree import *\nPear = 1",
    "fruit/tree/__init__": "leaf = 1",
    "unused": "import shop.tools",
}
FRUIT = {"fruit", "fruit.basket", "steel", "fire"}
APPLE = {*FRUIT, "fruit.apple", "fruit.tree"}
PEAR = {*FRUIT, "fruit.pear", "fruit.tree"}
KNIFE = {"tools", "steel", "fire"}


@pytest.fixture
def shop(tmp_path: Path) -> Package:
    for name, text in SOURCES.items():
        path = tmp_path / "shop" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return Package(tmp_path / "shop")


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import torch", None),
        ("from shopping import Apple", None),
        ("import shop", set()),
        ("from shop import Apple", APPLE),
        ("from shop import Apple as A, knife", APPLE | KNIFE),
        ("from shop import *", APPLE | PEAR | KNIFE),
        ("import shop\nshop.Pear()", PEAR),
        ("import shop as s\ns.Pear()", PEAR),
        ("import shop.steel\nshop.Pear()", PEAR),
        ("import shop.fruit.pear", PEAR),
        ("import shop.fruit", FRUIT),
        ("from shop import fruit", FRUIT),
        ("from shop.fruit import apple", APPLE),
        ("from shop.fruit.apple import Apple", APPLE),
        ("def f():\n    from shop import knife", KNIFE),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.tools", None),
        ("from shop import unknown", set()),
    ],
)
def test_modules_are_followed_through_imports(
    shop: Package, source: str, modules: set[str] | None
) -> None:
    expected = set() if modules is None else {"shop", *(f"shop.{name}" for name in modules)}
    found = shop.needed_for(read_imports(source).names)
    assert found.keys() == expected
    assert all(shop.file(name) == file and file.is_file() for name, file in found.items())


@pytest.mark.parametrize(
    "source", ["from shop import Apple", "from shop import knife", "import shop.fruit.pear"]
)
def test_they_are_those_that_python_loads(shop: Package, source: str) -> None:
    program = f"import sys\n{source}\nprint(*(n for n in sys.modules if n.startswith('shop')))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=shop.folder.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    # What a function imports when it is called is needed too.
    assert loaded | {"shop.fire"} == shop.needed_for(read_imports(source).names).keys()


def test_a_chapter_has_another_key_where_a_module_it_needs_has_changed(shop: Package) -> None:
    source = "from shop import Apple"
    key = chapter_key(shop.folder, source, ["digits"])
    assert key == chapter_key(shop.folder, source, ["digits"])
    assert key != chapter_key(shop.folder, source, ["mnist"])
    for name in ("unused", "tools", "fruit/pear"):
        (shop.folder / f"{name}.py").write_text("changed = 1")
        assert key == chapter_key(shop.folder, source, ["digits"])
    for name in ("fire", "fruit/tree/__init__", "fruit/apple", "__init__"):
        (shop.folder / f"{name}.py").write_text(SOURCES[name] + "# changed")
        key, before = chapter_key(shop.folder, source, ["digits"]), key
        assert key != before


def test_a_chapter_has_another_key_where_a_result_it_names_has_changed(shop: Package) -> None:
    stored = shop.folder / "fruit" / "stored" / "run.json"
    stored.parent.mkdir()
    stored.write_text("1")
    named, other = 'print("run.json")', "print()"
    before = [chapter_key(shop.folder, source, []) for source in (named, other)]
    stored.write_text("2")
    after = [chapter_key(shop.folder, source, []) for source in (named, other)]
    assert before[0] != after[0] and before[1] == after[1]
