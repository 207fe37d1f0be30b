"""Interactive figures: one module for notebooks and pages, and a picture where none can start."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import traitlets
from playwright.sync_api import Page
from torch import nn
from torch.nn import functional as F

from bnutils.data import load
from bnutils.evidence.claims import Claim
from bnutils.evidence.stats import mean_interval
from bnutils.networks.mlp import mlp
from bnutils.show.explorables.activations import ActivationsOverTraining, pre_activations
from bnutils.show.explorables.averages import Averages
from bnutils.show.explorables.batch_sizes import BatchSizeExplorer
from bnutils.show.explorables.bundle import bundle
from bnutils.show.explorables.duel import Duel
from bnutils.show.explorables.explorable import Explorable
from bnutils.show.explorables.normalizer import Normalizer
from bnutils.show.explorables.playground import Playground
from bnutils.show.explorables.rate_map import LearningRateMap
from bnutils.show.explorables.scoreboard import Scoreboard
from bnutils.sweeps.fit import fit
from bnutils.training.recipe import Recipe
from book._ext.bookext.pages.explorables import modules_of, script
from tests.show.figure_page import page_of

PNG = b"\x89PNG\r\n\x1a\n"
FEW = Recipe(batch_size=32, steps=6, points=3, evaluate_on=50)


def build(seed: int, norm: bool = False) -> nn.Sequential:
    return mlp([64, 8, 8, 10], norm=nn.BatchNorm1d if norm else None, seed=seed)


ARMS = {"no BN": build, "BN": partial(build, norm=True)}


def rate_map() -> Explorable:
    digits = load("digits")
    runs = {
        arm: fit(net, digits, FEW, lrs=(0.1, 1.0, 1e20), seeds=range(3), jobs=1)
        for arm, net in ARMS.items()
    }
    return LearningRateMap.of({"two layers": runs, "the same": runs})


def activations() -> Explorable:
    rates = {"no BN": 0.1, "BN": 0.3}
    return ActivationsOverTraining.record(ARMS, load("digits"), FEW, lr=rates)


def batch_sizes() -> Explorable:
    seeds = [np.array([90.0, 91.0, 92.0]), np.array([95.0, 96.0, 94.0])]
    worse = [values - 30 for values in seeds]
    return BatchSizeExplorer.of(
        [2, 64], {"no BN": {"itself": seeds}, "BN": {"running": worse, "batch": seeds}}
    )


def scoreboard() -> Explorable:
    spread = np.linspace(-0.1, 0.1, 8)
    samples = {"higher": spread + 1, "lower": spread - 1, "open": 20 * spread}
    return Scoreboard.of(
        Claim(
            name=f"is-{word}", statement=f"It is {word}.", source="this book", quantity="it",
            evidence=mean_interval(values), direction="above", reference=0.0,
            setting="none", data="none", seconds=0.0, delta=0.2, check=word == "open",
        )
        for word, values in samples.items()
    )  # fmt: skip


MAKERS: dict[str, Callable[[], Explorable]] = {
    "normalizer": Normalizer, "playground": Playground, "averages": Averages,
    "rate map": rate_map, "activations": activations, "batch sizes": batch_sizes,
    "scoreboard": scoreboard, "duel": Duel,
}  # fmt: skip


@pytest.fixture(scope="module")
def figures(one_thread: None) -> dict[str, Explorable]:
    return {name: make() for name, make in MAKERS.items()}


def test_a_module_is_joined_with_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "deep.js").write_text("const one = 1;\nexport const two = one + one;\n")
    (tmp_path / "side.js").write_text(
        'import { two } from "./deep.js";\nexport function four() {\n  return 2 * two;\n}\n'
    )
    (tmp_path / "entry.js").write_text(
        'import {\n  four,\n} from "./side.js";\nimport { two } from "./deep.js";\n'
        "export default { render: () => four() + two };\n"
    )
    text = bundle("entry", tmp_path)
    assert text.count("const two") == 1
    assert "import" not in text
    assert text.index("const two") < text.index("function four") < text.index("export default")


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"entry": 'import { a } from "./gone.js";\n'}, FileNotFoundError),
        ({"entry": 'import * as b from "./b.js";\n'}, ValueError),
        ({"entry": 'import { b } from "./b.js";\nconst a = 1;\n',
          "b": "const a = 2;\nexport const b = a;\n"}, ValueError),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused(
    tmp_path: Path, files: dict[str, str], error: type[Exception]
) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.js").write_text(text)
    with pytest.raises(error):
        bundle("entry", tmp_path)


@pytest.mark.parametrize("name", MAKERS)
def test_a_figure_offers_widget_page_picture_and_words(
    figures: dict[str, Explorable], name: str
) -> None:
    figure = figures[name]
    data, _ = figure._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == figure.model_id
    picture = base64.b64decode(data["image/png"])
    assert picture.startswith(PNG) and len(picture) <= 40_000
    assert data["text/plain"] == figure.alt and len(figure.alt) >= 40
    (state,) = [
        json.loads(part.split("</script>")[0])
        for part in data["text/html"].split('<script type="application/json">')[1:]
    ]
    assert state == figure.state()
    assert len(json.dumps(state)) <= 80_000
    assert modules_of(data["text/html"]) == [figure.module]


def test_values_are_set_from_python_and_stand_in_the_page() -> None:
    figure = Normalizer(gamma=2.0, training=False)
    figure.beta = -1.0
    assert '"gamma":2.0' in figure.html(PNG) and '"beta":-1.0' in figure.html(PNG)


def test_text_in_the_state_cannot_end_its_element() -> None:
    figure = Playground(lesson="</script><b>")
    assert "</script><b>" not in figure.html(PNG)
    assert figure.html(PNG).count("</script>") == 1


def shown(page: Page, tmp_path: Path, figure: Explorable, scripts: str | None = None) -> list[str]:
    """Open a page from the disk that holds the figure; returns a list of what goes wrong."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.goto(page_of(figure, tmp_path, scripts))
    page.wait_for_selector(".bn-explorable[data-state]")
    return troubles


@pytest.mark.parametrize("name", MAKERS)
def test_a_figure_starts_without_kernel_from_a_disk(
    page: Page, tmp_path: Path, figures: dict[str, Explorable], name: str
) -> None:
    troubles = shown(page, tmp_path, figures[name])
    assert page.locator('.bn-explorable[data-state="live"] .bn-root').is_visible()
    assert page.locator(".bn-still").is_hidden()
    assert troubles == []


def test_a_figure_that_cannot_start_keeps_its_picture_and_says_why(
    page: Page, tmp_path: Path
) -> None:
    broken = script([Normalizer.module]).replace("function render({", "function rendered({")
    shown(page, tmp_path, Normalizer(), broken)
    assert page.locator('.bn-explorable[data-state="failed"] .bn-still').is_visible()
    words = page.locator(".bn-failed").inner_text()
    assert "still picture" in words and "render" in words


def test_inputs_move_by_keyboard_and_by_mouse(page: Page, tmp_path: Path) -> None:
    troubles = shown(page, tmp_path, Normalizer())
    first = page.get_by_role("slider", name="input 1", exact=True)
    before = float(first.get_attribute("aria-valuenow") or "nan")
    first.focus()
    page.keyboard.press("ArrowRight")
    assert float(first.get_attribute("aria-valuenow") or "nan") == pytest.approx(before + 0.1)
    assert "Output 1 is pushed up" in page.locator(".bn-says").inner_text()
    box = first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"], steps=3)
    page.mouse.up()
    assert float(first.get_attribute("aria-valuenow") or "nan") > before + 0.5
    assert "add up to 0.00, and to 0.00 along" in page.locator(".bn-says").inner_text()
    page.get_by_label("evaluation mode").check()
    assert "no sample feels another" in page.locator(".bn-says").inner_text()
    assert troubles == []


def says(page: Page) -> str:
    return page.locator(".bn-says").inner_text()


def test_the_block_shows_what_shares_a_mean(
    page: Page, tmp_path: Path, figures: dict[str, Explorable]
) -> None:
    troubles = shown(page, tmp_path, figures["averages"])
    shared = page.get_by_role("gridcell", name="shares the mean")
    counts = {}
    for method in ("BN", "LN", "IN", "GN"):
        page.get_by_label("method").select_option(method)
        counts[method] = shared.count()
    assert counts == {"BN": 4, "LN": 6, "IN": 1, "GN": 3}
    assert "= 27 values" in says(page)
    page.get_by_label("groups").focus()
    page.keyboard.press("ArrowRight")
    assert shared.count() == 2
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    assert "sample 3, channel 3" in says(page)
    page.get_by_role("gridcell", name="sample 1, channel 6").click()
    assert "sample 1, channel 6" in says(page)
    assert troubles == []


def test_groups_divide_the_channels() -> None:
    with pytest.raises(traitlets.TraitError, match="4 groups do not divide 6 channels"):
        Averages(groups=4)


def test_a_cell_of_the_map_shows_its_curves(
    page: Page, tmp_path: Path, figures: dict[str, Explorable]
) -> None:
    troubles = shown(page, tmp_path, figures["rate map"])
    page.get_by_role("gridcell", name="no BN, learning rate 1e20").click()
    assert "Learning rate 1e20" in says(page) and "networks with no BN diverged" in says(page)
    grid = page.get_by_role("grid")
    grid.focus()
    page.evaluate("window.before = document.querySelectorAll('[role=gridcell]')")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
        active = grid.get_attribute("aria-activedescendant")
        label = page.locator(f"[id='{active}']").get_attribute("aria-label") or ""
        assert label == page.locator("[aria-selected=true]").get_attribute("aria-label")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"
    assert page.evaluate("[...before].every(cell => cell.isConnected)")  # none was made anew
    assert "Learning rate 0.1" in says(page) and "diverged" not in says(page)
    assert page.get_by_role("img", name="Training loss against updates").is_visible()
    assert troubles == []


@pytest.mark.parametrize("width", [320, 360, 900])
@pytest.mark.parametrize("rates", [3, 24])
def test_cells_of_the_map_can_be_touched(
    page: Page, tmp_path: Path, figures: dict[str, Explorable], width: int, rates: int
) -> None:
    shown_map = figures["rate map"].state()["maps"]["two layers"]
    more = {name: (value * 8)[:rates] for name, value in shown_map.items() if name == "lrs"} | {
        name: [(row * 8)[:rates] for row in shown_map[name]] for name in ("accuracy", "curves")
    }
    figure = LearningRateMap(maps={"one": shown_map | more}, network="one", rate=1)
    page.set_viewport_size({"width": width, "height": 900})
    troubles = shown(page, tmp_path, figure)
    boxes = [cell.bounding_box() for cell in page.get_by_role("gridcell").all()]
    assert len(boxes) == 2 * rates
    sizes = [min(box["width"], box["height"]) for box in boxes if box is not None]
    assert min(sizes) >= 24
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    page.get_by_role("gridcell").nth(1).click()
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("[aria-selected=true]").count() == 1
    assert troubles == []


@pytest.mark.parametrize("width", [320, 360])
def test_the_numbers_of_a_batch_have_room_on_a_phone(
    page: Page, tmp_path: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    shown(page, tmp_path, Normalizer(values=[-5.5, -4.5, 5.0, 2.0, 3.4, 4.6], gamma=-2.0))
    room = page.locator(".bn-root").bounding_box()
    table = page.locator(".bn-numbers").bounding_box()
    assert room is not None and table is not None
    assert table["x"] + table["width"] <= room["x"] + room["width"]
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_beads_in_one_place_stand_on_one_another(page: Page, tmp_path: Path) -> None:
    shown(page, tmp_path, Normalizer())
    page.get_by_role("button", name="All equal").click()
    places = page.locator(".bn-bead").evaluate_all(
        """all => all.map(bead => bead.transform.baseVal[0].matrix).map(({ e, f }) => [e, f])"""
    )
    assert len({x for x, _ in places}) == 1 and len({y for _, y in places}) == 6


def test_one_bead_moves_on_sight_and_the_state_stays(page: Page, tmp_path: Path) -> None:
    figure = Normalizer()
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
        page.add_init_script("""window.places = new Set(); setInterval(() => {
          const bead = document.querySelectorAll(".bn-bead")[2];
          if (bead) places.add(bead.getAttribute("transform"));
        }, 10)""")
        shown(page, tmp_path, figure)
        page.wait_for_function("seconds => performance.now() > seconds", arg=2500)
        assert (page.evaluate("places.size") > 2) == moves
        values = page.evaluate("document.querySelector('.bn-explorable').bnModel.get('values')")
        assert values == figure.values


def test_the_batch_size_explorer_compares_evaluations(
    page: Page, tmp_path: Path, figures: dict[str, Explorable]
) -> None:
    troubles = shown(page, tmp_path, figures["batch sizes"])
    assert "Batch size 2," in says(page) and "BN 61.0 %" in says(page)
    page.get_by_label("evaluated by").select_option("batch")
    assert "BN 91.0 %" in says(page)
    page.get_by_label("batch size", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert "Batch size 64," in says(page)
    page.get_by_label("no BN", exact=True).uncheck()
    assert "no BN" not in says(page)
    assert troubles == []


def test_activations_play_and_stop(
    page: Page, tmp_path: Path, figures: dict[str, Explorable]
) -> None:
    troubles = shown(page, tmp_path, figures["activations"])
    assert "Step 0," in says(page)
    page.evaluate("""() => {
      window.together = [];
      const look = () => {
        const [, words] = document.querySelector(".bn-says").textContent.match(/Step (\\d+)/);
        together.push([words, document.querySelector("output").textContent]);
        requestAnimationFrame(look);
      };
      look();
    }""")
    page.get_by_role("button", name="Play").click()
    assert page.locator(".bn-says").get_attribute("aria-live") == "off"
    page.wait_for_function("document.querySelector('.bn-says').textContent.includes('Step 6,')")
    seen = page.evaluate("[...new Set(together.map(String))].map(pair => pair.split(','))")
    assert len(seen) >= 3 and all(words == step for words, step in seen)
    assert page.get_by_role("button", name="Play").is_visible()  # it stopped at the end
    page.get_by_label("step", exact=True).focus()
    page.keyboard.press("Home")
    assert "Step 0," in says(page)
    assert troubles == []


def test_pre_activations_are_those_of_the_network_and_leave_it_as_it_was() -> None:
    net = build(0, norm=True)
    x = torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    first, second = pre_activations(net, x)
    torch.testing.assert_close(first, F.batch_norm(net[1](x.flatten(1)), None, None, training=True))
    assert second.shape == (20, 8)
    torch.testing.assert_close(second.var(0, correction=0), torch.ones(8), atol=1e-2, rtol=0)
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_claims_are_chosen_and_sorted(
    page: Page, tmp_path: Path, figures: dict[str, Explorable]
) -> None:
    troubles = shown(page, tmp_path, figures["scoreboard"])
    rows = page.locator(".bn-lines details")
    assert says(page) == "3 of 3 claims"
    page.get_by_label("sorted by").select_option("verdict")
    assert [text.split(".")[0] for text in rows.locator(".states").all_inner_texts()] == [
        "It is lower", "It is higher", "It is open"
    ]  # fmt: skip
    page.get_by_label("verdict", exact=True).select_option("contradicted")
    assert says(page) == "1 of 3 claims" and "It is lower" in rows.first.inner_text()
    page.get_by_label("verdict", exact=True).select_option("")
    page.get_by_label("kind").select_option("check")
    assert says(page) == "1 of 3 claims" and "It is open" in rows.first.inner_text()
    page.get_by_label("kind").select_option("")
    page.get_by_label("containing").fill("HIGHER it")
    assert says(page) == "1 of 3 claims" and "It is higher" in rows.first.inner_text()
    page.get_by_role("button", name="Show all claims").click()
    assert says(page) == "3 of 3 claims" and troubles == []
    assert not page.get_by_role("button", name="Show all claims").is_visible()
