"""The page for teachers: its rubric and time plan name every exercise, and its sums are right."""

import re
import tomllib

from bnutils.practice.exercises.catalogue import KEYS, exercise
from tests import ROOT

PAGE = (ROOT / "book" / "teaching.md").read_text("utf-8")


def rows(label: str) -> list[list[str]]:
    """The cells of the first table of a section, without its header."""
    lines = PAGE.partition(f"({label})=")[2].split("\n(sec-")[0].splitlines()
    table = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return table[2:]


def test_the_rubric_has_every_exercise_once_and_a_hundred_points() -> None:
    rubric = rows("sec-teaching-rubric")
    assert sorted(re.findall(r"`(\w+)`", " ".join(row[1] for row in rubric))) == sorted(KEYS)
    weights = [int(row[0].split(", ")[1]) for row in rubric if row[0]]
    parts = [int(n) for row in rubric for cell in row[1:3] for n in re.findall(r"^\d+", cell)]
    assert sum(weights) == sum(parts) == 100


def test_the_sums_of_the_three_hand_ins_are_right() -> None:
    *parts, (_, *sums) = rows("sec-teaching-three")
    for column, total in enumerate(sums, start=1):
        earned = [float(row[column].rpartition("→\u00a0")[2]) for row in parts]
        assert round(sum(earned), 1) == float(total.strip("*"))


def test_the_minutes_at_home_are_those_of_the_exercises() -> None:
    first, second = rows("sec-teaching-time")[-1][1:]
    head = KEYS[: KEYS.index("layer") + 1]
    assert first.startswith("`statistics` to `layer`, ")
    one = {*head, *re.findall(r"`(\w+)`", first)}
    two = set(re.findall(r"`(\w+)`", second))
    for keys, told in ((one, first), (two, second)):
        assert f"{sum(exercise(key).minutes for key in keys)} minutes" in told
    assert two | {*head, "network", "hunt"} == set(KEYS)


def test_the_names_to_compare_a_number_with_are_claims() -> None:
    claims = tomllib.loads((ROOT / "book" / "claims.toml").read_text("utf-8"))
    exercises = (ROOT / "book" / "practice" / "hands-on.md").read_text("utf-8")
    names = {row[2].strip("`") for row in rows("sec-teaching-numbers")} - {""}
    names |= set(re.findall(r'check\.number\("(.+?)"', exercises))
    assert len(names) > 4 and names <= claims.keys()
