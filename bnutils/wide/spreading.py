"""A number for each network of a stack, in the shape of every parameter that trains."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from bnutils.wide.rules.drawing import Apart


def spread(values: Sequence[float], stacked: nn.Module) -> dict[nn.Parameter, Tensor]:
    """What multiplies each parameter of R stacked networks by the ``values`` [R] of its networks.

    That is [R·C, 1, ...] for a parameter [R·C, ...], which holds those of all networks one after
    another, and a single number where it belongs to one network.
    Raises ValueError for a parameter that does not divide among the networks.
    """
    own = {
        parameter: [value]
        for module in stacked.modules()
        if isinstance(module, Apart)
        for layer, value in zip(module.layers, values, strict=True)
        for parameter in layer.parameters()
    }
    trained = [parameter for parameter in stacked.parameters() if parameter.requires_grad]
    return {parameter: _column(parameter, own.get(parameter, values)) for parameter in trained}


def _column(parameter: nn.Parameter, values: Sequence[float]) -> Tensor:
    if len(values) == 1:
        return parameter.new_tensor(values[0])
    if not parameter.dim() or len(parameter) % len(values):
        raise ValueError(
            f"a stack of {len(values)} networks has a parameter {list(parameter.shape)}; its rule "
            "must put those of the networks one after another along the first dimension"
        )
    rows = parameter.new_tensor(values).repeat_interleave(len(parameter) // len(values))
    return rows.view(-1, *[1] * (parameter.dim() - 1))
