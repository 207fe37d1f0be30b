"""Each figure of the built book by mouse and keys: what it then says is what is right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.show.figure_page import FigurePage, of

pytestmark = pytest.mark.slow


def numbers(text: str) -> list[float]:
    """The numbers in a text, with real minus signs or hyphens."""
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def normalized_as_by_pytorch(figure: FigurePage) -> None:
    """Compare what the beads say and where they are with PyTorch's layer and autograd."""
    state = figure.values
    x = torch.tensor(state["values"], dtype=torch.float64).requires_grad_()
    mean, variance = [
        torch.tensor([state[name]]).double() for name in ("running_mean", "running_var")
    ]
    x_hat = F.batch_norm(x[:, None], mean, variance, training=state["training"], eps=state["eps"])[
        :, 0
    ]
    y = state["gamma"] * x_hat + state["beta"]
    y[state["selected"]].backward()
    assert x.grad is not None
    beads = figure.root.get_by_role("slider", name=re.compile("^input"))
    texts = beads.evaluate_all("beads => beads.map(b => b.getAttribute('aria-valuetext'))")
    shown = np.array([numbers(text) for text in texts])
    expected = torch.stack([x, x_hat, x.grad], 1).detach().numpy()
    np.testing.assert_allclose(shown, expected, atol=0.0051)
    places = figure.root.locator("svg g[transform]").evaluate_all(
        "beads => beads.map(b => b.transform.baseVal[0].matrix.e)"
    )
    at_x, at_hat, at_y = np.array(places).reshape(3, -1)
    slope, start = np.polyfit(state["values"], at_x, 1)
    for found, values in ((at_hat, x_hat), (at_y, y)):
        pixels = start + slope * values.detach().clamp(-6, 6).numpy()
        np.testing.assert_allclose(found, pixels, atol=0.5)
    cells = [numbers(row) for row in figure.root.locator(".bn-numbers tbody tr").all_inner_texts()]
    in_rows = torch.stack([x, x_hat, y, x.grad]).detach().numpy()
    np.testing.assert_allclose(np.array(cells), in_rows, atol=0.0051)
    told = numbers(figure.root.locator(".bn-formula").inner_text())
    by_batch = [float(np.mean(state["values"])), float(np.var(state["values"]))]
    used = by_batch if state["training"] else [state["running_mean"], state["running_var"]]
    expected_numbers = [*used, state["running_mean"], state["running_var"]]
    assert told == pytest.approx(expected_numbers, abs=0.0051)


@of("normalizer", reduced_motion="reduce")  # else a bead moves by itself at first
def test_dragged_numbers_are_normalized_as_by_pytorch(figure: FigurePage) -> None:
    first = figure.values
    normalized_as_by_pytorch(figure)
    figure.drag(figure.root.get_by_role("slider", name="input 1"), 130)
    moved = figure.values
    assert moved["values"][0] > first["values"][0] + 1 and moved["selected"] == 0
    assert moved["values"][1:] == first["values"][1:]
    normalized_as_by_pytorch(figure)
    figure.press(figure.root.get_by_role("slider", name="input 6"), "ArrowLeft", "PageDown")
    assert figure.values["values"][5] == pytest.approx(first["values"][5] - 1.1)
    figure.press(figure.root.get_by_label("scale γ"), "ArrowRight", "ArrowRight")
    assert figure.values["gamma"] == pytest.approx(1.2)
    figure.click(figure.root.get_by_label("shift β"), 0.8)
    assert figure.values["beta"] > 1
    normalized_as_by_pytorch(figure)


@of("normalizer", width=360, has_touch=True, reduced_motion="reduce")
def test_running_statistics_move_as_those_of_pytorch(figure: FigurePage) -> None:
    layer = torch.nn.BatchNorm1d(1)
    layer(torch.tensor(figure.values["values"])[:, None])
    figure.click(figure.root.get_by_role("button", name="Move the running"))
    assert layer.running_mean is not None and layer.running_var is not None
    values = figure.values
    assert values["running_mean"] == pytest.approx(float(layer.running_mean))
    assert values["running_var"] == pytest.approx(float(layer.running_var))
    figure.press(figure.root.get_by_label("evaluation mode"), "Space")
    assert figure.values["training"] is False
    normalized_as_by_pytorch(figure)
    figure.press(figure.root.get_by_role("button", name="Reset"), "Enter")
    assert figure.values["training"] is True and figure.values["running_mean"] == 0


def last_layer(values: dict[str, Any]) -> list[float]:
    """Step, and of each arm mean and deviation of the last layer's histogram."""
    data, at = values["data"], values["at"]
    found = [float(data["steps"][at])]
    for histograms in data["arms"].values():
        shares = np.array(histograms[at][-1])
        edges = np.linspace(-data["span"], data["span"], len(shares) + 1)
        centres = (edges[1:] + edges[:-1]) / 2
        mean = np.average(centres, weights=shares)
        found += [mean, np.sqrt(np.average((centres - mean) ** 2, weights=shares))]
    return found


@of("activations")
def test_the_step_of_the_activations_is_chosen_and_played(figure: FigurePage) -> None:
    last = len(figure.values["data"]["steps"]) - 1
    assert figure.values["at"] == 0
    for share, least in ((0.5, 2), (0.9, 6)):
        figure.click(figure.root.get_by_label("step", exact=True), share)
        assert figure.values["at"] >= least
        assert numbers(figure.says) == pytest.approx(last_layer(figure.values), abs=0.0051)
    shapes = figure.root.locator("polygon").evaluate_all("all => all.map(p => p.outerHTML)")
    figure.press(figure.root.get_by_label("step", exact=True), "Home")
    assert figure.values["at"] == 0
    assert shapes != figure.root.locator("polygon").evaluate_all("all => all.map(p => p.outerHTML)")
    figure.press(figure.root.get_by_role("button", name="Play"), "Enter")
    figure.page.wait_for_function(
        f"document.querySelector('.bn-explorable').bnModel.get('at') === {last}"
    )
    figure.root.get_by_role("button", name="Play").wait_for()
    assert numbers(figure.says) == pytest.approx(last_layer(figure.values), abs=0.0051)


def curve_ends(figure: FigurePage) -> list[float]:
    """Losses at the ends of the lines of a chart, by the marks of its axis."""
    chart = figure.root.get_by_role("img", name="Training loss")
    marks: list[tuple[str, float]] = chart.locator("text[text-anchor=end]").evaluate_all(
        "all => all.map(t => [t.textContent, Number(t.getAttribute('y')) - 4])"
    )
    slope, start = np.polyfit([at for _, at in marks], [float(text) for text, _ in marks], 1)
    paths = chart.locator("path").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    return [start + slope * float(path.split(",")[-1]) for path in paths if path]


@of("rate-map")
def test_a_touched_cell_shows_its_accuracy_and_curves(figure: FigurePage) -> None:
    def agrees() -> None:
        values = figure.values
        shown, rate = values["maps"][values["network"]], values["rate"]
        for arm, accuracy in zip(shown["arms"], shown["accuracy"], strict=True):
            assert f"{100 * accuracy[rate]:.0f} % with {arm}" in figure.says
        curves = [arm[rate] for arm in shown["curves"]]
        ends = [curve["mean"][-1] for curve in curves if curve["mean"][-1] is not None]
        highest = max(shown["start"], 2 * shown["start"])
        low = [loss for loss in ends if loss < highest]
        assert [e for e in curve_ends(figure)][: len(low)] == pytest.approx(low, abs=0.03)
        lost = [curve["diverged"] for curve in curves]
        assert figure.says.count("diverged") == sum(count > 0 for count in lost)

    names = list(figure.values["maps"])
    cells = figure.root.get_by_role("gridcell")
    figure.click(cells.nth(1))
    assert (figure.values["arm"], figure.values["rate"]) == (0, 1)
    agrees()
    figure.press(figure.root.get_by_role("grid"), "ArrowDown", "ArrowRight", "ArrowRight")
    assert (figure.values["arm"], figure.values["rate"]) == (1, 3)
    assert figure.root.locator("[aria-selected=true]").get_attribute("aria-label") == (
        cells.nth(cells.count() // 2 + 3).get_attribute("aria-label")
    )
    agrees()
    figure.press(figure.root.get_by_label("network"), "ArrowDown")
    assert figure.values["network"] == names[1]
    agrees()


@of("batch-sizes")
def test_the_batch_size_explorer_says_what_was_measured(figure: FigurePage) -> None:
    def agrees() -> None:
        values = figure.values
        data, at = values["data"], values["size"]
        assert figure.says.startswith(f"Batch size {data['sizes'][at]},")
        dots = 0
        for arm in values["arms"]:
            kinds = data["results"][arm]
            chosen = kinds.get(values["evaluation"]) or kinds["itself"]
            mean = np.mean(chosen["seeds"][at])
            (shown,) = re.findall(rf"(?:: |; ){re.escape(arm)} ([\d.]+) %", figure.says)
            assert float(shown) == pytest.approx(mean, abs=0.061)
            dots += len(chosen["seeds"][at])
        assert figure.root.locator("circle").count() == dots
        assert figure.says.count(" to ") == len(values["arms"])

    agrees()
    kinds = {figure.values["evaluation"]}
    for _ in range(2):
        figure.press(figure.root.get_by_label("evaluated by"), "ArrowDown")
        kinds.add(figure.values["evaluation"])
        agrees()
    assert len(kinds) == 3
    figure.click(figure.root.get_by_label("batch size", exact=True), 0.97)
    assert figure.values["size"] == len(figure.values["data"]["sizes"]) - 1
    agrees()
    figure.click(figure.root.get_by_label("no BN", exact=True))
    assert "no BN" not in figure.values["arms"] and len(figure.values["arms"]) >= 2
    agrees()


NORMS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "BN": lambda x, groups: F.batch_norm(x, None, None, training=True),
    "LN": lambda x, groups: F.layer_norm(x, x.shape[1:]),
    "IN": lambda x, groups: F.instance_norm(x),
    "GN": lambda x, groups: F.group_norm(x, groups),
}


@of("averages")
def test_values_share_a_mean_where_gradients_flow(figure: FigurePage) -> None:
    def agrees() -> None:
        values = figure.values
        n, c = values["sample"], values["channel"]
        shape = (values["samples"], values["channels"], 3, 3)
        x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        x.requires_grad_()
        NORMS[values["norm"]](x, values["groups"])[n, c, 0, 0].backward()
        assert x.grad is not None
        touched = (x.grad.abs() > 1e-9).sum((2, 3))
        names = figure.root.get_by_role("gridcell").evaluate_all(
            "all => all.map(cell => cell.getAttribute('aria-label'))"
        )
        shared = ["shares the mean" in name for name in names]
        assert shared == (touched.flatten() > 0).tolist()
        assert f"= {int(touched.sum())} values" in figure.says
        assert ("depends on the other samples" in figure.says) == bool(
            (touched.sum(1) > 0).sum() > 1
        )

    figure.click(figure.root.get_by_role("gridcell", name="sample 4, channel 5"))
    assert (figure.values["sample"], figure.values["channel"]) == (3, 4)
    for _ in NORMS:
        agrees()
        figure.press(figure.root.get_by_label("method"), "ArrowDown")
    assert figure.values["norm"] == "GN"
    figure.press(figure.root.get_by_label("groups"), "ArrowRight")
    assert figure.values["groups"] == 3
    figure.press(figure.root.get_by_role("grid"), "ArrowUp", "ArrowLeft")
    assert (figure.values["sample"], figure.values["channel"]) == (2, 3)
    agrees()


@of("scoreboard")
def test_the_scoreboard_chooses_and_sorts_its_claims(figure: FigurePage) -> None:
    still = figure.root.locator(".bn-still details.bn-line").all()
    counts = Counter(str(line.get_attribute("data-verdict")) for line in still)
    rows = figure.root.locator(".bn-root details.bn-line")
    assert rows.count() == counts.total() >= 20
    verdict = figure.root.get_by_label("verdict", exact=True)
    figure.press(verdict, "ArrowDown")
    assert figure.values["verdict"] == "supported"
    assert rows.count() == counts["supported"]
    assert figure.says == f"{counts['supported']} of {counts.total()} claims"
    figure.press(verdict, "ArrowUp")
    figure.click(figure.root.get_by_label("containing"))
    figure.page.keyboard.type("SANTURKAR")
    found = [text.lower() for text in rows.all_text_contents()]
    assert 0 < len(found) < counts.total() and all("santurkar" in text for text in found)
    figure.page.keyboard.press("ControlOrMeta+a")
    figure.page.keyboard.press("Delete")
    assert rows.count() == counts.total()
    figure.press(figure.root.get_by_label("sorted by"), "v")
    assert figure.values["order"] == "verdict"
    verdicts = [str(row.get_attribute("data-verdict")) for row in rows.all()]
    assert verdicts == sorted(verdicts)
