"""Ranges of settings that work, counted by hand and by a closed form."""

import numpy as np
import pytest

from bnutils.studies.working_range import largest_working, working_decades, works
from bnutils.training.curves import EdgeOfGrid


def test_an_arm_is_measured_by_its_own_best_mean() -> None:
    accuracy = np.array([[50.0, 60.0], [100.0, 80.0], [85.0, 80.0]])  # means 55, 90, 82.5
    assert works(accuracy).tolist() == [[False, False], [True, False], [True, False]]
    assert works(accuracy / 10).tolist() == works(accuracy).tolist()


def test_a_range_ends_where_the_line_between_two_settings_falls_below() -> None:
    # The accuracy falls by 20 for each power of ten on both sides: to 90 after half of one.
    rates = np.array([0.01, 0.1, 1.0, 10.0, 100.0])
    tent = 100 - 20 * np.abs(np.log10(rates))[:, None]  # [L, 1]
    np.testing.assert_allclose(working_decades(tent, rates), [1.0])
    np.testing.assert_allclose(largest_working(tent, rates), [10**0.5])
    # The finer the grid of a smooth curve, the nearer to its closed form: 40 x² = 10.
    fine = np.logspace(-2, 2, 401)
    bowl = 100 - 40 * np.log10(fine)[:, None] ** 2
    np.testing.assert_allclose(working_decades(bowl, fine), [1.0], atol=1e-3)
    # A step between settings counts to where it crosses the level, not to the next setting.
    steps = np.array([[0.0], [100.0], [0.0]])
    np.testing.assert_allclose(working_decades(steps, [0.1, 1.0, 10.0]), [0.2])


def test_a_run_that_does_not_work_at_the_best_setting_has_no_range() -> None:
    accuracy = np.array([[0.0, 10.0, 10.0], [100.0, 100.0, 40.0], [0.0, 20.0, 90.0]])
    decades = working_decades(accuracy, [0.1, 1.0, 10.0])  # from 72 on, around 1
    np.testing.assert_allclose(decades, [0.28 * 2, 28 / 90 + 28 / 80, 0.0])
    highest = largest_working(accuracy, [0.1, 1.0, 10.0])
    np.testing.assert_allclose(highest, [10**0.28, 10 ** (28 / 80), 1.0])


def test_islands_beyond_a_gap_do_not_count() -> None:
    accuracy = np.array([[0.0], [100.0], [0.0], [99.0], [0.0]])
    rates = [0.1, 1.0, 10.0, 100.0, 1000.0]
    np.testing.assert_allclose(working_decades(accuracy, rates), [0.2])


@pytest.mark.parametrize("rows", [[[99.0], [100.0], [0.0]], [[0.0], [100.0], [95.0]]])
def test_a_range_that_may_go_on_is_told(rows) -> None:
    with pytest.warns(EdgeOfGrid, match="up to the end of the settings tried, 0.1 to 10;"):
        decades = working_decades(np.array(rows), [0.1, 1.0, 10.0])
    assert 1.0 < decades[0] < 1.2


@pytest.mark.parametrize("settings", [[0.1, 1.0], [0.1, 0.1, 1.0], [0.0, 0.1, 1.0], [1, 2, -3]])
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_other_settings_are_refused(settings) -> None:
    with pytest.raises(ValueError, match="give 3 positive numbers that rise"):
        working_decades(np.array([[0.0], [1.0], [0.0]]), settings)


def test_the_lower_end_is_no_matter_of_the_largest_that_works() -> None:
    rates = [0.1, 1.0, 10.0]
    with pytest.warns(EdgeOfGrid):
        assert largest_working(np.array([[0.0], [100.0], [95.0]]), rates) == [10.0]
    # Warnings are errors here.
    np.testing.assert_allclose(largest_working(np.array([[99.0], [100.0], [0.0]]), rates), 10**0.1)
