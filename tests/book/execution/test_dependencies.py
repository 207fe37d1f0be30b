"""What the outputs of a chapter depend on."""

from __future__ import annotations

from pathlib import Path

from book._ext.bookext.execution.dependencies import Package, mentioned


def test_modules_are_followed_through_imports(tmp_path: Path) -> None:
    sources = {
        "__init__": "from bnutils.a import f",
        "a": "import bnutils.b",
        "b": "",
        "c": "from bnutils import a",
        "unused": "",
        "deep/__init__": "",
        "deep/d": "",
    }
    for name, text in sources.items():
        path = tmp_path / "bnutils" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    package = Package(tmp_path / "bnutils")
    every = {"bnutils", "bnutils.a", "bnutils.b"}
    assert package.used_by("from bnutils.c import x") == {*every, "bnutils.c"}
    assert package.used_by("from bnutils.deep.d import x") == {
        *every, "bnutils.deep", "bnutils.deep.d"
    }  # fmt: skip
    assert package.used_by("import torch") == set()
    key = package.key("import bnutils", ["digits"])
    assert key == package.key("from bnutils import f", ["digits"])
    assert key != package.key("import bnutils", ["mnist"])
    (tmp_path / "bnutils/unused.py").write_text("x = 1")
    assert key == package.key("import bnutils", ["digits"])
    (tmp_path / "bnutils/b.py").write_text("x = 1")
    assert key != package.key("import bnutils", ["digits"])


def test_stored_results_that_a_chapter_names_belong_to_its_key(tmp_path: Path) -> None:
    run, other = tmp_path / "run.json", tmp_path / "other.json"
    run.write_text("1")
    other.write_text("2")
    assert mentioned('open("run.json")', [run, other]) == ["1"]
    assert mentioned("print()", [run, other]) == []
