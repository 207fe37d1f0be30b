"""How often judging is right, on runs whose truth is known, and its tests against SciPy's own."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from bnutils.evidence.claims import Claim
from bnutils.evidence.judging import lopsided_side, sign_flip_p
from bnutils.evidence.stats import mean_interval, ratio
from tests.evidence.made import made, made_ratio

CLAIMS = 4000


def collapsing(rng, shape):
    """Accuracies of which one in ten is that of a network which did not learn."""
    return np.where(rng.random(shape) < 0.1, 10.0, rng.normal(97.0, 0.5, shape))


def arms(draw):
    """The difference of two arms of one distribution."""
    return lambda rng, shape: draw(rng, shape) - draw(rng, shape)


NOTHING = {  # draws runs whose true mean is 0
    "normal": lambda rng, shape: rng.normal(size=shape),
    "arms that are skewed": arms(lambda rng, shape: rng.lognormal(size=shape)),
    "skewed": lambda rng, shape: rng.exponential(size=shape) - 1,
    "rounded": lambda rng, shape: rng.normal(size=shape).round(),
    "three values": lambda rng, shape: rng.choice([-1.0, 0.0, 1.0], shape),
    "arms that collapse": arms(collapsing),
}


def judged(runs, delta=0.01):
    """The verdicts on claims that their mean is above 0, from runs [claims, n]."""
    fixed = {
        "name": "some", "statement": "It is.", "source": "this book", "quantity": "it",
        "setting": "none", "data": "none", "seconds": 0.0, "direction": "above", "reference": 0.0,
    }  # fmt: skip
    claims = [Claim(evidence=mean_interval(row), delta=delta, **fixed) for row in runs]
    return [claim.verdict for claim in claims]


@pytest.mark.parametrize("n", [8, 16])
@pytest.mark.parametrize("name", NOTHING)
def test_where_there_is_nothing_few_claims_are_decided(name, n):
    # Of 400,000 skewed claims with n = 8 it is 5.95 %, the most; of normal ones 3.7 %.
    verdicts = judged(NOTHING[name](np.random.default_rng(0), (CLAIMS, n)))
    decided = verdicts.count("supported") + verdicts.count("contradicted")
    assert decided <= 0.06 * CLAIMS
    if name == "normal":
        assert decided >= 0.02 * CLAIMS, "nothing would ever be decided"


@pytest.mark.parametrize("n", [8, 16])
def test_an_effect_of_twice_what_matters_is_found(n):
    # Runs that vary so much that a t-test alone finds it 9 times in 10.
    delta, beyond = 0.5, stats.t.ppf(0.975, n - 1)
    sizes = np.linspace(0.5, 2.0, 301)  # of the effect, in standard deviations
    power = stats.nct.sf(beyond, n - 1, sizes * n**0.5)
    spread = 2 * delta / sizes[np.argmax(power >= 0.9)]
    runs = np.random.default_rng(n).normal(2 * delta, spread, (CLAIMS, n))
    verdicts = judged(runs, delta)
    assert verdicts.count("supported") >= 0.8 * CLAIMS
    assert verdicts.count("contradicted") == 0


def test_nothing_that_matters_is_told_from_not_knowing():
    rng = np.random.default_rng(0)
    assert judged(rng.normal(0, 0.1, (100, 8)), delta=0.5).count("no relevant effect") >= 95
    assert judged(rng.normal(0, 5.0, (100, 8)), delta=0.5).count("no relevant effect") == 0


@pytest.mark.parametrize("n", [2, 5, 8])
def test_flipped_signs_as_scipy_flips_them(n):
    rng = np.random.default_rng(n)
    for values in (*rng.normal(0.5, 1, (5, n)), *rng.choice([-1.0, 0.0, 1.0, 2.0], (5, n))):
        if not values.any():
            continue
        found = stats.permutation_test(
            (values,), np.mean, permutation_type="samples", n_resamples=np.inf
        )
        assert sign_flip_p(values) == pytest.approx(found.pvalue)


def test_flipped_signs_of_a_case_counted_by_hand():
    values = np.array([1.0, 2.0, 3.0])
    sums = [abs(sum(signs * values)) for signs in product([-1, 1], repeat=3)]
    assert sign_flip_p(values) == np.mean([each >= 6 for each in sums]) == 2 / 8
    assert sign_flip_p(np.ones(8)) == 2 / 2**8 and sign_flip_p(np.zeros(8)) == 1
    assert sign_flip_p(np.ones(5)) > 0.05, "five runs alone decide nothing"
    many = np.random.default_rng(0).normal(0.3, 1, 40)  # of whose signs only some are tried
    p = stats.permutation_test(
        (many,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    ).pvalue
    assert sign_flip_p(many) == pytest.approx(p, abs=0.02)
    assert sign_flip_p(1e300 * values) == 2 / 8, "large values do not overflow"


@pytest.mark.parametrize("tail", [0.0, 0.5, 5.0, 50.0])
def test_a_lopsided_effect_stays_decided_however_large_it_is(tail):
    spread = np.array([-1, -0.5, -0.2, 0, 0.1, 0.3, 0.5, 0.8 + tail])
    spread = (spread - spread.mean()) / spread.std()
    for shape in (spread, -spread):
        sides = [lopsided_side(size + shape) for size in np.linspace(0, 60, 601)]
        assert sides == sorted(sides) and sides[-1] == 1, "the larger, the surer"
        assert [lopsided_side(-(size + shape)) for size in (0, 1, 60)] == [
            -lopsided_side(size + shape) for size in (0, 1, 60)
        ]
        assert made(0, 1).side() == 0 and mean_interval(60 + shape).side() == 1


@pytest.mark.parametrize("evidence", [made(1, 0.7), made(-2, 3), made_ratio(0.5, 1.8)])
def test_the_p_is_that_of_scipys_t_test(evidence):
    at = 1.2
    runs, centre = (np.log(evidence.runs), np.log(at)) if evidence.log else (evidence.runs, at)
    assert evidence.t_p(at) == pytest.approx(stats.ttest_1samp(runs, centre).pvalue)


def test_the_p_goes_with_the_interval():
    rng = np.random.default_rng(0)
    for row in rng.normal(0.6, 1, (200, 8)):
        for resolution in (0.0, 0.5):
            found = mean_interval(row, resolution=resolution)
            assert (found.t_p() < 0.05) == (found.low > 0 or found.high < 0)
    assert mean_interval([1.0] * 8).t_p() == 2 / 2**8, "equal runs tell no spread"
    assert np.isnan(mean_interval([1.0, np.nan]).t_p())
    assert np.isnan(ratio([1e-200, 1e200], [1e200, 1e-200]).sign_flip_p())
