"""JavaScript modules that import one another, as one module that stands alone.

A widget, and a page that is opened from a disk, can load one module from text, but none that
imports files beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "js"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.MULTILINE)  # that takes whole lines
BINDING = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def bundle(name: str, folder: Path = FOLDER) -> str:
    """The module ``name`` with all it imports; only its own default export is left.

    Modules may write ``import { a, b } from "./c.js";`` and no other form.
    Raises FileNotFoundError for a module that is not there, ValueError where two modules bind
    one name, or for an import in another form.
    """
    order: list[str] = []
    _visit(name, folder, order)
    owners: dict[str, str] = {}
    parts = []
    for module in order:
        text = IMPORT.sub("", _read(module, folder))
        if re.search(r"^import\b", text, re.MULTILINE):
            raise ValueError(f'{module}.js: only `import {{ a }} from "./b.js";` is understood')
        text = EXPORT.sub("", COMMENT.sub("", text))
        for bound in BINDING.findall(text):
            if bound in owners:
                raise ValueError(f"{module}.js and {owners[bound]}.js both bind {bound}")
            owners[bound] = module
        parts.append(text)
    return "\n".join(parts)


def _read(name: str, folder: Path) -> str:
    return (folder / f"{name}.js").read_text(encoding="utf-8")


def _visit(name: str, folder: Path, order: list[str]) -> None:
    for needed in IMPORT.findall(_read(name, folder)):
        if needed not in order:
            _visit(needed, folder, order)
    order.append(name)
