"""Icon fonts that hold the icons of the pages and no others."""

import io
import re

_SHOWN = re.compile(r"""(?:--fa|content)\s*:\s*(?:"([^"]+)"|'([^']+)')""")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6}) ?")


def codes(css: str) -> set[int]:
    """Code points that a style sheet shows, which are its icons."""
    found: set[int] = set()
    for pair in _SHOWN.findall(css):
        text = "".join(pair)
        found |= {int(code, 16) for code in _ESCAPE.findall(text)}
        found |= {ord(letter) for letter in _ESCAPE.sub("", text)}
    return found


def subset(font: bytes, wanted: set[int]) -> bytes:
    """A TrueType font cut down to some code points, compressed as WOFF."""
    # Most builds write no font, and need not wait for the library.
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    options = Options()
    options.flavor = "woff"
    options.layout_features = []
    cut = TTFont(io.BytesIO(font), recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(cut)
    cut.flavor = "woff"
    written = io.BytesIO()
    cut.save(written)
    return written.getvalue()
