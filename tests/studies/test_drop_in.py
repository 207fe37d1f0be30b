"""PyTorch's tools with the layer of this book: what the table says of each, and their kin."""

import copy

import pytest
import torch
from torch import func, fx, nn
from torch.optim.swa_utils import update_bn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.studies.drop_in.tools import (
    NEITHER,
    OTHER,
    OURS_ALONE,
    SAME,
    THEIRS_ALONE,
    TOOLS,
    Tool,
    outcome,
)
from bnutils.studies.drop_in.trials import network

pytestmark = pytest.mark.usefixtures("one_thread")
KINDS = {tool.name: tool for tool in TOOLS}


def seeded(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS if tool.quick])
def test_the_table_is_true(name):
    assert outcome(KINDS[name]) == KINDS[name].expected


@pytest.mark.slow
@pytest.mark.parametrize("name", [tool.name for tool in TOOLS if not tool.quick])
def test_the_table_is_true_of_slow_tools(name):
    assert outcome(KINDS[name]) == KINDS[name].expected


def fails(norm):
    raise RuntimeError


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (lambda norm: torch.ones(2), SAME),
        (lambda norm: torch.ones(2 if norm is BatchNorm1d else 3), OTHER),
        (lambda norm: torch.ones(2) * (norm is BatchNorm1d), OTHER),
        (fails, NEITHER),
        (lambda norm: fails(norm) if norm is BatchNorm1d else torch.ones(2), THEIRS_ALONE),
        (lambda norm: fails(norm) if norm is not BatchNorm1d else torch.ones(2), OURS_ALONE),
    ],
)
def test_an_outcome_tells_apart_what_happened(use, expected):
    assert outcome(Tool("", use)) == expected


RELATIVES = {
    "ghost": lambda width: GhostBatchNorm1d(width, 4),
    "renorm": BatchRenorm1d,
    "synchronized": SyncBatchNorm1d,
}


@pytest.mark.parametrize("name", RELATIVES)
def test_relatives_are_found_and_traced_too(name):
    net = network(RELATIVES[name]).double()
    twin = copy.deepcopy(net)
    x = seeded(8, 4)
    traced = fx.symbolic_trace(net)
    for training in (True, False):
        torch.testing.assert_close(traced.train(training)(x), twin.train(training)(x))
    update_bn([x], net)
    assert net[1].num_batches_tracked == 1


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.modules.batchnorm._BatchNorm])
@pytest.mark.parametrize("name", [*RELATIVES, "plain"])
def test_what_looks_for_pytorchs_class_finds_ours(kind, name):
    assert isinstance(RELATIVES.get(name, BatchNorm1d)(4), kind)
    assert isinstance(BatchNorm2d(4), nn.BatchNorm2d)


DERIVATIVES = {
    "jacrev": lambda f, x: func.jacrev(f)(x),
    "jacfwd": lambda f, x: func.jacfwd(f)(x),
    "hessian": lambda f, x: func.hessian(lambda x: f(x).square().sum())(x),
    "reverse over reverse": lambda f, x: func.jacrev(func.jacrev(lambda x: f(x)[0]))(x),
    "reverse over forward": lambda f, x: func.jacrev(func.jacfwd(lambda x: f(x)[0]))(x),
    "vmap of vjp": lambda f, x: func.vmap(lambda v: func.vjp(f, x)[1](v)[0])(torch.eye(len(f(x)))),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit.script. is deprecated")  # PyTorch's own use of it
@pytest.mark.parametrize(
    "settings", [{}, {"affine": False}, {"bias": False}, {"eps": 0.1}], ids=str
)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_functional_derivatives_are_those_of_plain_operations(name, settings):
    layer = BatchNorm1d(3, track_running_stats=False, **settings)
    x, w = seeded(5, 3, dtype=torch.float32), seeded(5, 3, seed=1, dtype=torch.float32)

    def by_layer(x):
        return (layer(x) * w).sum(1)

    def by_operations(x):
        centred = x - x.mean(0)
        y = centred / torch.sqrt(centred.square().mean(0) + layer.eps)
        return (y * w).sum(1)

    found, expected = (DERIVATIVES[name](f, x) for f in (by_layer, by_operations))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow  # torchvision takes seconds to import
def test_features_of_a_resnet_with_our_layer():
    from torchvision.models import resnet18
    from torchvision.models.feature_extraction import create_feature_extractor as extractor
    from torchvision.models.feature_extraction import get_graph_node_names as names

    ours, theirs = resnet18(norm_layer=BatchNorm2d), resnet18()
    ours.load_state_dict(theirs.state_dict())
    assert names(ours) == names(theirs)
    x = seeded(2, 3, 32, 32)
    nodes = ["layer1.0.bn1", "layer2", "fc"]
    nets = [extractor(net.double(), nodes) for net in (ours, theirs)]
    for training in (True, False):
        found, expected = (net.train(training)(x) for net in nets)
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)
