"""The network that trains in the page, against PyTorch: same weights, same batches, 50 steps."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.networks.mlp import mlp
from bnutils.show.explorables.bundle import bundle

STEPS, CLASSES = 50, 3
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}

# Trains in the page and returns what PyTorch is compared with.
TRAIN = """async ([source, { sizes, activation, norm, lr, batch, state, batches, probe }]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const js = (await import(url)).default;
  const net = js.createNetwork({ sizes, activation, norm, seed: 0 });
  net.layers.forEach((layer, at) => {
    layer.weight.set(state[at].weight);
    if (layer.bias) layer.bias.set(state[at].bias);
  });
  const losses = batches.map(([x, labels]) =>
    js.trainStep(net, Float64Array.from(x), labels, batch, lr).loss);
  const layers = net.layers.map(({ weight, bias, norm: n }) => ({
    weight: [...weight],
    bias: bias && [...bias],
    ...(n && { gamma: [...n.gamma], beta: [...n.beta], mean: [...n.runningMean],
      variance: [...n.runningVar] }),
  }));
  const count = probe.length / sizes[0];
  const [train, evaluation] = [true, false].map((training) =>
    [...js.predict(net, Float64Array.from(probe), count, training)]);
  return { losses, layers, train, evaluation, again: [...js.predict(net,
    Float64Array.from(probe), count)] };
}"""


@pytest.fixture(scope="module")
def source() -> str:
    names = "createNetwork, trainStep, predict"
    return f"{bundle('network')}\nexport default {{ {names} }};"


def torch_network(sizes: list[int], activation: str, norm: bool) -> nn.Sequential:
    layer = nn.BatchNorm1d if norm else None
    net = mlp(sizes, norm=layer, activation=ACTIVATIONS[activation], seed=3)
    return net.double()


def parameters(linear: nn.Linear) -> dict[str, list[float] | None]:
    bias = None if linear.bias is None else linear.bias.tolist()
    return {"weight": linear.weight.flatten().tolist(), "bias": bias}


def train(net: nn.Sequential, x: Tensor, labels: Tensor, lr: float) -> Tensor:
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    losses = []
    for inputs, targets in zip(x, labels, strict=True):
        optimizer.zero_grad()
        losses.append(F.cross_entropy(net(inputs), targets))
        losses[-1].backward()
        optimizer.step()
    return torch.stack(losses).detach()


def same(found: list[float], expected: Tensor | None) -> None:
    assert expected is not None
    values = torch.tensor(found, dtype=torch.float64)
    torch.testing.assert_close(values, expected.detach().flatten(), rtol=0, atol=1e-7)


@pytest.mark.parametrize("batch", [2, 32])
@pytest.mark.parametrize("norm", [False, True], ids=["plain", "norm"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_fifty_steps_agree_with_pytorch(
    page: Page, source: str, activation: str, norm: bool, batch: int
) -> None:
    sizes, lr = [2, 16, 16, CLASSES], 0.1
    net = torch_network(sizes, activation, norm)
    generator = torch.Generator().manual_seed(batch)
    x = torch.randn(STEPS, batch, sizes[0], generator=generator, dtype=torch.float64)
    labels = torch.randint(CLASSES, (STEPS, batch), generator=generator)
    probe = torch.randn(7, sizes[0], generator=generator, dtype=torch.float64)
    linears = [layer for layer in net if isinstance(layer, nn.Linear)]
    found = page.evaluate(TRAIN, [source, {
        "sizes": sizes, "activation": activation, "norm": norm, "lr": lr, "batch": batch,
        "state": [parameters(linear) for linear in linears],
        "batches": [[a.flatten().tolist(), b.tolist()] for a, b in zip(x, labels, strict=True)],
        "probe": probe.flatten().tolist(),
    }])  # fmt: skip
    losses = train(net, x, labels, lr)
    same(found["losses"], losses)
    norms = [layer for layer in net if isinstance(layer, nn.BatchNorm1d)]
    for at, linear in enumerate(linears):
        same(found["layers"][at]["weight"], linear.weight)
        if linear.bias is not None:
            same(found["layers"][at]["bias"], linear.bias)
    for at, layer in enumerate(norms):
        js = found["layers"][at]
        same(js["gamma"], layer.weight)
        same(js["beta"], layer.bias)
        same(js["mean"], layer.running_mean)
        same(js["variance"], layer.running_var)
    same(found["train"], deepcopy(net)(probe))
    same(found["evaluation"], deepcopy(net).eval()(probe))
    assert found["again"] == found["evaluation"]  # asking changes nothing
