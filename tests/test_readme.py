"""The experiment in the README runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_experiment_runs_and_ends_in_a_verdict(tmp_path, monkeypatch):
    monkeypatch.setenv("BNUTILS_JOBS", "1")
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_RUNS", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    command = [sys.executable, "-W", "error", "-c", code]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "n\xa0=\xa05" in found.stdout and "points" in found.stdout
    assert len(list(tmp_path.rglob("*.npz"))) == 2 * 3 * 5
