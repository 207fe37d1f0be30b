"""The look of the book's figures: one colour an arm, the face of the pages, no frame."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib import font_manager
from matplotlib_inline.backend_inline import set_matplotlib_formats

# Okabe and Ito's palette, told apart with every common colour vision, in print and in the dark,
# with a grey and a brown that stay apart from it. Arms that never meet may look alike; orange is
# "no BN" alone.
LOOKS = {
    "BN": ("#0072B2", "o"),
    "no BN": ("#D55E00", "s"),
    "LayerNorm": ("#009E73", "^"),
    "GroupNorm": ("#AA4499", "D"),
    "neutral": ("#555555", "x"),
    "ghost BN": ("#56B4E9", "v"),
    "renorm": ("#8C6D1F", "P"),
    "RMSNorm": ("#332288", "<"),
    "WS + GN": ("#C2578A", "X"),
    "DyT": ("#CC79A7", "v"),
    "SkipInit": ("#117733", "P"),
    "weights / √D": ("#8C6D1F", "X"),
}
COLOURS = {arm: colour for arm, (colour, _) in LOOKS.items()}
MARKERS = {arm: marker for arm, (_, marker) in LOOKS.items()}

FACES = Path(__file__).parent / "fonts"  # of the pages: Inter, cut down to what figures write
INK, QUIET = "#1F2328", "#8A8F98"

BOOK_STYLE: dict[str, Any] = {
    "figure.figsize": (7.0, 3.4),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.bbox": "tight",
    "font.family": ["Inter", "DejaVu Sans"],
    "font.size": 10.5,
    "mathtext.fontset": "custom",  # variables lean as in the formulas of the pages
    "mathtext.rm": "Inter",
    "mathtext.it": "STIXGeneral:italic",
    "mathtext.bf": "Inter:bold",
    "mathtext.bfit": "STIXGeneral:italic:bold",
    "mathtext.cal": "STIXGeneral:italic",
    "mathtext.sf": "Inter",
    "mathtext.tt": "DejaVu Sans Mono",
    "mathtext.fallback": "stix",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": QUIET,
    "axes.prop_cycle": cycler(color=[c for arm, c in COLOURS.items() if arm != "no BN"]),
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "xtick.major.size": 3.0,
    "xtick.minor.size": 0.0,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "svg.fonttype": "path",
    "svg.hashsalt": "batch normalization, measured",  # the same figure gives the same file
}


def use_book_style() -> None:
    """Set Matplotlib up for this session: the book's style, vector graphics in notebooks."""
    for face in FACES.glob("*.ttf"):
        font_manager.fontManager.addfont(face)
    plt.rcParams.update(BOOK_STYLE)  # type: ignore[arg-type]
    set_matplotlib_formats("svg", metadata={"Date": None})
