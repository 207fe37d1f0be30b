"""Interactive figures: one module for notebooks and pages, and a picture where none can start."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from bnutils.explorables.bundle import FOLDER, bundle
from bnutils.explorables.explorable import Explorable
from bnutils.explorables.normalizer import Normalizer
from bnutils.explorables.playground import Playground
from book._ext.bookext.explorables import modules_of, script
from tests.chromium import FLAGS, find_chromium

PNG = b"\x89PNG\r\n\x1a\n"
KINDS: list[type[Explorable]] = [Normalizer, Playground]


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


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_figure_offers_widget_page_picture_and_words(kind: type[Explorable]) -> None:
    figure = kind()
    data, _ = figure._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == figure.model_id
    picture = base64.b64decode(data["image/png"])
    assert picture.startswith(PNG) and len(picture) <= 40_000
    assert data["text/plain"] == kind.alt and len(kind.alt) >= 40
    (state,) = [
        json.loads(part.split("</script>")[0])
        for part in data["text/html"].split('<script type="application/json">')[1:]
    ]
    assert state == figure.state()
    assert len(json.dumps(state)) <= 80_000
    assert modules_of(data["text/html"]) == [kind.module]


def test_values_are_set_from_python_and_stand_in_the_page() -> None:
    figure = Normalizer(gamma=2.0, training=False)
    figure.beta = -1.0
    assert '"gamma":2.0' in figure.html(PNG) and '"beta":-1.0' in figure.html(PNG)


def test_text_in_the_state_cannot_end_its_element() -> None:
    figure = Playground(lesson="</script><b>")
    assert "</script><b>" not in figure.html(PNG)
    assert figure.html(PNG).count("</script>") == 1


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        yield browser.new_page()
        browser.close()


def shown(page: Page, tmp_path: Path, figure: Explorable, scripts: str | None = None) -> list[str]:
    """Open a page from the disk that holds the figure; returns a list of what goes wrong."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    html = figure.html(base64.b64decode(figure._repr_mimebundle_()[0]["image/png"]))
    style = (FOLDER / "explorables.css").read_text()
    (tmp_path / "figures.js").write_text(scripts or script([figure.module]))
    (tmp_path / "page.html").write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title><style>{style}</style>"
        f'<main>{html}</main><script defer src="figures.js"></script>'
    )
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector(".bn-explorable[data-state]")
    return troubles


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_figure_starts_without_kernel_from_a_disk(
    page: Page, tmp_path: Path, kind: type[Explorable]
) -> None:
    troubles = shown(page, tmp_path, kind())
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
