"""The workflows: valid, with least privileges, pinned, and without hidden failures."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema import main
from click.testing import CliRunner

from tests import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
SCRIPTS = Path(sys.executable).parent
AUDIT = (SCRIPTS / "zizmor", "--offline", "--no-progress", "--persona=pedantic")

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def validated(*paths: Path) -> tuple[int, str]:
    """Status and words of the check against the schema of workflows."""
    done = CliRunner().invoke(
        main, ["--builtin-schema", "vendor.github-workflows", *map(str, paths)]
    )
    return done.exit_code, done.output


def audited(*paths: Path) -> tuple[int, str]:
    """Status and words of the check for what an attacker could use."""
    done = subprocess.run([*AUDIT, *paths], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads a bare `on` as true.
    return {
        "on" if key is True else key: value
        for key, value in yaml.safe_load(path.read_text()).items()
    }


def uses(path: Path) -> Iterator[str]:
    for job in read(path)["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                yield step["uses"]


def test_there_is_a_workflow_for_each_purpose() -> None:
    assert {path.stem for path in WORKFLOWS} == {"tests", "publish", "weekly", "links"}


def test_workflows_fit_the_schema() -> None:
    status, words = validated(*WORKFLOWS)
    assert status == 0, words


def test_audit_finds_nothing() -> None:
    status, words = audited(FOLDER)
    assert status == 0, words
    assert "No findings to report" in words


@pytest.mark.parametrize(
    ("check", "harm"),
    [
        (validated, ("runs-on:", "runs-at:")),
        (audited, ("persist-credentials: false", "fetch-depth: 1")),
    ],
    ids=["schema", "audit"],
)
def test_the_checks_see_harm(
    check: Callable[[Path], tuple[int, str]], harm: tuple[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / ".github" / "workflows" / "tests.yml"
    broken.parent.mkdir(parents=True)
    broken.write_text((FOLDER / "tests.yml").read_text().replace(*harm))
    status, _ = check(broken)
    assert status != 0


@each_workflow
def test_actions_are_pinned_by_commit(path: Path) -> None:
    found = list(uses(path))
    assert found
    for action in found:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
    commented = re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", path.read_text(), re.M)
    assert len(commented) == len(found)


def test_one_commit_for_each_action() -> None:
    pins = {action for path in WORKFLOWS for action in uses(path)}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@each_workflow
def test_privileges_are_least(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    extra = {
        name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job
    }
    publish = {
        "notebooks": {"contents": "write"},
        "deploy": {"pages": "write", "id-token": "write"},
    }
    assert extra == (publish if path.stem == "publish" else {})
    assert "secrets." not in path.read_text()


@each_workflow
def test_commands_fail_where_a_part_fails(path: Path) -> None:
    workflow = read(path)
    assert workflow["defaults"]["run"]["shell"] == "bash -euo pipefail {0}"
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 90
        assert not any(step.get("continue-on-error") or "shell" in step for step in job["steps"])


def test_pull_requests_run_the_tests_on_every_supported_python() -> None:
    workflow = read(FOLDER / "tests.yml")
    assert {"push", "pull_request"} <= set(workflow["on"])
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert job["steps"][-1]["run"] == "make test"


def test_the_published_book_is_built_on_mnist_from_main_only() -> None:
    workflow = read(FOLDER / "publish.yml")
    assert workflow["on"]["push"] == {"branches": ["main"]}
    assert "pull_request" not in workflow["on"]
    assert workflow["jobs"]["build"]["env"]["BNUTILS_DATASET"] == "mnist"
    assert workflow["jobs"]["deploy"]["needs"] == "build"


def test_the_notebooks_of_the_published_book_become_a_branch() -> None:
    jobs = read(FOLDER / "publish.yml")["jobs"]
    (kept,) = (s["with"] for s in jobs["build"]["steps"] if "upload-artifact" in s.get("uses", ""))
    # From the first wildcard on, the artifact keeps folders; it is laid over the checkout.
    assert kept["path"] == "_build/html/_sources/**/*.ipynb"
    _, fetch, push = jobs["notebooks"]["steps"]
    (written,) = (
        s["run"] for s in jobs["build"]["steps"] if "practice_notebook" in s.get("run", "")
    )
    assert written.endswith(" _build/html/_sources/book/practice/hand-in.ipynb")
    assert fetch["with"] == {"name": kept["name"]}
    assert "tools/notebooks_branch.sh" in push["run"]


@each_workflow
def test_caches_are_keyed_by_what_they_depend_on(path: Path) -> None:
    keyed_by = {
        "~/.cache/uv": ("requirements.txt",),
        "data": ("bnutils/data/**",),
        "_build/.jupyter_cache": ("requirements.txt", "bnutils/**", "book/**"),
    }
    for job in read(path)["jobs"].values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/cache@"):
                cached = step["with"]
                assert all(f"'{part}'" in cached["key"] for part in keyed_by[cached["path"]])


@each_workflow
def test_no_workflow_names_the_repository(path: Path) -> None:
    assert not re.search(r"https?://|github\.com", path.read_text())
