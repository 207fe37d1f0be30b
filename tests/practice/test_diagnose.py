"""No right layer of many styles is accused; each mistake of a wrong one is named, no other."""

from __future__ import annotations

import re
import sys
from functools import partial

import pytest
import torch
from torch import nn

from bnutils.mistakes import MISTAKES
from bnutils.practice import diagnose
from bnutils.practice.__main__ import main
from bnutils.practice.diagnosis.findings import names
from tests import ROOT
from tests.practice import fresh, grown, later, strangers, unusual
from tests.practice.fresh import WRONG as LATER
from tests.practice.mutants import MAKES, MUTANTS, layers
from tests.practice.others import RIGHT
from tests.practice.others import WRONG as ELSEWHERE
from tests.practice.thirteen import WRONG as THIRTEEN

TWELVE = [  # in the order of the catalogue
    "mode-from-gradients", "not-saved", "momentum-reversed", "variance-start",
    "running-variance-biased", "batch-variance-unbiased", "not-detached", "shortcut", "eps-tiny",
    "gradient-constants", "axes-last", "idle-parameter",
]  # fmt: skip
CATALOGUE = {mistake.layer: {name} for mistake, name in zip(MISTAKES, TWELVE, strict=True)}
WRONG = CATALOGUE | THIRTEEN | ELSEWHERE | LATER | later.WRONG | unusual.WRONG | strangers.WRONG
WRONG |= grown.WRONG

RIGHT_LATER = fresh.RIGHT | later.RIGHT | unusual.RIGHT | strangers.RIGHT | grown.RIGHT


@pytest.mark.parametrize("name", RIGHT)
def test_no_right_layer_is_accused(name):
    findings = diagnose(*RIGHT[name])
    assert not findings.found and not findings.raised
    assert findings.right or name == "loop"


@pytest.mark.parametrize("name", RIGHT_LATER)
def test_nor_is_one_that_was_written_later(name):
    assert diagnose(RIGHT_LATER[name]).right


def test_nor_is_one_where_a_notebook_switched_gradients_off():
    with torch.no_grad():
        assert not diagnose(nn.BatchNorm1d, nn.BatchNorm2d).found


def test_of_an_array_that_holds_more_than_both_parameters_it_cannot_be_told_what_they_do():
    findings = diagnose(later.Packed)
    assert not findings.found and "`rows` holds several" in findings.unknown["γ and β"]


@pytest.mark.parametrize("layer", [fresh.Half, unusual.Rounds])
def test_of_a_layer_that_computes_in_float32_gradients_cannot_be_told(layer):
    findings = diagnose(layer)
    assert not findings.found and list(findings.unknown) == ["gradients"]


@pytest.mark.parametrize("style", MAKES)
def test_a_right_layer_in_another_style_is_measured_whole(style):
    assert diagnose(*layers(style)).right


@pytest.mark.parametrize("layer", WRONG, ids=lambda layer: layer.__name__)
def test_the_mistakes_of_a_wrong_layer_are_named_and_no_others(layer):
    findings = diagnose(layer)
    assert set(findings.mistakes) == WRONG[layer]
    assert not findings.raised or set(findings.raised) == {"evaluation before any batch"}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: " ".join([m.style, *sorted(m.mistakes)]))
def test_an_edit_of_a_right_layer_is_named_and_nothing_else(mutant):
    findings = diagnose(*layers(mutant.style, mutant.edits))
    assert set(findings.mistakes) == mutant.mistakes


def test_a_layer_that_raises_is_no_mistake_but_told_at_its_step():
    class Raises(nn.BatchNorm1d):
        def forward(self, x):
            if not self.training:
                raise RuntimeError("no evaluation\nmore")
            return super().forward(x)

    findings = diagnose(Raises)
    assert not findings.found and not findings.right
    assert "raises RuntimeError: no evaluation" in findings.raised.values()


@pytest.mark.parametrize("nonlinear", [nn.ReLU, nn.Tanh, nn.Hardtanh])
def test_of_a_layer_with_a_nonlinearity_nothing_is_told_but_that(nonlinear):
    findings = diagnose(lambda channels: nn.Sequential(nn.BatchNorm1d(channels), nonlinear()))
    assert not findings.found and "more than a normalization" in findings.unknown["the rest"]


def test_what_cannot_be_called_is_refused_with_a_way_out():
    def nothing(channels):
        return object()

    with pytest.raises(TypeError, match="What to do: hand in a function"):
        diagnose(nothing)


def test_why_a_layer_cannot_be_called_is_told_for_vectors_and_for_images():
    class Unset(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.register_buffer("mean", None)

        def forward(self, x):
            _, _, _, _ = x.shape
            return x - self.mean

    with pytest.raises(TypeError, match=r"(?s)vectors .* unpack .*images .*NoneType"):
        diagnose(Unset)


def test_what_a_function_keeps_for_its_gradient_may_stand_among_other_results():
    assert diagnose(unusual.four, backward=unusual.of_four).right


def test_the_gradient_that_stands_beside_a_function_is_called_unless_another_is_handed_in():
    twice = diagnose(grown.double), diagnose(grown.plain, backward=grown.double_backward)
    assert all(findings.mistakes == ("gradient-input",) for findings in twice)
    assert diagnose(grown.double, backward=grown.plain_backward).right
    assert diagnose(grown.plain, backward=grown.of_sums).mistakes == ("gradient-beta",)
    assert diagnose(grown.paired, backward=grown.paired_twice).mistakes == ("gradient-input",)


def test_the_gradient_of_a_function_for_images_alone_is_called():
    assert diagnose(strangers.planes, backward=strangers.of_planes).right
    twice = diagnose(strangers.planes, backward=strangers.of_planes_twice)
    assert twice.mistakes == ("gradient-input",)


def test_a_backward_that_asks_for_a_learning_rate_is_called():
    def backward(self, dout, learning_rate):
        assert learning_rate == 0
        return right.backward(self, dout)

    right = layers("numpy_class")[0]
    assert diagnose(type("Learning", (right,), {"backward": backward})).right


def test_a_layer_is_left_as_it_was():
    layer = nn.BatchNorm1d(5)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    diagnose(layer)
    assert layer.training and torch.get_default_dtype() == torch.float32
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])


def test_images_with_the_channels_last_are_right_where_that_is_declared():
    last = MISTAKES[10].layer
    assert not diagnose(last, last=True).found
    assert diagnose(last).mistakes == ("axes-last",)


def test_conventions_are_notes_where_they_are_chosen_and_mistakes_where_they_are_not():
    fast = diagnose(partial(nn.BatchNorm1d, momentum=0.9))
    assert fast.right
    keras = diagnose(*layers("keras_like"))
    assert "Keras" in keras.notes["momentum"] and "Keras" in keras.notes["running variance"]


def test_markdown_says_the_mistake_what_was_measured_and_where_the_book_explains_it():
    findings = diagnose(MISTAKES[2].layer)
    shown = findings._repr_markdown_()
    assert (
        "momentum is reversed" in shown and "weighs 0.9" in shown and "#sec-mis-momentum" in shown
    )
    assert "**" in shown and "<" not in shown and "**" not in str(findings)


def test_every_name_is_explained_on_a_page_of_the_book():
    for name in names().values():
        page, label = name.see.split("#")
        assert f"({label})=" in (ROOT / "book" / f"{page}.md").read_text("utf-8"), name.see


def test_every_name_is_given_to_a_layer_of_these_tests():
    given = set().union(*WRONG.values(), *(mutant.mistakes for mutant in MUTANTS))
    assert set(names()) - given <= {"eps-huge", "not-scaled"}


COMMANDS = {
    "right": ("RightNorm", 0, "no mistake found"),
    "wrong": ("WrongNorm", 1, r"momentum is reversed"),
    "missing": ("NoSuch", 2, "has no NoSuch; it has"),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_line_measures_a_layer_in_a_file(case, tmp_path, capsys, monkeypatch):
    name, status, shown = COMMANDS[case]
    file = tmp_path / "mylayer.py"
    file.write_text(
        "from torch.nn import BatchNorm1d as RightNorm\n"
        "from bnutils.mistakes.running_statistics import ReversedMomentumBatchNorm as WrongNorm\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main([f"{file}:{name}"]) == status
    told = capsys.readouterr()
    assert re.search(shown, told.out + told.err)
