"""Weight standardization: normalize the weights of a unit instead of its values."""

from __future__ import annotations

from torch import Tensor, nn

WS_EPS = 1e-5  # under the root, as for activations


def standardize(weight: Tensor, eps: float = WS_EPS) -> Tensor:
    """Give the weights of each unit mean 0 and variance 1: rows of [out, in, ...].

    Source: Qiao et al. (2019), equations 5 to 7.
    """
    # For each unit that is what layer normalization does to a sample.
    return nn.functional.layer_norm(weight, weight.shape[1:], eps=eps)  # [out, in, ...]


class WSLinear(nn.Linear):
    """A linear layer, [..., in] to [..., out], that uses its weights standardized by rows.

    Arguments and state are those of ``torch.nn.Linear``. The outputs are about √in times as large
    as the inputs: a normalization should follow.
    Source: Qiao et al. (2019), equations 5 to 7.
    """

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, standardize(self.weight), self.bias)


def with_standardized_weights(net: nn.Sequential) -> nn.Sequential:
    """The same network with a ``WSLinear`` in place of every ``nn.Linear`` but the last layer.

    Shares the parameters with ``net``, which should not be used any more.
    """
    layers: list[nn.Module] = list(net)
    for index, layer in enumerate(layers[:-1]):
        if type(layer) is nn.Linear:
            layers[index] = WSLinear(
                layer.in_features, layer.out_features, layer.bias is not None, "meta"
            )
            layers[index].weight, layers[index].bias = layer.weight, layer.bias
    return nn.Sequential(*layers)
