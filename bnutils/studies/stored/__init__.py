"""Results of trainings too long for a build of the book, kept as files of the package."""

import json
from importlib.resources import files
from typing import Any


def stored_run(name: str) -> dict[str, Any]:
    """What the file ``name`` holds, such as "figure-one-long.json", which tools/longrun writes."""
    run: dict[str, Any] = json.loads(files(__name__).joinpath(name).read_text("utf-8"))
    return run
