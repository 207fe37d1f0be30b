"""Gradient descent on one network, the truth that trainings are compared with."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset


def plain_gradients(net: nn.Module, data: Dataset, index: Tensor) -> None:
    """Fill in the gradients on the training images at ``index``."""
    net.zero_grad()
    logits = net(data.normalise(data.train.images[index]))
    F.cross_entropy(logits, data.train.labels[index]).backward()


def plain_step(net: nn.Module, data: Dataset, index: Tensor, lr: float) -> None:
    """One update of the weights on the training images at ``index``."""
    plain_gradients(net, data, index)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.grad is not None:
                parameter -= lr * parameter.grad
