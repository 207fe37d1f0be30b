"""The training engine against a textbook loop, and what it promises about its measurements."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d
from bnutils.batches import batch_indices, batches
from bnutils.data import load
from bnutils.evaluation import evaluate_networks
from bnutils.networks import mlp
from bnutils.training import Recipe, train


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def build(seed, norm=BatchNorm1d):
    return mlp([64, 16, 16, 10], norm=norm, seed=seed)


def textbook_loop(net, dataset, recipe, lr, seed):
    """One network, one seed, written without the engine; returns the last gradients' norms."""
    order = batch_indices(len(dataset.train), recipe.batch_size, seed)
    for step in range(1, recipe.steps + 1):
        factor = min(1.0, step / (recipe.warmup * recipe.steps)) if recipe.warmup else 1.0
        factor *= 0.1 if step > recipe.drop_at * recipe.steps else 1.0
        index = next(order)
        x = dataset.train.images[index].float() / dataset.scale
        x = (x - dataset.mean.view(-1, 1, 1)) / dataset.std.view(-1, 1, 1)
        net.zero_grad()
        F.cross_entropy(net(x), dataset.train.labels[index]).backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= lr * factor * p.grad
    return [layer.weight.grad.norm().item() for layer in net if isinstance(layer, nn.Linear)]


@pytest.mark.parametrize("norm", [None, BatchNorm1d, nn.LayerNorm])
def test_equals_a_textbook_loop_for_every_seed_and_learning_rate(digits, norm):
    recipe = Recipe(batch_size=20, steps=60, points=3, warmup=0.2, drop_at=0.7)
    lrs, seeds = (0.05, 0.2), (3, 4)
    runs = train(lambda seed: build(seed, norm), digits, recipe, lrs=lrs, seeds=seeds)
    assert runs.steps == (0, 20, 40, 60)
    for i, lr in enumerate(lrs):
        for j, seed in enumerate(seeds):
            net = build(seed, norm)
            norms = textbook_loop(net, digits, recipe, lr, seed)
            for name, value in net.state_dict().items():
                torch.testing.assert_close(
                    runs.nets[i][j].state_dict()[name], value, rtol=1e-3, atol=1e-4
                )
            np.testing.assert_allclose(runs.gradient_norm[i, j, -1], norms, rtol=2e-3)
            net.eval()
            part = digits.validation.take(recipe.evaluate_on)
            logits = net(digits.normalise(part.images))
            loss = F.cross_entropy(logits, part.labels).item()
            accuracy = (logits.argmax(1) == part.labels).float().mean().item()
            assert runs.validation_loss[i, j, -1] == pytest.approx(loss, rel=1e-3)
            assert runs.validation_accuracy[i, j, -1] == pytest.approx(accuracy, abs=0.005)


def test_two_runs_give_the_same_numbers(digits):
    first, second = (
        train(build, digits, Recipe(steps=30), lrs=(0.1, 0.3), seeds=range(2)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.validation_loss, second.validation_loss)
    np.testing.assert_array_equal(first.gradient_norm, second.gradient_norm)


def test_learns_the_digits(digits):
    best = train(build, digits, Recipe(steps=300), lrs=(0.03, 0.3), seeds=range(5)).best()
    assert best.validation_accuracy[0, :, -1].mean() > 0.93
    assert best.train_loss[0, :, -1].mean() < 0.3 * best.train_loss[0, :, 0].mean()


def test_a_diverging_learning_rate_is_recorded_and_harms_no_other(digits):
    def plain(seed):
        return build(seed, None)

    runs = train(plain, digits, Recipe(steps=60), lrs=(0.1, 1e8), seeds=range(2))
    alone = train(plain, digits, Recipe(steps=60), lrs=(0.1,), seeds=range(2))
    assert not np.isfinite(runs.train_loss[1, :, -1]).all()
    assert (runs.validation_accuracy[1, :, -1] <= 0.3).all()
    np.testing.assert_allclose(runs.train_loss[0], alone.train_loss[0], rtol=1e-4)
    assert runs.best().lrs == (0.1,)


def test_the_learning_rate_is_chosen_on_validation_accuracy(digits):
    runs = train(build, digits, Recipe(steps=4, points=1), lrs=(0.1, 0.2, 0.4), seeds=range(2))
    accuracy = np.array(
        [[[0, 0.5], [0, 0.7]], [[0, 0.8], [0, 0.9]], [[0, 0.9], [0, 0.8]]]
    )  # means 0.6, 0.85, 0.85
    assert replace(runs, validation_accuracy=accuracy).best().lrs == (0.2,)
    assert runs.at(0.4).nets == (runs.nets[2],)
    with pytest.raises(ValueError, match=r"no run has lr 0\.5; there are 0\.1, 0\.2, 0\.4"):
        runs.at(0.5)


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


def test_seeds_have_their_own_order_whoever_is_beside_them(digits):
    together, alone = batches(digits, 50, [1, 2]), batches(digits, 50, [2])
    for _ in range(100):
        (_, both), (_, one) = next(together), next(alone)
        assert torch.equal(both[1], one[0])
        assert not torch.equal(both[0], both[1])


def test_evaluation_keeps_the_mode_and_the_statistics(digits):
    net = build(0)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    evaluate_networks([net, net], digits, digits.validation)
    assert net.training
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
