"""Running the assembled notebook, and filling in the numbers that its text quotes."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from tools.submission.downloads import without_downloads
from tools.submission.draft import new_code_cell
from tools.submission.errors import SubmissionError
from tools.submission.images import smaller

KERNEL_FILE = re.compile(r"[^\s\"<>]*ipykernel_\d+[/\\]\d+\.py")
CLAIM_KIND = "application/vnd.bnutils.claim+json"
QUOTED = re.compile(r"⟦([^⟧]+)⟧")
SETTINGS = {
    "BNUTILS_JOBS": "1",
    "BNUTILS_LIVE": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
# Strings as they are; numbers as repr, and as a float for formats such as `:.2f`.
COLLECT = """
import json as _json
def _written(value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = None
    return [value if isinstance(value, str) else str(value), number]
print(_json.dumps({{name: _written(value) for name, value in {{**glued, {values}}}.items()}}))
"""


def execute(
    notebook: NotebookNode,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout: int = 1800,
) -> None:
    """Run all cells in a fresh kernel of this interpreter and fill in the quoted numbers.

    `folder` is the kernel's working folder, `timeout` in seconds for a cell. Raises
    SubmissionError when a cell fails or the text quotes a number that was not recorded.
    """
    values = notebook.metadata["submission"]["values"]
    pairs = ", ".join(f"{name!r}: {expression}" for name, expression in values.items())
    notebook.cells.append(new_code_cell(COLLECT.format(values=pairs)))
    # Without folders to search, the specification is that of this interpreter.
    manager = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
    )
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=timeout,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        # Sections share runs, but none that an earlier notebook or a reader has stored.
        with tempfile.TemporaryDirectory() as runs:
            own = {**SETTINGS, "BNUTILS_RUNS": runs, **(environment or {})}
            client.execute(cleanup_kc=True, env={**os.environ, **own})
    except CellExecutionError as error:
        raise SubmissionError(
            "the assembled notebook", f"a cell failed\n{error}", "correct the chapter it is from"
        ) from error
    finally:
        collected = notebook.cells.pop()
    recorded = json.loads(collected.outputs[-1].text)
    notebook.metadata["submission"]["numbers"] = {
        name: written for name, (written, _) in sorted(recorded.items())
    }
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill_in(cell.source, recorded)
        else:
            _finish_outputs(cell, folder)


def fill_in(text: str, recorded: Mapping[str, tuple[str, float | None]]) -> str:
    """Replace ⟦name⟧ and ⟦name:format⟧ by what was recorded, escaped for Markdown."""

    def value(match: re.Match[str]) -> str:
        name, _, form = match[1].partition(":")
        if name not in recorded:
            raise SubmissionError(
                "the assembled notebook",
                f"the text quotes {name!r}, which no cell recorded",
                "take in the section whose cell glues it",
            )
        written, number = recorded[name]
        if form and number is None:
            raise SubmissionError(
                "the assembled notebook",
                f"{name!r} is {written!r}, not a number to format with {form!r}",
                "glue a number, or quote it without a format",
            )
        shown = format(number, form) if form and number is not None else written
        return re.sub(r"([\\*_$<|`])", r"\\\1", shown)

    return QUOTED.sub(value, text)


def _finish_outputs(cell: NotebookNode, folder: Path) -> None:
    """Give images their alternative text, drop second forms of them, and hide local paths."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    places = {
        str(folder.resolve()): ".",
        os.environ.get("BNUTILS_DATA", ""): "data",
        tempfile.gettempdir(): "",
        str(Path.home()): "~",
    }
    for output in cell.outputs:
        data = output.get("data", {})
        images = [kind for kind in ("image/svg+xml", "image/png") if kind in data]
        if CLAIM_KIND in data:  # the card's HTML says the same
            data.pop("text/markdown", None)
            del data[CLAIM_KIND]
        if "text/html" in data:
            data["text/html"] = without_downloads(data["text/html"])
        for kind in images[1:]:
            del data[kind]
        if "image/svg+xml" in data:
            data["image/svg+xml"] = smaller(data["image/svg+xml"])
        if images:
            data.pop("text/plain", None) if len(data) > 1 and alt else None
            output.metadata[images[0]] = {**output.metadata.get(images[0], {}), "alt": alt or ""}
        for mapping, key in ((output, "text"), (data, "text/plain"), (data, "text/html")):
            if key in mapping:
                mapping[key] = KERNEL_FILE.sub("<cell>", mapping[key])
                for path, short in places.items():
                    mapping[key] = mapping[key].replace(path, short) if path else mapping[key]
