"""Tables that can be read in the page and taken away from it."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from bnutils.show import tables

RUNS = pd.DataFrame(
    {
        "arm": ["BN, ours", 'a "<b>"', "ä#%+"] * 10,
        "seed": range(30),
        "loss": np.float32([0.1234567, np.nan, 12345.67] * 10),
    }
)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What is displayed, in all its forms."""
    bundles: list[dict[str, str]] = []

    def keep(bundle: dict[str, str], **options: Any) -> None:
        assert options == {"raw": True}
        bundles.append(bundle)

    monkeypatch.setattr(tables, "display", keep)
    return bundles


def test_shows_the_first_rows_and_says_how_many_there_are(shown: list[dict[str, str]]) -> None:
    tables.show_table(RUNS, "runs.csv", rows=4)
    soup = BeautifulSoup(shown[0]["text/html"], "html.parser")
    assert [th.get_text() for th in soup.select("th[scope=col]")] == ["arm", "seed", "loss"]
    assert len(soup.select("tbody tr")) == 4
    caption = soup.select_one("table > caption")
    assert caption and caption.get_text() == "First 4 of 30 rows"
    assert [td.get_text() for td in soup.select("tbody tr:nth-child(2) td")] == [
        'a "<b>"', "1", "–",
    ]  # fmt: skip
    assert "First 4 of 30 rows" in shown[0]["text/plain"]


def test_the_link_holds_every_row(shown: list[dict[str, str]]) -> None:
    tables.show_table(RUNS, "runs.csv")
    link = BeautifulSoup(shown[0]["text/html"], "html.parser").select_one("a[download='runs.csv']")
    assert link and link.get_text() == "Download all 30 rows (CSV)"
    kind, _, data = str(link["href"]).partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    assert not set(data) & set(' "<>#\n')
    found = pd.read_csv(io.StringIO(unquote(data)), dtype={"loss": np.float32})
    pd.testing.assert_frame_equal(found, RUNS, check_dtype=False)


def test_a_short_table_is_shown_whole(shown: list[dict[str, str]]) -> None:
    tables.show_table(RUNS.head(3), "runs.csv")
    assert "<caption>3 rows</caption>" in shown[0]["text/html"]


@pytest.mark.parametrize("name", ["runs", "a/b.csv", "a\\b.csv"])
def test_refuses_what_is_no_name_of_a_csv_file(name: str) -> None:
    with pytest.raises(ValueError, match=r"give one such as 'runs\.csv'"):
        tables.show_table(RUNS, name)
