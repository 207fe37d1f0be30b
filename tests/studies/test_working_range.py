"""Which settings work, counted by hand."""

import numpy as np

from bnutils.studies.working_range import works


def test_all_arms_are_measured_by_the_best_mean_of_any() -> None:
    good = np.array([[100.0, 60.0], [100.0, 80.0], [85.0, 80.0]])  # means 80, 90, 82.5
    bad = np.array([[50.0, 50.0], [70.0, 82.0]])
    found = works({"good": good, "bad": bad})  # from 81 on
    assert found["good"].tolist() == [[True, False], [True, False], [True, False]]
    assert found["bad"].tolist() == [[False, False], [False, True]]
    assert works({"bad": bad})["bad"].tolist() == [[False, False], [True, True]]
