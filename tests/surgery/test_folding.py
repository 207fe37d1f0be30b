"""Folding against the unfolded network and PyTorch's own fusion."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.weight_standardization import WSLinear
from bnutils.mistakes import ShortBatchNorm
from bnutils.networks.mlp import mlp
from bnutils.surgery.folding import FoldError, fold, fold_pair
from bnutils.surgery.frozen import frozen

NORMS_1D, NORMS_2D = (BatchNorm1d, nn.BatchNorm1d), (BatchNorm2d, nn.BatchNorm2d)
TOLERANCE = {torch.float64: 1e-12, torch.float32: 2e-5}


def lively(net, dtype=torch.float64):
    """The network with gamma, beta and running statistics away from their starting values."""
    generator = torch.Generator().manual_seed(0)
    for name, value in net.to(dtype).state_dict().items():
        if value.is_floating_point():
            noise = torch.rand(value.shape, generator=generator, dtype=torch.float64)
            value.copy_(noise + 0.5 if "var" in name else value + noise - 0.3)
    return net.eval()


def cnn(norm, *, bias=False):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, groups=1, bias=bias, padding_mode="reflect"),
        norm(8),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4, bias=bias), norm(8)),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 16, 5),
    )


def inputs(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("norm", NORMS_1D)
def test_a_folded_perceptron_computes_the_same(norm, dtype):
    net = lively(mlp([12, 30, 20, 5], norm=norm), dtype)
    x = inputs(40, 3, 2, 2, dtype=dtype)
    folded = fold(net)
    assert not any(isinstance(layer, NORMS_1D) for layer in folded.modules())
    assert {p.dtype for p in folded.parameters()} == {dtype}
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close(folded(x), net(x), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "bias"), list(itertools.product(TOLERANCE, (False, True))))
@pytest.mark.parametrize("norm", NORMS_2D)
def test_a_folded_convolutional_network_computes_the_same(norm, dtype, bias):
    net = lively(cnn(norm, bias=bias), dtype)
    x = inputs(4, 3, 8, 8, dtype=dtype)
    folded = fold(net)
    assert not any(isinstance(layer, NORMS_2D) for layer in folded.modules())
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close(folded(x), net(x), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("settings", [{}, {"affine": False}, {"bias": False}, {"eps": 0.1}])
@pytest.mark.parametrize("bias", [True, False])
def test_a_folded_pair_is_the_one_that_pytorch_fuses(settings, bias):
    for layer, norm, fuse in (
        (nn.Linear(7, 4, bias=bias), BatchNorm1d(4, **settings), fuse_linear_bn_eval),
        (nn.Conv2d(2, 4, 3, bias=bias), BatchNorm2d(4, **settings), fuse_conv_bn_eval),
    ):
        lively(nn.Sequential(layer, norm))
        ours = fold_pair(layer, norm)
        if norm.weight is None:  # PyTorch fuses only what has a gamma and a beta
            norm.weight = nn.Parameter(torch.ones(4, dtype=torch.float64))
        if norm.bias is None:
            norm.bias = nn.Parameter(torch.zeros(4, dtype=torch.float64))
        theirs = fuse(layer, norm)
        torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(ours.bias, theirs.bias, rtol=1e-12, atol=1e-12)


def test_one_channel_by_hand():
    layer, norm = nn.Linear(1, 1), BatchNorm1d(1, eps=0.0)
    with torch.no_grad():
        for value, number in (
            (layer.weight, 3.0), (layer.bias, 1.0), (norm.running_mean, 5.0),
            (norm.running_var, 4.0), (norm.weight, 10.0), (norm.bias, 7.0),
        ):  # fmt: skip
            value.fill_(number)
    folded = fold_pair(layer, norm.eval())  # 10 · (3 x + 1 - 5) / 2 + 7
    assert folded.weight.item() == 15
    assert folded.bias.item() == -13


def test_the_network_stays_as_it_was_and_shares_nothing():
    net = lively(mlp([4, 6, 3], norm=BatchNorm1d))
    x = inputs(5, 4)
    before = net(x)
    folded = fold(net)
    with torch.no_grad():
        for parameter in folded.parameters():
            parameter.zero_()
    torch.testing.assert_close(net(x), before, rtol=0, atol=0)
    assert not folded.training


def test_a_network_without_batch_normalization_is_copied():
    net = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)).eval()
    x = inputs(3, 4, dtype=torch.float32)
    torch.testing.assert_close(fold(net)(x), net(x), rtol=0, atol=0)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = BatchNorm1d(4)


class OwnLinear(nn.Linear):
    pass


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (nn.Sequential(nn.Linear(4, 4), BatchNorm1d(4)).train(), r"layer 1, .*call net.eval\(\)"),
        (
            nn.Sequential(nn.Linear(4, 4), BatchNorm1d(4, track_running_stats=False)).eval(),
            "no running statistics.*track_running_stats=True",
        ),
        (
            nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.BatchNorm1d(4)).eval(),
            "layer 2, BatchNorm1d, follows ReLU; only",
        ),
        (nn.Sequential(BatchNorm1d(4)).eval(), "follows nothing"),
        (nn.Sequential(nn.Linear(4, 4), nn.BatchNorm3d(4)).eval(), "follows Linear; only"),
        (nn.Sequential(OwnLinear(4, 4), nn.BatchNorm1d(4)).eval(), "no subclasses"),
        (
            nn.Sequential(nn.Sequential(nn.ReLU(), BatchNorm1d(4)), nn.ReLU()).eval(),
            "layer 0.1, BatchNorm1d, follows ReLU",
        ),
        (nn.Sequential(Block()).eval(), r"layer 0, Block, holds .* with fold_pair"),
        (nn.Sequential(nn.Linear(4, 3), BatchNorm1d(4)).eval(), "4 channels, .* has 3"),
    ],
)
def test_what_cannot_be_folded_is_told(net, message):
    with pytest.raises(FoldError, match=message):
        fold(net)


@pytest.mark.parametrize("eps", [0, 1, np.float64(1e-3)])
def test_any_number_is_an_eps(eps):
    layer, norm = nn.Linear(3, 4), nn.BatchNorm1d(4, eps=eps)
    lively(nn.Sequential(layer, norm))
    x = inputs(5, 3)
    torch.testing.assert_close(fold_pair(layer, norm)(x), norm(layer(x)), rtol=1e-12, atol=1e-12)


def test_frozen_layers_are_folded_and_a_removed_gamma_counts_as_one():
    net = lively(nn.Sequential(nn.Linear(3, 4), BatchNorm1d(4), nn.Linear(4, 2), BatchNorm1d(2)))
    net[1].weight = None
    x = inputs(5, 3)
    for each in (net, frozen(net)):
        folded = fold(each)
        assert [type(layer) for layer in folded] == [nn.Linear, nn.Linear]
        torch.testing.assert_close(folded(x), net(x), rtol=1e-12, atol=1e-12)


def hooked(layer):
    layer.register_forward_hook(lambda *_: None)
    return layer


@pytest.mark.parametrize(
    ("layer", "norm", "message"),
    [
        (prune.random_unstructured(nn.Linear(3, 3), "weight", 0.5), BatchNorm1d(3), "weight_mask"),
        (nn.utils.spectral_norm(nn.Linear(3, 3)), BatchNorm1d(3), "weight_orig"),
        (hooked(nn.Linear(3, 3)), BatchNorm1d(3), "forward_hooks"),
        (nn.Conv2d(3, 3, 1), hooked(BatchNorm2d(3)), "forward_hooks"),
        (nn.ConvTranspose2d(3, 3, 1), BatchNorm2d(3), "BatchNorm2d after ConvTranspose2d"),
        (WSLinear(3, 3), BatchNorm1d(3), "BatchNorm1d after WSLinear"),
        (nn.Linear(3, 3), BatchNorm2d(3), "BatchNorm2d after Linear"),
        (nn.Linear(3, 3), BatchRenorm1d(3), "no subclasses"),
    ],
)
def test_a_pair_that_is_more_than_its_weights_is_refused(layer, norm, message):
    with pytest.raises(FoldError, match=message):
        fold_pair(layer.eval(), norm.eval())


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            hooked(nn.Sequential(nn.Linear(3, 3), BatchNorm1d(3))),
            "network carries forward_hooks",
        ),
        (nn.Sequential(nn.Linear(3, 3), ShortBatchNorm(3)), "layer 1, ShortBatchNorm, follows"),
        (
            nn.Sequential(nn.Conv1d(3, 3, 1), nn.InstanceNorm1d(3, track_running_stats=True)),
            "InstanceNorm1d, follows Conv1d",
        ),
    ],
)
def test_nothing_is_left_out_of_a_folded_network(net, message):
    with pytest.raises(FoldError, match=message):
        fold(net.eval())


def test_only_a_sequence_of_layers_can_be_folded():
    with pytest.raises(TypeError, match=r"nn.Sequential.*got Block"):
        fold(Block())
