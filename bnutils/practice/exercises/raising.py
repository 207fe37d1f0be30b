"""What an answer raised, and at which line of the reader's; and whether it is a stub."""

from __future__ import annotations

import inspect
import linecache
import traceback
from pathlib import Path
from typing import Any

import bnutils

LIBRARY = str(Path(bnutils.__file__).parent)


def where_raised(error: BaseException, answer: Any) -> str:
    """``TypeError: text, at line 3: `y = x - mean```; the last line that is no library's."""
    text = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_readers(frame)]
    if not own:
        return text.rstrip(": ")
    frame = own[-1]
    line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return f"{text}, at line {frame.lineno} of yours" + (f": `{line}`" if line else "")


def is_unwritten(answer: Any) -> bool:
    """Whether a function does nothing: its code is no longer than that of an empty one."""
    code = getattr(inspect.unwrap(answer), "__code__", None)
    return code is not None and len(code.co_code) <= len((lambda: None).__code__.co_code)


def is_readers(frame: traceback.FrameSummary) -> bool:
    file = frame.filename
    return not file.startswith(LIBRARY) and "site-packages" not in file and "lib/python" not in file
