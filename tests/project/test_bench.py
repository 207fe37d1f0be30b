"""The benchmark: its ways do the work they say, its rows say what was measured."""

import json
import time
from itertools import islice, pairwise

import pytest
import torch
from docutils import nodes
from torch.nn import functional as F
from torch.utils.data import DataLoader

from book._ext.bookext.evidence.speed import described, layer_table, loop_table
from tests import ROOT
from tools.bench import __main__ as bench
from tools.bench.layers import SHAPES, microseconds, ways
from tools.bench.loops import SingleImages, matrix_products, one_network
from tools.bench.work import SIZES, build, floating, make_data

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data():
    return make_data()


def test_images_one_by_one_are_the_images_in_memory(data):
    floats, labels = floating(data)
    loader = DataLoader(SingleImages(data), 8)
    for number, (x, y) in enumerate(islice(loader, 3)):
        part = slice(8 * number, 8 * number + 8)
        torch.testing.assert_close(x.flatten(1), floats[part], rtol=1e-4, atol=1e-4)
        assert torch.equal(y, labels[part])


def test_one_network_takes_as_many_steps_as_asked(data):
    taken = []

    def batches():
        for number in range(10):
            taken.append(number)
            yield torch.randn(4, 784), torch.zeros(4, dtype=torch.int64)

    assert one_network(batches(), 3) > 0
    assert taken == [0, 1, 2]


def test_products_are_those_of_the_network():
    shapes = []

    def multiply(a, b):
        shapes.append((tuple(a.shape), tuple(b.shape)))
        return torch.bmm(a, b)

    matrix_products(multiply, 7, 1)
    found = sum(s * m * k * b[2] for (s, m, k), b in shapes)
    layers = list(pairwise(SIZES))
    assert found == 5 * 7 * (3 * sum(a * b for a, b in layers) - layers[0][0] * layers[0][1])
    assert [w.shape for w in build(0).parameters() if w.dim() == 2] == [(b, a) for a, b in layers]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_three_ways_to_normalize_agree(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    outputs = [layer(x) for layer in ways(shape).values()]
    for other in outputs[1:]:
        torch.testing.assert_close(other, outputs[0], rtol=1e-4, atol=1e-4)
    assert not torch.equal(outputs[0], F.relu(outputs[0]))


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_the_layer_costs_no_more_than_three_of_pytorchs_and_less_than_the_composition(
    shape, record_property
):
    repeats = 20 if len(shape) == 2 else 1
    for _ in range(3):  # processor time, least of rounds in turns: others can hardly disturb it
        rounds = [
            [microseconds(way, shape, repeats, time.thread_time) for way in ways(shape).values()]
            for _ in range(15)
        ]
        pytorchs, own, composition = map(min, zip(*rounds, strict=True))
        if own <= 3 * pytorchs and own < composition:
            break
    ratios = f"{own / pytorchs:.2f} and {composition / pytorchs:.2f}"
    record_property(f"times the processor time of PyTorch's, layer and composition {shape}", ratios)
    assert own <= 3 * pytorchs and own < composition, ratios


def test_the_page_shows_every_measurement():
    kept = ROOT / "book" / "_assets" / "bench.json"
    report = json.loads(kept.read_text())
    loops, layers = loop_table(report["rows"]), layer_table(report["layers"])
    lines = [
        [cell.astext() for cell in row.findall(nodes.entry)] for row in loops.findall(nodes.row)
    ]
    names = list(dict.fromkeys(row["name"] for row in report["rows"]))
    for name, head in zip(names, lines[0][1:], strict=True):
        assert head.startswith(f"{name}, ")
    for row in report["rows"]:
        line = next(line for line in lines[1:] if line[0] == str(row["batch_size"]))
        shown = line[1 + names.index(row["name"])].replace("\N{NO-BREAK SPACE}", "")
        assert shown.startswith(f"{row['samples_per_second']:.0f}")
        assert row["name"] == "engine" or f"({row['ratio_to_this']:.2f}×)" in shown
    assert len(list(layers.findall(nodes.row))) == 1 + len(report["layers"])
    assert report["processor"] in described(report, here=False)


@pytest.mark.slow
def test_the_report_has_a_row_for_each_way_and_batch_size(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "BATCH_SIZES", (60, 256))
    monkeypatch.setattr(bench, "SHAPES", SHAPES[:1])
    monkeypatch.setattr(bench, "SECONDS", 0.05)
    monkeypatch.setattr(bench, "ENGINE_SECONDS", 0.05)
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setattr(bench, "usable_cores", lambda: 1)
    path = tmp_path / "new" / "bench.json"
    monkeypatch.setattr("sys.argv", ["bench", "--rounds", "1", "--output", str(path)])
    bench.main()
    rows = json.loads(path.read_text())["rows"]
    names = list(dict.fromkeys(row["name"] for row in rows))
    assert names[:4] == ["tutorial loop", "careful loop", "engine", "matrix products"]
    assert len(rows) == 2 * len(names)
    speeds = {(row["name"], row["batch_size"]): row["samples_per_second"] for row in rows}
    for row in rows:
        ratio = speeds["engine", row["batch_size"]] / row["samples_per_second"]
        assert row["ratio_to_this"] == pytest.approx(ratio, rel=0.01, abs=0.0006)
        assert row["seeds"] == (5 if "loop" not in row["name"] else 1)
    assert "engine is" in capsys.readouterr().out
