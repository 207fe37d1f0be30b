"""Each figure that shows data offers them as a CSV file: the right numbers, linked and there."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from PIL import Image

from bnutils.evidence.stats import mean_interval
from bnutils.show.plots import COLOURS, band, dots
from book._ext.bookext.pages import figure_data
from book._ext.kernel import figure_csv
from tests.book.tiny_book import Book, chapter, make_book

RUNS = np.random.default_rng(0).normal(5.0, 1.0, (5, 3))


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


def rows(figure: Figure) -> list[dict[str, str]]:
    text = figure_csv.csv_of(figure)
    assert text is not None
    assert "\r\n" in text and "\n" not in text.replace("\r\n", "")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def one() -> tuple[Figure, Axes]:
    return plt.subplots()


def column(found: list[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in found]


def cell(value: float) -> str:
    return f"{value:.7g}"


def test_a_mean_has_its_band_and_its_name() -> None:
    figure, ax = one()
    ax.set(xscale="log", xlabel="batch\nsize", ylabel="accuracy, %")
    band(ax, [1, 10, 100], RUNS, "BN")
    band(ax, [1, 10], RUNS[:, :2] + 10, "no BN", label="other")
    found = rows(figure)
    expected = [mean_interval(values) for values in RUNS.T]
    first = found[:3]
    assert column(first, "series") == ["BN"] * 3
    assert column(first, "x_label") == ["batch size"] * 3
    assert column(first, "y_label") == ["accuracy, %"] * 3
    assert column(first, "x") == ["1", "10", "100"]
    assert column(first, "y") == [cell(interval.mean) for interval in expected]
    assert column(first, "y_low") == [cell(interval.low) for interval in expected]
    assert column(first, "y_high") == [cell(interval.high) for interval in expected]
    assert column(found[3:], "series") == ["other"] * 2
    assert set(found[0]) == {
        "series", "kind", "x_label", "x", "y_label", "y", "y_low", "y_high",
    }  # fmt: skip


def test_points_where_runs_diverged_have_no_row() -> None:
    figure, ax = one()
    ax.plot([1, 2, 3], [1.0, np.nan, 3.0])
    assert column(rows(figure), "x") == ["1", "3"]


def test_a_band_around_no_line_stands_alone() -> None:
    figure, ax = one()
    ax.plot([0, 1], [5, 5], color=COLOURS["BN"])
    ax.fill_between([0, 1], [0, 0], [1, 2], color=COLOURS["BN"])  # below the line
    line, other = rows(figure)[:2], rows(figure)[2:]
    assert column(line, "y_low") == ["", ""]
    assert [(row["kind"], row["x"], row["y_low"], row["y_high"]) for row in other] == [
        ("band", "0", "0", "1"),
        ("band", "1", "0", "2"),
    ]


def test_dots_tell_their_category_and_interval() -> None:
    figure, ax = one()
    ax.set_xticks(range(2), ["BN,\nε = 1", "none"])
    dots(ax, range(2), [RUNS[:, 0], RUNS[:, 1]], ["BN", "no BN"])
    found = rows(figure)
    points = [row for row in found if row["kind"] == "points"]
    assert column(points, "x_name") == ["BN, ε = 1"] * 5 + ["none"] * 5
    assert column(points, "y") == [cell(value) for value in RUNS[:, :2].T.ravel()]
    for row, values in zip(found[10:], RUNS.T[:2], strict=True):
        interval = mean_interval(values)
        assert row["kind"] == "interval"
        assert row["y"] == cell(interval.mean)
        assert float(row["y_low"]) == pytest.approx(interval.low, rel=1e-6)
        assert float(row["y_high"]) == pytest.approx(interval.high, rel=1e-6)


def test_error_bars_in_both_directions() -> None:
    figure, ax = one()
    ax.errorbar([1, 2], [10, 20], xerr=[0.5, 0.25], yerr=[[1, 2], [3, 4]], label="both")
    first, second = rows(figure)
    assert first == {
        "series": "both", "kind": "interval", "x": "1", "x_low": "0.5", "x_high": "1.5",
        "y": "10", "y_low": "9", "y_high": "13",
    }  # fmt: skip
    assert (second["x_low"], second["y_high"]) == ("1.75", "24")


def test_bars_and_histograms() -> None:
    figure, (bars, lying, bins, outline, stairs) = plt.subplots(1, 5)
    bars.bar(["left", "right"], [1.5, 2])
    lying.barh(["low", "high"], [3, 4])
    bins.hist([0.1, 0.2, 1.5], bins=[0, 1, 2])
    outline.hist([0.1, 0.2, 1.5], bins=[0, 1, 2], histtype="step")
    stairs.stairs([2, 1], [0, 1, 2])
    found = rows(figure)
    seen = [(r["panel"], r["kind"], r["x_name"], r["x"], r["y_name"], r["y"]) for r in found[:4]]
    assert seen == [
        ("1", "bar", "left", "0", "", "1.5"),
        ("1", "bar", "right", "1", "", "2"),
        ("2", "bar", "", "3", "low", "0"),
        ("2", "bar", "", "4", "high", "1"),
    ]
    for first, second in (found[4:6], found[6:8], found[8:]):
        assert first["kind"] == second["kind"] == "histogram"
        assert (first["x_low"], first["x_high"], first["y"]) == ("0", "1", "2")
        assert (second["x_low"], second["x_high"], second["y"]) == ("1", "2", "1")


def test_heat_maps() -> None:
    figure, (image, mesh) = plt.subplots(1, 2)
    image.imshow([[1 / 3, 2], [3, np.nan]], aspect="auto")
    image.set_xticks([0, 1], ["0.1", "1"])
    image.set_yticks([0, 1], ["BN", "no BN"])
    mesh.pcolormesh([0, 1, 3], [0, 2], [[5, 6]])
    found = rows(figure)
    assert [(row["x_name"], row["y_name"], row["value"]) for row in found[:3]] == [
        ("0.1", "BN", "0.3333333"),
        ("1", "BN", "2"),
        ("0.1", "no BN", "3"),
    ]
    assert [(row["x"], row["y"], row["value"]) for row in found[3:]] == [
        ("0.5", "1", "5"),
        ("2", "1", "6"),
    ]


def test_scatter_with_colours_that_mean_something() -> None:
    figure, ax = one()
    ax.scatter([1, 2], [3, 4], c=[0.1, 0.2])
    assert [tuple(row.values())[2:] for row in rows(figure)] == [
        ("1", "3", "0.1"),
        ("2", "4", "0.2"),
    ]


def test_a_label_in_one_panel_names_the_same_line_in_the_others() -> None:
    figure, axes = plt.subplots(1, 2, sharey=True)
    axes[0].set(title="first", ylabel="loss")
    for ax in axes:
        named = ax is axes[1]
        for label, style in (("train", "-"), ("validation", "--")):
            ax.plot([0, 1], [0, 1], style, color="black", label=label if named else None)
        ax.plot([0, 1], [1, 0], ":", color="black")  # nothing says what it is
    found = rows(figure)[::2]
    assert column(found, "panel") == ["first"] * 3 + ["2"] * 3
    assert column(found, "series") == ["train", "validation", "3"] * 2
    assert column(found, "y_label") == ["loss"] * 6


def test_names_from_a_legend_and_from_bold_words_of_the_same_colour() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    dots(left, [0], [RUNS[:, 0]], ["BN"])
    left.plot([], [], color=COLOURS["BN"], marker="o", label="an arm")
    right.plot([0, 1], [0, 1], color=COLOURS["no BN"])
    right.text(0, 0, "without", color=COLOURS["no BN"], fontweight="bold")
    right.plot([0, 1], [0, 2], color="black")
    right.text(0, 0, "a remark", color="black")
    found = rows(figure)
    assert set(column(found[:6], "series")) == {"an arm"}
    assert column(found[6:], "series") == ["without"] * 2 + ["2"] * 2


def test_diagrams_pictures_and_reference_lines_give_nothing() -> None:
    figure, (diagram, picture, reference) = plt.subplots(1, 3)
    diagram.add_patch(Rectangle((0, 0), 1, 1))
    diagram.add_patch(Polygon([(0, 0), (1, 0), (1, 1)]))
    diagram.text(0, 0, "a box", fontweight="bold")
    picture.imshow(np.zeros((8, 8)))
    picture.set_axis_off()
    reference.axhline(1)
    reference.axvline(1)
    reference.axline((0, 0), slope=1)
    reference.contour([[0, 1], [1, 2]])
    assert figure_csv.csv_of(figure) is None


HEADER = "---\nmystnb: {{image: {{alt: a}}, figure: {{name: {name}, caption: A {name}.}}}}\n---\n"
DRAW = """import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
set_matplotlib_formats("svg")
plt.plot([0, 1], [0, 1 / 3], label="BN"); None"""
BOXES = "plt.gca().add_patch(plt.Rectangle((0, 0), 1, 1)); None"
TWO = "figures = [plt.figure(), plt.figure()]\nfor f in figures: f.gca().plot([5, 6])\nplt.show()"
SERIES = "series,kind,x,y\r\nBN,line,0,0\r\nBN,line,1,0.3333333\r\n"


def figure_cells() -> list[str]:
    named = {"fig-line": DRAW, "fig-boxes": BOXES, "fig-two": TWO.replace(", plt.figure()]", "]")}
    return [HEADER.format(name=name) + code for name, code in named.items()]


def drawn_book(folder: Path, warm: bool) -> Book:
    page = chapter(*figure_cells()).replace("Some words.", "Some words on {numref}`fig-line`.")
    book = make_book(folder, {"deep/one.md": page}, warm=warm)
    conf = (folder / "conf.py").read_text()
    book.write("conf.py", conf + "numfig = True\n")
    return book


def links(book: Book) -> list[tuple[str, str, str, str]]:
    html = (book.build_folder / "html" / "deep" / "one.html").read_text("utf-8")
    found = BeautifulSoup(html, "html.parser").select("figcaption a.figure-data")
    keys = ("href", "download", "aria-label")
    return [(link.get_text(), *(str(link[key]) for key in keys)) for link in found]  # type: ignore[misc]


@pytest.mark.parametrize("warm", [False, True])
def test_captions_link_the_files_after_every_kind_of_build(tmp_path: Path, warm: bool) -> None:
    book = drawn_book(tmp_path, warm)
    page, html = tmp_path / "deep" / "one.md", book.build_folder / "html"
    expected = [
        ("Data (CSV)", f"../_static/data/{name}.csv", f"{name}.csv", f"Data (CSV) of Fig. {number}")
        for name, number in (("fig-line", 1), ("fig-two", 3))
    ]
    changes = ("nothing",) if warm else ("nothing", "a word", "no pages", "no page trees")
    for change in changes:
        if change == "a word":
            page.write_text(page.read_text("utf-8").replace("Some words", "Words"), "utf-8")
        elif change == "no pages":
            shutil.rmtree(html)
        elif change == "no page trees":
            shutil.rmtree(book.build_folder / ".doctrees")
        built = book.build()
        assert built.returncode == 0, built.stderr
        assert ("Executing" in built.stdout) is (change == "nothing"), built.stdout
        assert links(book) == expected, change
        assert (html / "_static/data/fig-line.csv").read_bytes().decode() == SERIES
        assert sorted(path.name for path in (html / "_static/data").iterdir()) == [
            "fig-line.csv",
            "fig-two.csv",
        ]
        text = (html / "deep" / "one.html").read_text("utf-8")
        assert re.findall('<figure[^>]* id="([^"]*)"', text) == ["fig-line", "fig-boxes", "fig-two"]
        assert "0.3333333" not in text and text.count(".svg") and not text.count(".png")
        pictures = [
            f"{name}.{kind}"
            for name in ("fig-boxes", "fig-line", "fig-two")
            for kind in ("png", "svg")
        ]
        assert sorted(path.name for path in (html / "_static/figures").iterdir()) == pictures
        choices = BeautifulSoup(text, "html.parser").select("figure > picture:has(> img) > source")
        assert [str(choice["media"]) for choice in choices] == ["(max-width: 576px)"] * 3
        narrow = {(html / "deep" / str(choice["srcset"])).resolve() for choice in choices}
        assert narrow == {*(html / "_static/narrow").resolve().iterdir()}
    picture = Image.open(html / "_static/figures/fig-line.png").convert("L")
    assert picture.width > 1000 and picture.getpixel((0, 0)) > 250  # type: ignore[operator]


def test_a_figure_without_name_and_one_of_several_tables_have_files_of_their_own() -> None:
    from docutils import nodes

    figure = nodes.figure()
    figure.line = 7
    assert figure_data.file_name(figure, "deep/one", 1) == "deep-one-line-7"
    figure["names"] = ["fig-x"]
    assert figure_data.file_name(figure, "deep/one", 2) == "fig-x-2"
    assert figure_data.MIME == figure_csv.MIME
