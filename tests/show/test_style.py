"""The look of figures."""

from __future__ import annotations

import colorsys
import io

import matplotlib.pyplot as plt
import pytest
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from matplotlib.ft2font import FT2Font

from bnutils.show.plots import COLOURS, use_book_style
from bnutils.show.style import FACES


def hue(colour: str) -> float:
    return 360 * colorsys.rgb_to_hsv(*to_rgb(colour))[0]


def test_figures_have_the_face_of_the_pages() -> None:
    with plt.rc_context():
        use_book_style()
        for weight in ("normal", "bold"):
            properties = font_manager.FontProperties(weight=weight)  # type: ignore[arg-type]
            found = font_manager.findfont(properties, fallback_to_default=False)
            assert found.startswith(str(FACES)), found
            signs = FT2Font(found).get_charmap()
            assert {ord(sign) for sign in "0−×→≤µγ²é“…"} <= set(signs)


def test_no_face_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    with plt.rc_context():
        use_book_style()
        figure, ax = plt.subplots()
        ax.set(title=r"$\hat x = \gamma \cdot \mathbf{x} + 10^{-3}$ and words", yscale="log")
        with caplog.at_level("WARNING"):
            figure.savefig(io.BytesIO(), format="svg")
        plt.close(figure)
    assert caplog.messages == []


def test_orange_is_without_bn_alone() -> None:
    with plt.rc_context():
        use_book_style()
        cycle = [each["color"] for each in plt.rcParams["axes.prop_cycle"]]
    others = [colour for arm, colour in COLOURS.items() if arm != "no BN"]
    assert 15 < hue(COLOURS["no BN"]) < 40
    assert set(cycle) <= set(others)
    assert not [colour for colour in others if 10 < hue(colour) < 42 and colour != "#8C6D1F"]
