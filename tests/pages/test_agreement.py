"""The book that was built says what the published one says."""

from __future__ import annotations

import pytest

from tests.pages.built_book import kept_build
from tools import agree


def test_the_verdicts_are_the_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    with pytest.raises(SystemExit) as ended:
        agree.main([str(built.html / "claims.json")])
    assert ended.value.code == 0, f"{ended.value.code}\n{capsys.readouterr().out}"
