"""The setting for longer runs."""

import pytest

from bnutils.sweeps.settings import VARIABLE, effort


@pytest.mark.parametrize(("text", "factor"), [(None, 1), ("", 1), (" 1 ", 1), ("10", 10)])
def test_the_factor_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, text: str | None, factor: int
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if text is not None:
        monkeypatch.setenv(VARIABLE, text)
    assert effort() == factor


@pytest.mark.parametrize("text", ["0", "-3", "2.5", "long", "1e1"])
def test_anything_else_is_refused_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ValueError, match=f"{text}.*whole number of at least 1"):
        effort()
