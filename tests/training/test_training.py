"""Training side by side against a textbook loop, and what it promises about its measurements."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.data import load
from bnutils.networks.mlp import mlp
from bnutils.training.batches import batch_indices, batches
from bnutils.training.curves import DoubtfulChoice, EdgeOfGrid, Runs
from bnutils.training.evaluation import evaluate, evaluate_networks
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from bnutils.training.run import CURVES
from bnutils.wide import stack

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def normed(seed, norm=BatchNorm1d):
    return mlp([64, 16, 16, 10], norm=norm, seed=seed)


def plain(seed):
    return normed(seed, None)


def layer_normed(seed):
    return normed(seed, nn.LayerNorm)


# These leave the seed to PyTorch's own generator, as a reader may.
def convolutional(_):
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, bias=False), BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(8, 10)),
    )


def dropping(_):
    return nn.Sequential(
        *(nn.Flatten(), nn.Dropout(0.1), nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(16, 10),
    )


def unknown(_):
    """With layers that no rule can stack, one with a name that means something to stacks."""
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(64, 16), nn.PReLU(), nn.Dropout(0.3), Gain(16)),
        nn.Linear(16, 10),
    )


class Gain(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * self.weights


def built(build, seed):
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        return build(seed)


def train(build, dataset, recipe, lrs, seeds):
    replicas = [(lr, seed) for lr in lrs for seed in seeds]
    return Runs.of(train_together(build, dataset, recipe, replicas))


def pixels(dataset, part):
    x = part.images.float() / dataset.scale
    return (x - dataset.mean.view(-1, 1, 1)) / dataset.std.view(-1, 1, 1)


def textbook_loop(net, dataset, recipe, lr, seed):
    """One network, one seed, written without the engine; returns the last gradients' norms."""
    order = batch_indices(len(dataset.train), recipe.batch_size, seed)
    x, y = pixels(dataset, dataset.train), dataset.train.labels
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)  # what Dropout draws from
        for step in range(1, recipe.steps + 1):
            factor = min(1.0, step / (recipe.warmup * recipe.steps)) if recipe.warmup else 1.0
            factor *= 0.1 if step > recipe.drop_at * recipe.steps else 1.0
            index = next(order)
            net.zero_grad()
            F.cross_entropy(net(x[index]), y[index]).backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= lr * factor * p.grad
    return [m.weight.grad.norm().item() for m in net if isinstance(m, nn.Linear | nn.Conv2d)]


def measured(net, dataset, part):
    with torch.no_grad():
        logits = net.eval()(pixels(dataset, part))
    hits = (logits.argmax(1) == part.labels).float().mean()
    return F.cross_entropy(logits, part.labels).item(), hits.item()


def assert_equals_the_loop(run, net, dataset, recipe):
    norms = textbook_loop(net, dataset, recipe, run.lr, run.seed)
    for name, value in net.state_dict().items():
        torch.testing.assert_close(
            run.network.state_dict()[name], value, rtol=1e-3, atol=1e-4, msg=name
        )
    np.testing.assert_allclose(run.gradient_norm[-1], norms, rtol=2e-3)
    loss, accuracy = measured(net, dataset, dataset.validation.take(recipe.evaluate_on))
    assert run.validation_loss[-1] == pytest.approx(loss, rel=1e-3)
    assert run.validation_accuracy[-1] == pytest.approx(accuracy, abs=0.005)
    loss, accuracy = measured(net, dataset, dataset.train.take(recipe.evaluate_on))
    assert run.train_loss[-1] == pytest.approx(loss, rel=1e-3)
    assert run.train_accuracy[-1] == pytest.approx(accuracy, abs=0.005)
    loss, accuracy = measured(net, dataset, dataset.test)
    assert run.test_loss == pytest.approx(loss, rel=1e-3)
    assert run.test_accuracy == pytest.approx(accuracy, abs=0.005)


@pytest.mark.parametrize(
    ("build", "batch_size"),
    [
        (plain, 20),
        (normed, 20),
        (layer_normed, 20),
        (dropping, 20),
        (convolutional, 8),  # side by side
        (convolutional, 20),  # one by one
        (unknown, 20),
        (normed, 300),  # in two stacks
    ],
)
def test_equals_a_textbook_loop_for_every_seed_and_learning_rate(digits, build, batch_size):
    recipe = Recipe(
        batch_size, steps=60, points=3, warmup=0.2, drop_at=0.7, evaluate_on=250, test=True
    )
    replicas = [(0.05, 3), (0.2, 3), (0.05, 4), (0.2, 4)]
    runs = train_together(build, digits, recipe, replicas)
    assert [(run.lr, run.seed) for run in runs] == replicas
    for run in runs:
        assert run.steps == (0, 20, 40, 60)
        assert run.seconds > 0 and run.batch_size == batch_size
        assert_equals_the_loop(run, built(build, run.seed), digits, recipe)


def test_the_untrained_network_is_measured_first(digits):
    recipe = Recipe(steps=2, points=1)
    (run,) = train_together(normed, digits, recipe, [(0.1, 1)])
    loss, accuracy = measured(normed(1), digits, digits.validation)
    assert run.validation_loss[0] == pytest.approx(loss, rel=1e-4)
    assert run.validation_accuracy[0] == pytest.approx(accuracy, abs=1e-6)
    assert np.isnan(run.gradient_norm[0]).all() and np.isfinite(run.gradient_norm[1]).all()
    assert run.gradient_norm.shape == (2, 3)


def test_the_test_part_is_measured_only_where_asked_for(digits):
    recipe = Recipe(steps=2, points=1)
    (without,) = train_together(normed, digits, recipe, [(0.1, 1)])
    assert np.isnan([without.test_loss, without.test_accuracy]).all()
    for name in ("test_loss", "test_accuracy"):
        for runs in (Runs.of([without]), Runs.of([without]).at(0.1), Runs.of([without]).best()):
            with pytest.raises(ValueError, match=r"not measured; ask .* Recipe\(test=True"):
                getattr(runs, name)
    (with_test,) = train_together(normed, digits, replace(recipe, test=True), [(0.1, 1)])
    loss, accuracy = measured(with_test.network, digits, digits.test)
    assert with_test.test_loss == pytest.approx(loss, rel=1e-4)
    assert with_test.test_accuracy == pytest.approx(accuracy, abs=1e-6)


@pytest.mark.parametrize("build", [normed, dropping])
def test_two_runs_give_the_same_numbers(digits, build):
    recipe, replicas = Recipe(steps=30, test=True), [(0.1, 0), (0.1, 1), (0.3, 0)]
    torch.manual_seed(0)
    first = train_together(build, digits, recipe, replicas)
    torch.manual_seed(1)  # chance outside has no part in it
    state = torch.get_rng_state()
    second = train_together(build, digits, recipe, replicas)
    assert torch.equal(torch.get_rng_state(), state)
    for one, other in zip(first, second, strict=True):
        for name in (*CURVES, "test_loss", "test_accuracy"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for a, b in zip(one.network.parameters(), other.network.parameters(), strict=True):
            assert torch.equal(a, b)


def test_learns_the_digits(digits):
    best = train(normed, digits, Recipe(steps=300, points=2), (0.3,), range(5)).best()
    assert best.validation_accuracy[0, :, -1].mean() > 0.93
    assert best.train_loss[0, :, -1].mean() < 0.3 * best.train_loss[0, :, 0].mean()


@pytest.mark.parametrize("build", [plain, convolutional])
def test_a_diverging_learning_rate_is_recorded_and_harms_no_other(digits, build):
    recipe = Recipe(batch_size=8, steps=60, points=3)
    runs = train(build, digits, recipe, (0.1, 1e12), range(2))
    alone = train(build, digits, recipe, (0.1,), range(2))
    if build is plain:
        assert not np.isfinite(runs.train_loss[1, :, -1]).all()
    assert (runs.validation_accuracy[1, :, -1] <= 0.3).all()
    np.testing.assert_allclose(runs.train_loss[0], alone.train_loss[0], rtol=1e-4)
    np.testing.assert_allclose(runs.gradient_norm[0], alone.gradient_norm[0], rtol=1e-3)
    with pytest.warns(EdgeOfGrid):
        assert runs.best().lrs == runs.best(on="validation_loss").lrs == (0.1,)


@pytest.fixture(scope="module")
def three_rates(digits):
    return train(plain, digits, Recipe(steps=2, points=1), (0.1, 0.2, 0.4), range(2))


def with_finals(runs, **finals):
    """The runs with other values [L, S] at the last step."""
    curves = {name: getattr(runs, name).copy() for name in finals}
    for name, values in finals.items():
        curves[name][:, :, -1] = values
    return replace(runs, **curves)


@pytest.mark.filterwarnings("ignore::bnutils.training.curves.EdgeOfGrid")
def test_the_learning_rate_is_chosen_on_validation_accuracy(three_rates):
    accuracy = [[0.5, 0.7], [0.8, 0.9], [0.9, 0.8]]  # means 0.6, 0.85, 0.85
    loss = [[0.1, 0.1], [0.3, 0.3], [0.2, 0.2]]
    runs = with_finals(three_rates, validation_accuracy=accuracy, validation_loss=loss)
    # Other measurements point elsewhere, the test set too.
    runs = replace(runs, tested=(np.zeros((3, 2)), np.array([[0, 0], [0, 0], [1, 1]])))
    assert runs.best().lrs == (0.2,)
    assert runs.best().validation_accuracy.tolist() == runs.validation_accuracy[1:2].tolist()
    assert runs.best(on="validation_loss").lrs == (0.1,)
    assert runs.best().nets == (runs.nets[1],)


@pytest.mark.filterwarnings("ignore::bnutils.training.curves.DoubtfulChoice")
def test_an_undefined_learning_rate_never_wins(three_rates):
    nan, inf = float("nan"), float("inf")
    runs = with_finals(three_rates, validation_accuracy=[[nan, 1], [0.1, 0.1], [0, 0]])
    assert runs.best().lrs == (0.2,)
    runs = with_finals(three_rates, validation_loss=[[0, nan], [inf, 0], [9, 9]])
    assert runs.best(on="validation_loss").lrs == (0.4,)
    runs = with_finals(three_rates, validation_loss=[[nan, nan]] * 3)
    assert runs.best(on="validation_loss").lrs == (0.1,)


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        (
            [0.9, 0.8, 0.7],
            r"rate, 0\.1, is at the edge of those tried, 0\.1, 0\.2, 0\.4",
        ),
        ([0.7, 0.8, 0.9], r"best learning rate, 0\.4, is at the edge"),
        ([0.8, 0.8, 0.8], r"best learning rate, 0\.1, is at the edge"),
        ([0.7, 0.9, 0.8], None),
    ],
)
def test_a_best_rate_at_the_edge_of_its_grid_is_told(three_rates, accuracy, words):
    runs = with_finals(three_rates, validation_accuracy=np.array(accuracy)[:, None])
    assert not runs.at_edge
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        best = runs.best()
    assert best.at_edge is (words is not None) and best.tried == (0.1, 0.2, 0.4)
    assert [warning.category for warning in caught] == [EdgeOfGrid] * best.at_edge
    assert all(re.search(words, str(warning.message)) for warning in caught)
    assert not best.best().at_edge  # nothing was left to choose


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["train_loss", "validation_loss"])
@pytest.mark.parametrize("on", ["validation_accuracy", "validation_loss"])
def test_that_all_runs_diverged_is_told(three_rates, value, name, on):
    runs = with_finals(three_rates, **{name: [[value, value]] * 3})
    with pytest.warns(DoubtfulChoice, match=r"all runs diverged, at the learning rates 0\.1, 0\.2"):
        runs.best(on)


@pytest.mark.parametrize("on", ["test_accuracy", "test_loss", "train_loss", "accuracy"])
def test_selection_on_anything_but_validation_data_is_an_error(three_rates, on):
    with pytest.raises(ValueError, match=rf"selected on validation_accuracy or .* not on '{on}'"):
        three_rates.best(on=on)


def test_runs_of_one_learning_rate(three_rates):
    assert three_rates.at(0.4).nets == (three_rates.nets[2],)
    np.testing.assert_array_equal(three_rates.at(0.4).train_loss, three_rates.train_loss[2:])
    with pytest.raises(ValueError, match=r"no run has lr 0\.5; there are 0\.1, 0\.2, 0\.4"):
        three_rates.at(0.5)


def test_runs_need_every_seed_at_every_learning_rate(digits):
    recipe = Recipe(steps=1, points=1)
    runs = train_together(plain, digits, recipe, [(0.1, 0), (0.1, 1), (0.2, 0)])
    with pytest.raises(ValueError, match=r"missing \(lr, seed\): \[\(0\.2, 1\)\]"):
        Runs.of(runs)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 10])
def test_a_pass_visits_samples_once_and_never_a_short_batch(batch_size):
    stream = batch_indices(10, batch_size, seed=0)
    passes = [[next(stream) for _ in range(10 // batch_size)] for _ in range(2)]
    for batch_list in passes:
        visited = torch.cat(batch_list).tolist()
        assert len(set(visited)) == len(visited) == 10 // batch_size * batch_size
        assert all(len(batch) == batch_size for batch in batch_list)
    assert torch.cat(passes[0]).tolist() != torch.cat(passes[1]).tolist()


@pytest.mark.parametrize("batch_size", [0, 11])
def test_refuses_an_impossible_batch_size(batch_size):
    with pytest.raises(ValueError, match=f"between 1 and the 10 samples, got {batch_size}"):
        next(batch_indices(10, batch_size, seed=0))


@pytest.mark.parametrize("batch_size", [1, 50, 1197])
def test_seeds_have_their_own_order_whoever_is_beside_them(digits, batch_size):
    together, alone = batches(digits, batch_size, [1, 2, 2]), batches(digits, batch_size, [2])
    order = batch_indices(len(digits.train), batch_size, seed=2)
    differs = False
    for _ in range(3000 // batch_size + 1):
        (images, labels), (own, own_labels), index = next(together), next(alone), next(order)
        assert torch.equal(images[1], own[0]) and torch.equal(images[2], own[0])
        assert torch.equal(labels[1], own_labels[0])
        assert torch.equal(own_labels[0], digits.train.labels[index])
        torch.testing.assert_close(own[0], pixels(digits, digits.train)[index])
        differs |= not torch.equal(images[0], images[1])
    assert differs


@pytest.mark.parametrize("batch_size", [1, 50])
def test_seeds_draw_from_data_of_their_own(digits, batch_size):
    own = [digits.resampled(s, train=100 + s) for s in range(3)]
    streams = [batches(data, batch_size, [s]) for s, data in enumerate(own)]
    together = batches(own, batch_size, range(3))
    for _ in range(2 * 103 // batch_size + 1):
        images, labels = next(together)
        for s, (alone, alone_labels) in enumerate(map(next, streams)):
            assert torch.equal(images[s], alone[0]) and torch.equal(labels[s], alone_labels[0])


def test_networks_are_evaluated_on_data_of_their_own(digits, monkeypatch):
    monkeypatch.setattr("bnutils.training.evaluation.FLOATS_PER_CHUNK", 3 * 100 * 30)
    own = [digits.resampled(s, train=100) for s in range(3)]
    nets = [normed(s) for s in range(3)]
    both = evaluate(stack(nets), 3, own, [data.validation for data in own])
    for s, (net, data) in enumerate(zip(nets, own, strict=True)):
        assert both[0][s] == pytest.approx(measured(net, data, data.validation)[0], rel=1e-5)
        assert both[1][s] == pytest.approx(measured(net, data, data.validation)[1], abs=1e-6)


def test_evaluation_keeps_the_mode_and_the_statistics(digits):
    net = normed(0)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    evaluate_networks([net, net], digits, digits.validation)
    assert all(module.training for module in net.modules())
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
    net.eval()
    evaluate_networks([net, net], digits, digits.validation)
    assert not any(module.training for module in net.modules())


def test_evaluation_in_chunks_is_that_of_all_samples(digits, monkeypatch):
    nets = [built(convolutional, seed) for seed in range(2)]
    expected = [measured(net, digits, digits.validation) for net in nets]
    floats = 2 * 100 * 7  # 300 = 42·7 + 6
    monkeypatch.setattr("bnutils.training.evaluation.FLOATS_PER_CHUNK", floats)
    loss, accuracy = evaluate_networks(nets, digits, digits.validation)
    np.testing.assert_allclose(np.stack([loss, accuracy], 1), expected, rtol=1e-5)


def test_a_sample_without_finite_logits_counts_as_wrong(digits):
    net = plain(0)
    net[-1].bias.data[3] = float("inf")  # argmax would be 3, right for some samples
    _, accuracy = evaluate_networks([net], digits, digits.validation)
    assert accuracy.tolist() == [0.0]
