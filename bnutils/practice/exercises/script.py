"""The training script of the exercise on experiments, and the bugs that it may have."""

from __future__ import annotations

from bnutils.practice.exercises.task import Slips

SCRIPT = '''def experiment(data, rates, batch_sizes, seed):
    """The chosen rate and the test loss for each batch size, [batch sizes, 2].

    data has train_x, train_y, validation_x, validation_y, test_x, test_y;
    x is [n, 8], not scaled.
    """
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy

    def network():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(8, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(),
            nn.Linear(16, 3),
        )

    def train(net, x, y, rate, batch_size):
        net.train()
        optimizer = torch.optim.SGD(net.parameters(), lr=rate)
        for start in range(0, len(x), batch_size):
            optimizer.zero_grad()
            part = slice(start, start + batch_size)
            cross_entropy(net(x[part]), y[part]).backward()
            optimizer.step()

    def loss(net, x, y):
        net.eval()
        with torch.no_grad():
            return cross_entropy(net(x), y).item()

    mean, std = data.train_x.mean(), data.train_x.std()
    train_x = (data.train_x - mean) / std
    validation_x = (data.validation_x - mean) / std
    test_x = (data.test_x - mean) / std
    net = network()
    results = []
    for batch_size in batch_sizes:
        scores = []
        for rate in rates:
            net = network()
            train(net, train_x, data.train_y, rate, batch_size)
            validation = loss(net, validation_x, data.validation_y)
            scores.append((validation, rate, loss(net, test_x, data.test_y)))
        results.append(min(scores)[1:])
    return results
'''
BUGS = {
    "no eval": ("        net.eval()\n", ""),
    "carried on": ("            net = network()\n", ""),
    "other scaling": (
        "test_x = (data.test_x - mean) / std",
        "test_x = (data.test_x - data.test_x.mean()) / data.test_x.std()",
    ),
    "after softmax": (
        "            nn.Linear(16, 3),\n",
        "            nn.Linear(16, 3), nn.Softmax(dim=1), nn.BatchNorm1d(3),\n",
    ),
    "on test": ("min(scores)[1:]", "min(scores, key=lambda score: score[2])[1:]"),
}
HALF_MENDED = {
    "rate to rate": (
        "        scores = []\n        for rate in rates:\n            net = network()\n",
        "        net = network()\n        scores = []\n        for rate in rates:\n",
    ),
    "softmax left": ("nn.Linear(16, 3),\n", "nn.Linear(16, 3), nn.Softmax(dim=1),\n"),
    "exchanged": (
        "nn.Linear(16, 3),\n",
        "nn.Linear(16, 3), nn.BatchNorm1d(3), nn.Softmax(dim=1),\n",
    ),
    "normalization left": (
        "nn.Linear(16, 3),\n",
        "nn.Linear(16, 3), nn.BatchNorm1d(3),\n",
    ),
}  # what is left of a bug that was mended in part


def source(bugs: Slips = frozenset()) -> str:
    """The script, right or with bugs; a whole bug hides its half."""
    text = SCRIPT
    for bug, (right, wrong) in (BUGS | HALF_MENDED).items():
        if bug in bugs:
            text = text.replace(right, wrong)
    return text
