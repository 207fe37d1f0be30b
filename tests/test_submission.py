"""The notebook to hand in: conversion of each construct, assembly, and a run of its own."""

from __future__ import annotations

import datetime
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode

from tools.submission.__main__ import main
from tools.submission.assemble import Project, assemble
from tools.submission.bibliography import Bibliography
from tools.submission.compare import differences
from tools.submission.convert import Converter, Listing
from tools.submission.downloads import without_downloads
from tools.submission.draft import new_code_cell
from tools.submission.errors import Place, SubmissionError
from tools.submission.execute import execute, fill_in
from tools.submission.images import smaller
from tools.submission.outline import Outline, Question, Section, Selection, read_outline
from tools.submission.parser import make_parser
from tools.submission.references import References
from tools.submission.roles import Inline
from tools.submission.targets import Target

ROOT = Path(__file__).parents[1]
DRAWN = {"path", "use", "rect", "image", "svg"}
DATE = datetime.date(2026, 7, 12)

BIBLIOGRAPHY = """
@article{wu2018, author = {Wu, Yuxin and He, Kaiming}, title = {Group Normalization},
  journal = {ECCV}, year = {2018}}
@article{santurkar2018, author = {Santurkar, Shibani and Tsipras, Dimitris and Ilyas, Andrew},
  title = {How Does Batch Normalization Help Optimization?}, journal = {NeurIPS}, year = {2018}}
"""

CONCEPT = """
---
kernelspec: {name: python3}
---
(sec-concept)=
# The concept

```{code-cell} python3
:tags: [setup, hide-input]
import torch
from torch import nn
from myst_nb import glue
from bnutils.data import load
from bnutils.layer import Scale

dataset = load()
print(dataset.describe())
width = 3
```

See {eq}`eq-mean`, {numref}`fig-line` and {doc}`../implementation/bn` {cite:p}`wu2018`.

(sec-what)=
## What

```{code-cell} python3
answer = dataset.size * width
glue("con-answer", answer, display=False)
glue("con-share", "12.5 %", display=False)
```

The answer is {glue:text}`con-answer:.1f`, a share of {glue:text}`con-share`.

(sec-why)=
## Why

Left out.
"""

LAYER = """
(sec-bn)=
# The layer

```{code-cell} python3
:tags: [setup, hide-input]
import matplotlib.pyplot as plt
from torch import nn
from bnutils.data import load
from bnutils.layer import Scale, twice

dataset = load()
print(dataset.describe())
```

```{math}
:label: eq-mean
\\mu = \\E[x]
```

```{literalinclude} ../../bnutils/layer.py
:pyobject: Scale
:language: python
```

Its method again:

```{literalinclude} ../../bnutils/layer.py
:pyobject: Scale.forward
```

```{code-cell} python3
:tags: [hide-input]
:mystnb: {image: {alt: A rising line}, figure: {name: fig-line, caption: "A line, $x = \\\\E$."}}
from bnutils.layer import origin

figure, axes = plt.subplots()
axes.plot([origin(), twice(Scale(2.0).forward(dataset.size))]);
```
"""

FILES = {
    "_config.yml": "sphinx: {config: {book_macros: {E: '\\mathbb{E}'}}}\n",
    "book/references.bib": BIBLIOGRAPHY,
    "book/theory/concept.md": CONCEPT.lstrip(),
    "book/implementation/bn.md": LAYER.lstrip(),
    "bnutils/__init__.py": '"""Toy."""\n\nfrom bnutils.layer import Scale\n',
    "bnutils/data/__init__.py": (
        '"""Data.\n\nMore."""\n\nfrom bnutils.data.parts import load\n\n__all__ = ["load"]\n'
    ),
    "bnutils/data/parts.py": dedent('''
        """Parts of the data."""

        from __future__ import annotations

        from dataclasses import dataclass


        def load() -> Toy:
            """Load."""
            from bnutils.data.sizes import SIZE

            return Toy(SIZE)


        # What is loaded.
        @dataclass(frozen=True)
        class Toy:
            size: int

            def describe(self) -> str:
                return f"toy data, {self.size} items"


        if __name__ == "__main__":
            print(load())
    ''').lstrip(),
    "bnutils/data/sizes.py": '"""Sizes."""\n\nSIZE = 7\n',
    "bnutils/layer.py": dedent('''
        """The layer.

        Explained in the chapter.
        """

        from __future__ import annotations

        from bnutils.data.sizes import SIZE


        class Scale:
            def __init__(self, factor: float) -> None:
                self.factor = factor

            def forward(self, x: float) -> float:
                return self.factor * x


        def twice(x: float) -> float:
            """Return 2x."""
            return 2 * x


        def origin() -> int:
            return SIZE - SIZE
    ''').lstrip(),
}


def outline_of(*questions: tuple[str, str]) -> Outline:
    return Outline(
        "Toy",
        "Toy",
        "*{date}* ⟦data⟧\n\n{contents}",
        ("limit = 3",),
        {"data": "dataset.describe()"},
        (
            Section(
                "Q1. Part",
                tuple(
                    Question(number, f"Title {number}", (Selection.parse(source),))
                    for number, source in questions
                ),
            ),
        ),
    )


OUTLINE = outline_of(("Q1.1", "theory/concept -sec-why"), ("Q1.2", "implementation/bn"))


def project(folder: Path, changes: Mapping[str, str] | None = None) -> Project:
    for name, text in {**FILES, **(changes or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Project(folder)


@pytest.fixture
def converter(tmp_path: Path) -> Converter:
    bibliography = tmp_path / "references.bib"
    bibliography.write_text(BIBLIOGRAPHY)
    targets = {
        target.label: target
        for target in (
            Target("sec-a", "section", "theory/concept", "Where *it* stands"),
            Target("eq-mean", "equation", "theory/concept"),
            Target("fig-line", "figure", "theory/concept"),
            Target("tab-x", "table", "theory/concept"),
            Target("fig-out", "figure", "theory/backward"),
            Target("sec-out", "section", "theory/backward", "The gradient"),
        )
    }
    references = References(
        targets,
        {"sec-a": 0, "eq-mean": 4, "fig-line": 2, "tab-x": 1},
        {"theory/concept": "The concept", "theory/backward": "The backward pass"},
        {"theory/concept": "sec-concept"},
    )
    macros: dict[str, object] = {"E": r"\mathbb{E}", "two": [r"#1", 1]}
    return Converter(make_parser(), Inline(references, Bibliography(bibliography), macros))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(sec-a)=\n## A {term}`batch <Batch>`", '<a id="sec-a"></a>\n\n#### A batch'),
        ("A `{ref}` and {ref}`sec-a`.", "A `{ref}` and [Where *it* stands](#sec-a)."),
        ("{ref}`here <sec-a>`, {ref}`SEC-A`", "[here](#sec-a), [Where *it* stands](#sec-a)"),
        ("{ref}`sec-out`", "The gradient (*The backward pass* in the book)"),
        ("{numref}`fig-line`", "[Figure 2](#fig-line)"),
        ("{numref}`Fig. %s <fig-line>`", "[Fig. 2](#fig-line)"),
        ("In {numref}`fig-out`", "In a figure of *The backward pass* in the book"),
        ("By {eq}`eq-mean`:", "By [(4)](#eq-mean):"),
        ("{doc}`../theory/concept`", "[The concept](#sec-concept)"),
        ("{doc}`this <backward>`", "this (*The backward pass*, in the book)"),
        (
            "{cite:p}`wu2018,santurkar2018`",
            "([Wu and He, 2018](#ref-wu2018); [Santurkar et al., 2018](#ref-santurkar2018))",
        ),
        ("{cite:t}`wu2018` show", "[Wu and He (2018)](#ref-wu2018) show"),
        ("{glue:text}`con-x:.2f` of *{glue:text}`con-y`*", "⟦con-x:.2f⟧ of *⟦con-y⟧*"),
        ("{glue:text}`../experiments/batch-size.md::bs-x:.1f`", "⟦bs-x:.1f⟧"),
        (r"with $\E[x]$ and `$\E$`", r"with ${\mathbb{E}}[x]$ and `$\E$`"),
        ("$$\na = \\E\n$$", "$$\na = {\\mathbb{E}}\n$$"),
        ("$$a = b$$ (eq-mean)", '<a id="eq-mean"></a>\n\n$$\na = b\n\\tag{4}\n$$'),
        (
            "```{math}\n:label: eq-mean\na &= b \\\\\n\nc &= d\n```",
            '<a id="eq-mean"></a>\n\n$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n'
            "\\tag{4}\n$$",
        ),
        (
            "```{note}\nSee {eq}`eq-mean`.\n\n- a\n```",
            "> **Note**\n>\n> See [(4)](#eq-mean).\n>\n> - a",
        ),
        (":::{admonition} Try $x$ it\n:class: tip\nNow.\n:::", "> **Try $x$ it**\n>\n> Now."),
        (
            "| a {term}`b` | c |\n|:--|--:|\n| {eq}`eq-mean` | \\|x\\| |",
            "| a b | c |\n| :--- | ---: |\n| [(4)](#eq-mean) | \\|x\\| |",
        ),
        (
            "```{table} Sizes of $x$\n:name: tab-x\n\n| a |\n|---|\n| b |\n```",
            '<a id="tab-x"></a>**Table 1.** Sizes of $x$\n\n| a |\n| --- |\n| b |',
        ),
        (
            "1. one {eq}`eq-mean`\n   and more\n   - two {term}`x`",
            "1. one [(4)](#eq-mean)\n   and more\n   - two x",
        ),
        ("- a\n\n  ```{tip}\n  b\n  ```", "- a\n\n  > **Tip**\n  >\n  > b"),
        ("> said {term}`x`\n> again", "> said x\n> again"),
        ("% a remark\n\ntext <!-- b -->", "text <!-- b -->"),
        ("```python\n{ref}`x`\n```", "```python\n{ref}`x`\n```"),
        ("[a site](https://example.org) *b*", "[a site](https://example.org) *b*"),
        ("line  \nbreak\\\nend", "line  \nbreak\\\nend"),
    ],
)  # fmt: skip
def test_construct(converter: Converter, source: str, expected: str) -> None:
    assert converter.parts(source, Place("theory/concept.md", 1), 2) == [expected]


def test_listing_stands_apart(converter: Converter) -> None:
    source = "Before.\n\n```{literalinclude} ../../bnutils/x.py\n:pyobject: f\n```\nAfter."
    before, listing, after = converter.parts(source, Place("theory/concept.md", 1), 0)
    assert (before, after) == ("Before.", "After.")
    assert isinstance(listing, Listing)
    assert listing.call.options == {"pyobject": "f"}


@pytest.mark.parametrize(
    ("source", "line", "construct"),
    [
        ("a\n\nb\n{kbd}`x`", 13, "{kbd}"),
        ("a\n\n```{figure} x.png\n```", 12, "{figure}"),
        ("![alt](x.png)", 10, "image"),
        ("[x](other.md)", 10, "other.md"),
        ("{ref}`sec-none`", 10, "sec-none"),
        ("{doc}`/book/theory/none`", 10, "theory/none"),
        ("{cite:p}`none2020`", 10, "none2020"),
        ("a[^1]\n\n[^1]: b", 10, "footnote"),
        ("```{note}\n:wrong: x\n\nb\n```", 10, "wrong"),
        ("```{note}\n\n{kbd}`x`\n```", 12, "{kbd}"),
        ("<div>x</div>", 10, "html_block"),
        (r"$\two{a}$", 10, "two"),
        ("| a |\n|---|\n| {kbd}`x` |", 12, "{kbd}"),
    ],
)
def test_unknown_construct_is_named(
    converter: Converter, source: str, line: int, construct: str
) -> None:
    with pytest.raises(SubmissionError) as caught:
        converter.parts(source, Place("theory/concept.md", 10), 0)
    message = str(caught.value)
    assert message.startswith(f"theory/concept.md:{line}:")
    assert construct in message
    assert "What to do:" in message


def test_fill_in_formats_and_escapes() -> None:
    recorded = {"a": ("0.123", 0.123), "b": ("x_1 < $2", None)}
    assert fill_in("⟦a:.1f⟧, ⟦a⟧, ⟦b⟧", recorded) == r"0.1, 0.123, x\_1 \< \$2"
    with pytest.raises(SubmissionError, match="no cell recorded"):
        fill_in("⟦c⟧", recorded)
    with pytest.raises(SubmissionError, match="not a number"):
        fill_in("⟦b:.1f⟧", recorded)


def test_assembled_cells(tmp_path: Path) -> None:
    notebook = assemble(project(tmp_path), OUTLINE, DATE)
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    code = [source for kind, source in cells if kind == "code"]
    text = [source for kind, source in cells if kind == "markdown"]
    everything = "\n".join(code)
    assert text[0].startswith("# Toy\n\n*12 July 2026* ⟦data⟧")
    assert "  - [Q1.2 Title Q1.2](#q1-2)" in text[0]
    assert (
        code[0]
        == dedent("""
        from __future__ import annotations

        import matplotlib.pyplot as plt
        import torch
        from torch import nn
    """).strip()
    )
    # `width` is the first chapter's own; `Scale` comes where the second chapter shows it.
    data, shared, width, answer, scale, rest, plot = code[2:]
    assert data.startswith("SIZE = 7\n\n\nfrom dataclasses import dataclass\n\n\ndef load()")
    assert "# What is loaded.\n@dataclass(frozen=True)" in data
    assert shared == "dataset = load()\nprint(dataset.describe())\nlimit = 3"
    assert width == "width = 3"
    assert answer.startswith("answer = dataset.size * width")
    assert scale.startswith("class Scale:") and "twice" not in scale
    assert rest.startswith("def twice")
    assert plot.startswith("figure, axes")
    assert "bnutils" not in everything and "__main__" not in everything
    assert any(
        source.endswith("```python\ndef forward(self, x: float) -> float:\n"
                        "    return self.factor * x\n```\n\n"
            "*From `bnutils/layer.py`, which ran above.*")
        for source in text
    )  # fmt: skip
    assert '<a id="fig-line"></a>**Figure 1.** A line, $x = {\\mathbb{E}}$.' in text
    assert "\n### The concept" in "\n".join(text) and "#### What" in "\n".join(text)
    assert not any("Left out" in source for source in text)
    assert text[-1].startswith('# References\n\n- <a id="ref-wu2018"></a>Yuxin Wu and Kaiming He')


def test_same_sources_give_the_same_notebook(tmp_path: Path) -> None:
    first = assemble(project(tmp_path), OUTLINE, DATE)
    assert first == assemble(project(tmp_path), OUTLINE, DATE)
    changed = CONCEPT.lstrip().replace("The answer is", "The result is")
    second = assemble(project(tmp_path, {"book/theory/concept.md": changed}), OUTLINE, DATE)
    assert first.metadata.submission.sources != second.metadata.submission.sources


@pytest.mark.slow
def test_the_order_of_sets_does_not_matter(tmp_path: Path) -> None:
    script = (
        "import datetime, pathlib, tests.test_submission as t\n"
        f"made = t.assemble(t.Project(pathlib.Path({str(tmp_path)!r})), t.OUTLINE, t.DATE)\n"
        "print(made.metadata.submission.sources)"
    )
    # So many modules that an order by chance is hardly ever the same twice.
    helpers = {f"bnutils/data/m{n}.py": f"N{n} = {n}\n" for n in range(8)}
    imports = "".join(f"from bnutils.data.m{n} import N{n}\n" for n in range(8))
    helpers["bnutils/data/all.py"] = f"{imports}\nALL = N0 + N7\n"
    helpers["bnutils/data/sizes.py"] = "from bnutils.data.all import ALL\n\nSIZE = ALL\n"
    # Entries that neither the authors nor the year put in an order.
    same = [f"same{letter}" for letter in "abcdefgh"]
    helpers["book/references.bib"] = BIBLIOGRAPHY + "".join(
        f"@article{{{key}, author={{Doe, Jo}}, title={{T}}, journal={{J}}, year={{2018}}}}\n"
        for key in same
    )
    helpers["book/theory/concept.md"] = FILES["book/theory/concept.md"].replace(
        "{cite:p}`wu2018`", f"{{cite:p}}`{','.join(same)}`"
    )
    project(tmp_path, helpers)
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("bnutils/layer.py", "def twice", "SIZE = 1\n\n\ndef twice", "one namespace"),
        ("bnutils/layer.py", "import SIZE", "import SIZE as S", "renames or hides"),
        ("bnutils/layer.py", "from bnutils.data.sizes import SIZE", "import bnutils", "cannot"),
        ("bnutils/layer.py", "return SIZE - SIZE", "return len(__file__)", "__file__"),
        ("book/implementation/bn.md", "Scale, twice", "Scale, thrice", "no name 'thrice'"),
        ("book/implementation/bn.md", "import origin", "import origin as o", "without `as`"),
        ("book/implementation/bn.md", "figure, axes =", "SIZE, axes =", "rebinds `SIZE`"),
        ("book/implementation/bn.md", "figure, axes =", "%time\naxes =", "not plain Python"),
        ("book/implementation/bn.md", ":language: python", ":lines: 1-3", "pyobject"),
        ("book/implementation/bn.md", "bnutils/layer.py", "setup.py", "not a file of bnutils"),
        ("book/implementation/bn.md", "import matplotlib.pyplot as plt", "import torch.fx as torch",
         "`torch` is torch.fx"),
        ("book/implementation/bn.md", "(sec-bn)=", "(sec-concept)=", "also defined"),
    ],
)  # fmt: skip
def test_sources_that_do_not_fit(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    assert old in FILES[file]
    changed = project(tmp_path, {file: FILES[file].replace(old, new)})
    with pytest.raises(SubmissionError, match=message):
        assemble(changed, OUTLINE, DATE)


def chapter(label: str, *cells: str) -> str:
    parts = [f"(sec-{label})=\n# {label}\n"]
    for index, cell in enumerate(cells):
        parts.append(
            f"(sec-{label}{index})=\n## {index}\n\n```{{code-cell}} python3\n{cell}\n```\n"
        )
    return "\n".join(parts)


def test_a_name_taken_from_another_chapter_is_an_error(tmp_path: Path) -> None:
    one = chapter("one", "runs = 1\ndef show():\n    return runs", "show()")
    two = chapter("two", "runs = 2")
    shared = chapter("three", "import math\nfrom bnutils.layer import twice", "twice(math.pi)")
    again = shared.replace("three", "four")
    here = project(tmp_path, {"book/theory/one.md": one, "book/theory/two.md": two})
    apart = outline_of(
        ("Q1.1", "theory/one#sec-one0"), ("Q1.2", "theory/two"), ("Q1.3", "theory/one#sec-one1")
    )
    with pytest.raises(SubmissionError, match=r"uses `runs` from theory/one.md:8.*two.md"):
        assemble(here, apart, DATE)
    with pytest.raises(SubmissionError, match="would come from nowhere"):
        assemble(here, outline_of(("Q1.1", "theory/one#sec-one1")), DATE)
    together = outline_of(("Q1.1", "theory/one"), ("Q1.2", "theory/two"))
    throwaway = FILES["bnutils/layer.py"] + "\n\nfor _ in range(2):\n    pass\n"
    loops = chapter("five", "for _ in range(3):\n    twice(1)\nfrom bnutils.layer import twice")
    project(tmp_path, {"bnutils/layer.py": throwaway, "book/theory/five.md": loops})
    assert len(assemble(here, outline_of(("Q1.1", "theory/five")), DATE).cells) > 3
    assert len(assemble(here, together, DATE).cells) > 3
    both = {"book/theory/three.md": shared, "book/theory/four.md": again}
    mixed = outline_of(
        ("Q1.1", "theory/three#sec-three0"),
        ("Q1.2", "theory/four"),
        ("Q1.3", "theory/three#sec-three1"),
    )
    assert len(assemble(project(tmp_path, both), mixed, DATE).cells) > 3
    with pytest.raises(SubmissionError, match="takes this in twice"):
        assemble(here, outline_of(("Q1.1", "theory/one"), ("Q1.2", "theory/one")), DATE)


def without_package(folder: Path) -> dict[str, str]:
    """Return an environment in which the library cannot be imported."""
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'bnutils', 'tools'}:\n"
        "            raise ImportError(f'{name} is not to be had here')\n"
        "sys.meta_path.insert(0, Refuse())\n"
    )
    environment = {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", "import bnutils"]
    tried = subprocess.run(command, env={**os.environ, **environment}, capture_output=True)
    assert b"not to be had here" in tried.stderr
    return environment


@pytest.mark.slow
def test_executed_toy_notebook(tmp_path: Path) -> None:
    for name in ("away", "work"):
        (tmp_path / name).mkdir()
    notebook = assemble(project(tmp_path), OUTLINE, DATE)
    execute(notebook, tmp_path / "work", without_package(tmp_path / "away"), timeout=120)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "The answer is 21.0, a share of 12.5 %." in text
    assert "*12 July 2026* toy data, 7 items" in text
    (image,) = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert image.metadata["image/png"]["alt"] == "A rising line"
    assert list(image.data) == ["image/png"]
    assert str(tmp_path) not in nbformat.writes(notebook)  # type: ignore[no-untyped-call]


def test_wrong_date_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--date", "12 July"])
    assert "expected YYYY-MM-DD" in capsys.readouterr().err


def test_no_chapter_is_named_clearly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outline = tmp_path / "outline.yml"
    outline.write_text(
        json.dumps({"title": "T", "topic": "T", "about": "", "settings": [], "values": {}})
    )
    assert main(["--outline", str(outline), "--no-execute"]) == 1
    assert "sections" in capsys.readouterr().err


def test_numbers_are_compared_with_the_book(tmp_path: Path) -> None:
    def glued(name: str, text: str) -> NotebookNode:
        return nbformat.from_dict(  # type: ignore[no-any-return, no-untyped-call]
            {
                "output_type": "display_data",
                "data": {"application/papermill.record/text/plain": text},
                "metadata": {"scrapbook": {"name": name}},
            }
        )

    def executed(name: str, line: str, *outputs: NotebookNode) -> None:
        cell = new_code_cell("")
        said = nbformat.v4.new_output("stream", text=line)  # type: ignore[no-untyped-call]
        cell.outputs = [said, *outputs]
        path = tmp_path / name / "executed" / name / "base.ipynb"
        path.parent.mkdir(parents=True)
        made = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
        nbformat.write(made, path)  # type: ignore[no-untyped-call]

    executed("a", "toy, 7\n", glued("x", "'1.5 %'"), glued("y", "2.0"), glued("z", "3"))
    executed("b", "other data\n", glued("y", "9"))
    here = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    here.metadata["submission"] = {"numbers": {"data": "toy, 7", "x": "1.5 %", "y": "2.1"}}
    assert differences(here, tmp_path) == (1, ["y: 2.0 in the book, 2.1 in the notebook"])


def test_smaller_drawing_is_the_same_drawing() -> None:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot(np.linspace(0, 1, 50), np.sin(np.linspace(0, 7, 50)), label="$x^2$")
    axes.legend()
    file = io.StringIO()
    figure.savefig(file, format="svg")
    before, after = file.getvalue(), smaller(file.getvalue())
    assert len(after) < 0.7 * len(before) and "\n" not in after
    drawn = [
        [
            (element.tag, {key: text for key, text in element.items() if key != "id"})
            for element in ElementTree.fromstring(text).iter()
            if isinstance(element.tag, str) and element.tag.partition("}")[2] in DRAWN
        ]
        for text in (before, after)
    ]
    for (tag, old), (same, new) in zip(*drawn, strict=True):
        assert (tag, old.keys()) == (same, new.keys())
        for key in old:
            words = [re.findall(r"-?[\d.]+(?:e-\d+)?|[^\d\s.-]+", of[key]) for of in (old, new)]
            for word, rounded in zip(*words, strict=True):
                try:
                    assert float(rounded) == pytest.approx(float(word), abs=0.0051)
                except ValueError:
                    assert word == rounded
    for name in re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", after):
        assert f' id="{name}"' in after


def test_a_question_without_an_answer_is_named(tmp_path: Path) -> None:
    outline = tmp_path / "outline.yml"
    text = (ROOT / "submission" / "outline.yml").read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.strip().startswith("from:"))
    outline.write_text(text.replace(first, first.partition("[")[0] + "[]", 1), encoding="utf-8")
    with pytest.raises(SubmissionError, match=r"Q1\.1: nothing answers"):
        read_outline(outline)


def test_every_question_of_the_assignment_is_in_the_outline() -> None:
    outline = read_outline(ROOT / "submission" / "outline.yml")
    asked = [f"Q1.{n}" for n in (1, 2, 3)] + [f"Q2.{n}" for n in range(1, 7)] + ["Q3.1", "Q3.2"]
    assert [question.number for question in outline.questions] == asked


def committed() -> list[Path]:
    return sorted((ROOT / "submission").glob("*.ipynb"))


def test_a_notebook_is_committed_under_its_name() -> None:
    assert [path.name for path in committed()] == ["12_July_Batch_Normalization.ipynb"]


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.name)
def test_committed_notebook_matches_its_sources(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    recorded = notebook.metadata.submission
    fresh = assemble(
        Project(ROOT),
        read_outline(ROOT / "submission" / "outline.yml"),
        datetime.date.fromisoformat(recorded.date),
    )
    remedy = f"out of date: run `make submission DATE={recorded.date}`"
    assert [cell.source for cell in notebook.cells if cell.cell_type == "code"] == [
        cell.source for cell in fresh.cells if cell.cell_type == "code"
    ], remedy
    assert recorded.sources == fresh.metadata.submission.sources, remedy


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.name)
def test_committed_notebook_is_executed_and_small(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not any("⟦" in cell.source for cell in notebook.cells)
    assert path.stat().st_size < 1_750_000


def test_links_to_tables_are_dropped_and_nothing_else() -> None:
    link = '<p><a download="a.csv" href="data:text/csv,x%0D%0A">All 2 rows</a></p>'
    kept = '<table><td>1</td></table><p><a href="#here">here</a></p>'
    assert without_downloads(kept + link) == kept


@pytest.mark.slow
def test_whole_notebook_runs_alone_with_digits(tmp_path: Path) -> None:
    for name in ("away", "work"):
        (tmp_path / name).mkdir()
    outline = read_outline(ROOT / "submission" / "outline.yml")
    notebook = assemble(Project(ROOT), outline, DATE)
    environment = {**without_package(tmp_path / "away"), "BNUTILS_DATASET": "digits"}
    execute(notebook, tmp_path / "work", environment)
    assert not any("⟦" in cell.source for cell in notebook.cells)
