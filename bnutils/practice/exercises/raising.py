"""What an answer raised, and at which line of the reader's; and whether it is a stub."""

from __future__ import annotations

import dis
import inspect
import linecache
import traceback
from pathlib import Path
from types import CodeType
from typing import Any

import bnutils

LIBRARY = str(Path(bnutils.__file__).parent)


def where_raised(error: BaseException, answer: Any) -> str:
    """``TypeError: text, at line 3: `y = x - mean```; the last line that is no library's."""
    told = str(error).strip().partition("\n")[0].rstrip(": ")
    text = f"{type(error).__name__}: {told}" if told else type(error).__name__
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_readers(frame)]
    if not own:
        return text
    frame = own[-1]
    line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return f"{text}, at line {frame.lineno} of yours" + (f": `{line}`" if line else "")


def is_unwritten(answer: Any) -> bool:
    """Whether a function does nothing: it has the instructions of an empty one."""
    code = getattr(inspect.unwrap(answer), "__code__", None)
    return code is not None and _instructions(code) == _instructions((lambda: None).__code__)


def _instructions(code: CodeType) -> list[str]:
    return [instruction.opname for instruction in dis.get_instructions(code)]


def is_readers(frame: traceback.FrameSummary) -> bool:
    file = frame.filename
    return not file.startswith(LIBRARY) and "site-packages" not in file and "lib/python" not in file
