"""The container for Codespaces and VS Code: in its format, with the ports that make uses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import ValidationError, validate

from tests import ROOT

FILE = ROOT / ".devcontainer" / "devcontainer.json"

SIZE = {"type": "string", "pattern": "^[0-9]+([tgmk]b)?$"}
PORT = {"type": "integer", "minimum": 0, "maximum": 65535}
# What containers.dev/implementors/json_reference says of the properties that are used.
SCHEMA = {
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string", "pattern": "^[a-z0-9./-]+:[a-z0-9.-]+$"},
        "hostRequirements": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "cpus": {"type": "integer", "minimum": 1},
                "memory": SIZE,
                "storage": SIZE,
            },
        },
        "updateContentCommand": {"type": "string"},
        "remoteEnv": {"type": "object", "additionalProperties": {"type": "string"}},
        "forwardPorts": {"type": "array", "items": PORT},
        "portsAttributes": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "label": {"type": "string"},
                    "onAutoForward": {
                        "enum": [
                            "notify", "openBrowser", "openBrowserOnce", "openPreview", "silent",
                            "ignore",
                        ]
                    },
                },
            },
        },
        "customizations": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "vscode": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "extensions": {
                            "type": "array",
                            "items": {"type": "string", "pattern": "^[a-z0-9-]+[.][a-z0-9-]+$"},
                        },
                        "settings": {"type": "object"},
                    },
                }
            },
        },
    },
}  # fmt: skip


@pytest.fixture
def container() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


def test_the_file_fits_the_format(container: dict[str, Any]) -> None:
    validate(container, SCHEMA)
    for harm in ({"postCreateComand": "make"}, {"forwardPorts": [70000]}, {"image": ""}):
        with pytest.raises(ValidationError):
            validate({**container, **harm}, SCHEMA)


def test_it_is_set_up_as_everywhere_with_a_python_and_the_ports_that_are_used(
    container: dict[str, Any],
) -> None:
    makefile = (ROOT / "Makefile").read_text()
    target = container["updateContentCommand"].removeprefix("make ")
    assert re.search(rf"^{target}:", makefile, re.M)
    assert "/python:3.11-" in container["image"]
    port = int(re.findall(r"^PORT \?= (\d+)$", makefile, re.M)[0])
    assert port in container["forwardPorts"]
    assert set(container["portsAttributes"]) == {str(each) for each in container["forwardPorts"]}
    settings = container["customizations"]["vscode"]["settings"]
    for value in (container["remoteEnv"]["PATH"], *settings.values()):
        assert value.startswith("${containerWorkspaceFolder}/.venv/bin")
