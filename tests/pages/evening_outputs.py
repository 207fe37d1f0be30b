"""What a run of the short notebook says: its sentences and tables, and whether they agree."""

from __future__ import annotations

import re

import jupytext
from nbformat import NotebookNode

from tools.submission import SOURCE

NUMBER = r"[−+-]?\d+(?:\.\d+)?"
CLEAR = re.compile(
    rf"(higher|lower|better|worse|larger|smaller) by ({NUMBER}) \[({NUMBER}), ({NUMBER})\]"
)
UNCLEAR = re.compile(rf"not clearly different, ({NUMBER}) \[({NUMBER}), ({NUMBER})\]")
UPWARD = {"higher": True, "better": True, "larger": True}
SIZES = re.compile(r"clearly better at the batch sizes ([\w, ]+); clearly\s+worse at ([\w, ]+)\.")


def value(text: str) -> float:
    """A number as the notebook writes it."""
    return float(text.replace("−", "-"))


def page() -> NotebookNode:
    """The page of the book, not executed."""
    notebook: NotebookNode = jupytext.read(SOURCE)
    return notebook


def printed(notebook: NotebookNode) -> list[str]:
    """All that the cells of a run print as Markdown, one text an output."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    return [str(o.data["text/markdown"]) for o in outputs if "text/markdown" in o.get("data", {})]


def tables(texts: list[str]) -> list[list[list[str]]]:
    """The rows of every printed table, the head first."""
    found = []
    for text in texts:
        if text.startswith("| "):
            head, _, *rows = text.splitlines()
            found.append(
                [[cell.strip() for cell in line.strip("|").split("|")] for line in (head, *rows)]
            )
    return found


def table(texts: list[str], first: str) -> list[list[str]]:
    """The first table whose head begins with `first`."""
    return next(rows for rows in tables(texts) if rows[0][0] == first)


def interval(words: str) -> tuple[float, float, float]:
    """Difference and ends of its interval in a sentence such as `lower by 2.0 [1.5, 2.5]`."""
    if clear := CLEAR.search(words):
        mean, low, high = (value(number) for number in clear.groups()[1:])
        assert 0 < low <= mean <= high, words
        return (mean, low, high) if clear[1] in UPWARD else (-mean, -high, -low)
    unclear = UNCLEAR.search(words)
    assert unclear is not None, words
    mean, low, high = (value(number) for number in unclear.groups())
    assert low <= 0 <= high and low <= mean <= high, words
    return mean, low, high


def check(texts: list[str]) -> None:
    """Fail where a sentence contradicts the numbers beside it, or those of a table."""
    assert not [text for text in texts if re.search(r"\b(nan|inf)\b", text)]
    for text in texts:
        for words in re.findall(rf"(?:\w+ by|not clearly different,) {NUMBER} \[[^\]]*\]", text):
            interval(words)
    compared = table(texts, "mean of 5 seeds")[1:]
    for name, plain, bn, words in compared:
        mean = interval(words)[0]
        step = 0.002 if "loss" in name else 0.02  # both are rounded
        assert abs(value(bn) - value(plain) - mean) < step, (name, words)
    findings = next(text for text in texts if text.lstrip().startswith("1. "))
    assert findings.count("\n") >= 4 and compared[-1][0].startswith("test accuracy")
    accuracy = compared[-1][3]
    assert f"accuracy on test images is {accuracy}," in findings
    check_sizes(texts, findings)
    check_modes(texts, findings)


def check_sizes(texts: list[str], findings: str) -> None:
    """The sizes that sentences call better or worse are those of the table."""
    head, *rows = table(texts, "batch size")
    assert len(rows) == 10 and [row[0] for row in rows] == [str(2**k) for k in range(1, 11)]
    for plan, column in (("equal epochs", 4), ("equal updates", 5)):
        assert plan in head[column]
        found: dict[bool, list[str]] = {True: [], False: []}
        for row in rows:
            mean, low, high = (value(number) for number in re.findall(NUMBER, row[column]))
            assert low <= mean <= high, row
            if low > 0 or high < 0:
                found[low > 0].append(row[0])
            if plan == "equal epochs":
                plain, bn = (value(number) for number in row[3].split(" / "))
                assert abs(bn - plain - mean) < 0.2, row
        better, worse = (", ".join(found[which]) or "none" for which in (True, False))
        if plan == "equal epochs":
            assert SIZES.findall(findings) == [(better, worse)]
        (said,) = [text for text in texts if text.startswith(f"**{plan.capitalize()}.**")]
        assert SIZES.findall(said) == [(better, worse)]


def check_modes(texts: list[str], findings: str) -> None:
    """The accuracies with and without evaluation mode are those of the table."""
    modes = {row[0]: row[1] for row in table(texts, "the same networks, the same images")[1:]}
    off, on = modes["training mode, batches of 2, mixed classes"], modes["evaluation mode"]
    assert f"score {off} % in batches of 2, else {on} %" in findings
    assert value(off) < value(on)
