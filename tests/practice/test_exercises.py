"""Every slip is named exactly, no wrong answer passes, and right ones do in any style."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from bnutils.mistakes import ShortBatchNorm
from bnutils.practice import check
from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.exercises.task import Twinned
from tests import ROOT
from tests.practice.differentiated import DIFFERENTIATED
from tests.practice.page import cells, defined, outline
from tests.practice.right_answers import ANSWERS, ONE_KIND, in_autograd

TASKS = {key: exercise(key) for key in KEYS if isinstance(exercise(key), Twinned)}
SLIPS = [(key, slip.key) for key, task in TASKS.items() for slip in task.slips]
PAIRS = [
    (key, one.key, other.key)
    for key, task in TASKS.items()
    for one, other in itertools.combinations(task.slips, 2)
]


def slipping(key, *slips):
    """What the twin gives with these slips, as an answer; something far off for what is open."""

    def answer(*args):
        result = TASKS[key].twin(*args, slips=frozenset(slips))
        if not isinstance(result, tuple):
            return result
        return tuple(-12345.0 if value is None else value for value in result)

    return answer


def judged(key, answer, seed):
    """The report on values themselves, also where an answer is an object that has to be used."""
    return replace(TASKS[key], adapt=None).judge(answer, seed)


@pytest.mark.parametrize("key", TASKS)
def test_the_twin_without_slips_gives_the_truth(key):
    for seed in range(40):
        assert judged(key, slipping(key), str(seed)).right, seed


@pytest.mark.parametrize(("key", "slip"), SLIPS)
def test_every_slip_is_named_exactly(key, slip):
    for seed in range(40):
        report = judged(key, slipping(key, slip), str(seed))
        assert report.found == (slip,), seed
        assert 0 < report.points < report.of


@pytest.mark.parametrize(("key", "one", "other"), PAIRS)
def test_no_pair_of_slips_passes_and_none_is_unknown(key, one, other):
    report = judged(key, slipping(key, one, other), "7")
    assert report.status == "slips"


@pytest.mark.parametrize("key", KEYS)
def test_what_is_not_written_yet_earns_nothing_and_raises_nothing(key):
    assert exercise(key).judge(None).points == 0
    assert exercise(key).judge(defined("stub")[key]).points == 0
    if key != "experiment":
        assert exercise(key).judge(defined("stub")[key]).status == "empty"


@pytest.mark.parametrize("key", KEYS)
def test_the_solutions_of_the_page_are_right(key):
    for seed in ("public", "1234567/hidden", "3"):
        report = exercise(key).judge(defined("solution")[key], seed)
        assert report.right and report.points == report.of, str(report)


@pytest.mark.parametrize("key", KEYS)
def test_what_a_notebook_sets_for_all_changes_no_report(key):
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            assert getattr(check, key)(defined("solution")[key]).right
            assert not torch.is_grad_enabled() and torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("place", range(len(ANSWERS)))
def test_right_answers_in_other_styles_pass(place):
    key, answer = ANSWERS[place]
    report = exercise(key).judge(answer)
    assert report.right, str(report)


@pytest.mark.parametrize("key", KEYS)
def test_stub_and_solution_have_one_signature_and_docstring(key):
    assert outline(cells("stub")[key]) == outline(cells("solution")[key])


def test_the_page_has_the_exercises_in_their_order_each_with_its_check():
    assert tuple(cells("stub")) == tuple(cells("solution")) == KEYS
    for key, text in cells("check").items():
        assert text == f"check.{key}({exercise(key).answer})"


def test_the_script_of_the_page_is_the_one_that_is_given_and_mended():
    assert cells("stub")["experiment"] == check.experiment.source().rstrip()
    assert check.experiment.source("1") != check.experiment.source("4")


@pytest.mark.parametrize("key", KEYS)
def test_an_exercise_has_three_hints_and_pages_that_explain_it(key):
    task = exercise(key)
    places = {task.see, *(slip.see for slip in getattr(task, "slips", ()))}
    for place in places:
        page, label = place.split("#")
        assert f"({label})=" in (ROOT / "book" / f"{page}.md").read_text("utf-8"), place
    assert len(set(task.hints)) == 3
    assert len(getattr(task, "slips", "   ")) >= 3


def test_hints_come_one_after_the_other_as_far_as_they_are_allowed(monkeypatch):
    monkeypatch.setenv("BN_HINTS", "2")
    hints = [check.Check("forward").hint() for _ in range(2)]
    assert hints[0] == hints[1] and hints[0].startswith("Hint 1 of 2")
    one = check.Check("forward")
    assert [one.hint()[:11] for _ in range(3)] == ["Hint 1 of 2", "Hint 2 of 2", "Hint 2 of 2"]


def test_what_an_answer_raises_is_told_with_its_line():
    def forward(x, gamma, beta, eps):
        shape = x.shape
        return x.view(-1, 7, shape[1])

    report = check.forward(forward)
    assert report.status == "raised"
    assert "RuntimeError" in report.says[0] and "`return x.view(-1, 7, shape[1])`" in report.says[0]


def test_an_unknown_answer_is_told_by_the_first_input_that_differs():
    report = check.forward(lambda x, gamma, beta, eps: 0.5 * x)
    assert report.status == "unknown"
    shown = report._repr_markdown_()
    assert "First difference: `y` for a batch ([6, 3], [3], [3])" in shown
    assert "Got [" in shown and "Expected [" in shown


def test_another_number_of_values_is_no_unknown_answer():
    assert check.statistics(lambda x: x.mean(0)).status == "shape"
    assert check.forward(lambda x, gamma, beta, eps: x.sum()).status == "shape"


def test_an_answer_that_overwrites_its_input_is_told_so():
    def forward(x, gamma, beta, eps):
        x -= x.mean(0)
        return gamma * x / (x.square().mean(0) + eps).sqrt() + beta

    assert check.forward(forward).status == "changed"
    assert check.forward(forward).points < 3


@pytest.mark.parametrize(("tell", "shown", "hidden"), [
    ("symptom", "Expected [", "m − 1"), ("name", "m − 1", "In the book"),
    ("all", "In the book", "Got ["),
])  # fmt: skip
def test_how_much_is_told_can_be_limited(monkeypatch, tell, shown, hidden):
    monkeypatch.setenv("BN_TELL", tell)
    markdown = check.statistics(lambda x: (x.mean(0), x.var(0)))._repr_markdown_()
    assert shown in markdown and hidden not in markdown


def test_other_seeds_have_other_inputs():
    seen = []
    for seed in ("1", "2", "1"):
        check.statistics(lambda x: seen.append(x.clone()), seed)
    first, second, again = seen[0], seen[len(seen) // 3], seen[2 * len(seen) // 3]
    assert torch.equal(first, again) and not torch.equal(first, second)


def test_typed_in_numbers_fail_with_another_seed():
    expected = []
    check.pair(lambda a, b, eps: expected.append((a, b, eps)))
    known = {args: exercise("pair").truth(*args) for args in expected}

    def pair(a, b, eps):
        return known.get((a, b, eps), (0.0, 0.0))

    assert check.pair(pair).right
    assert not check.pair(pair, seed="1234567").right


def test_a_wrong_layer_is_told_by_what_is_measured():
    class Forgetful(ShortBatchNorm):
        def __init__(self, channels, eps=1e-5, momentum=0.9):
            super().__init__(channels, eps, momentum)

    report = check.layer(Forgetful)
    assert report.found == ("momentum-reversed",) and 0 < report.points < report.of


@pytest.mark.parametrize("place", range(len(ONE_KIND)))
def test_a_layer_for_vectors_or_for_images_alone_earns_a_share(place):
    kind, answer = ONE_KIND[place]
    report = check.layer(answer)
    assert report.found == (f"no {kind}",) and 0 < report.points < report.of
    assert "the layer is to take both" in report._repr_markdown_()


def test_a_test_that_fails_a_right_layer_earns_nothing():
    def hunt(kind):
        assert kind.vectors(3)(torch.ones(4, 3)).sum() > 1

    assert check.hunt(hunt).points == 0 and "fails PyTorch's layer" in check.hunt(hunt).says[0]


def test_a_mended_bug_earns_half_and_the_other_is_named():
    from bnutils.practice.exercises.tasks.experiment import BUGS, program

    for bug in BUGS:
        report = check.experiment(program(frozenset([bug])))
        assert report.found == (bug,) and report.points == report.of / 2


@pytest.mark.parametrize(("bugs", "points", "named", "hidden"), [
    ({"no eval", "carried on"}, 0, "Two bugs are there", "eval"),
    ({"no eval", "rate to rate"}, 1.5, "from rate to rate", "eval"),
    ({"rate to rate"}, 4.5, "from rate to rate", "Another bug"),
    ({"exchanged"}, 4.5, "stands before the softmax", "Another bug"),
    ({"exchanged", "carried on"}, 1.5, "stands before the softmax", "new one for each"),
])  # fmt: skip
def test_a_bug_that_is_as_it_was_is_counted_until_the_other_is_mended(bugs, points, named, hidden):
    from bnutils.practice.exercises.tasks.experiment import program

    report = check.experiment(program(frozenset(bugs)))
    assert set(report.found) == bugs and report.points == points
    shown = report._repr_markdown_()
    assert named in shown and hidden not in shown


def test_a_test_that_returns_its_result_is_told_to_raise_an_error():
    def hunt(kind):
        x = torch.randn(8, 3)
        return torch.allclose(kind.vectors(3)(x), torch.nn.BatchNorm1d(3)(x))

    report = check.hunt(hunt)
    assert report.status == "slips" and report.points == 0
    assert any("must raise an error, as `assert` does" in told for told in report.says)


@pytest.mark.filterwarnings("ignore")  # of PyTorch, at the first derivative forward
@pytest.mark.parametrize("answer", [in_autograd, *DIFFERENTIATED], ids=lambda one: one.__name__)
def test_gradients_of_a_library_earn_nothing_where_they_are_asked_for_by_hand(answer):
    report = check.backward(answer)
    assert report.found == ("autograd",) and report.points == 0
    assert "A library made these gradients" in str(report)


def running_in_place(running_mean, running_var, x, momentum):
    running_mean += momentum * (x.mean(0) - running_mean)
    running_var += momentum * (x.var(0) - running_var)


def without_return(x, eps):
    (x - x.mean(0)) / (x.var(0, correction=0) + eps).sqrt()


class Silent(ShortBatchNorm):
    def forward(self, x):
        super().forward(x)


@pytest.mark.parametrize(("key", "answer", "status", "told"), [
    ("running", running_in_place, "changed", "new values: `return running_mean, running_var`"),
    ("normalize", without_return, "shape", "It returns nothing: end with `return x_hat`"),
    ("layer", Silent, "shape", "`forward` returns nothing"),
])  # fmt: skip
def test_what_returns_nothing_is_not_called_unwritten(key, answer, status, told):
    report = exercise(key).judge(answer)
    assert report.status == status and report.points == 0 and told in report.says[0]


def test_one_value_is_told_in_the_singular():
    assert check.statistics(lambda x: x.mean(0)).says == (
        "It gives 1 value, expected 2: mean, var.",
    )


def test_random_numbers_of_an_answer_change_nothing_outside():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    check.network(defined("solution")["network"])
    assert torch.equal(torch.rand(3), expected)


def test_an_unknown_exercise_is_refused_with_a_list():
    with pytest.raises(AttributeError, match=r"there are statistics, normalize"):
        check.backwards  # noqa: B018


def test_numpy_answers_are_values_too():
    report = check.statistics(lambda x: [np.mean(np.asarray(x, float), 0), np.var(x.numpy(), 0)])
    assert report.right
