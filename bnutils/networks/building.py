"""Networks from a reader's function: a new one at each call, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations

import torch
from torch import Tensor, nn

from bnutils.networks.chance import chance

WAY_OUT = "  What to do: make every layer and tensor inside the function, and draw from the seed"


def build_seeded(
    build: Callable[[int], nn.Sequential], seed: int, images: Tensor | None = None
) -> nn.Sequential:
    """``build(seed)``, which may draw from torch, NumPy and Python: all start from the seed too.

    Lazy layers, which learn their size from the first input, see ``images`` [B, C, H, W]. Raises
    TypeError where the function gives no network.
    """
    with chance(seed):
        net = build(seed)
        if images is not None and isinstance(net, nn.Module) and _is_lazy(net):
            with torch.no_grad(), evaluating(net):
                net(images)
    if not isinstance(net, nn.Module):
        raise TypeError(
            f"the function gave {net!r} for the seed {seed}\n"
            "  Expected: a network, an nn.Sequential from images [B, C, H, W] to logits\n"
            "  What to do: return the network from the function"
        )
    return net


def build_separate(
    build: Callable[[int], nn.Sequential], seeds: Sequence[int], images: Tensor
) -> list[nn.Sequential]:
    """One network for each seed; equal seeds give equal networks.

    ``images`` are [S, B, C, H, W], or [1, B, C, H, W] for all.
    Raises ValueError where networks share memory, so that training one would change another, and
    where one seed gives two different networks.
    """
    each = images.expand(len(seeds), *images.shape[1:])
    nets = [build_seeded(build, seed, own) for seed, own in zip(seeds, each, strict=True)]
    pairs = combinations(range(len(seeds)), 2)
    i, j = next((pair for pair in pairs if seeds[pair[0]] == seeds[pair[1]]), (0, len(seeds)))
    once_more = [] if j < len(seeds) else [build_seeded(build, seeds[0], each[0])]
    every = nets + once_more
    check_separate(every)
    one, other = (dict(tensors(net)) for net in (every[i], every[j]))
    different = [
        name
        for name in one.keys() | other.keys()
        if name not in one or name not in other or not _same(one[name], other[name])
    ]
    if different:
        raise ValueError(
            f"the function gave two different networks for the seed {seeds[i]}: "
            f"{', '.join(sorted(different))}\n"
            f"{WAY_OUT}, as in np.random.default_rng(seed)"
        )
    return nets


def check_separate(nets: Sequence[nn.Module]) -> None:
    """Raises ValueError where two of ``nets`` have memory in common."""
    owners: dict[int, tuple[int, str]] = {}
    for number, net in enumerate(nets):
        for name, tensor in tensors(net):
            place = tensor.untyped_storage().data_ptr()
            owner, other = owners.setdefault(place, (number, name)) if place else (number, name)
            if owner != number:
                both = name if other == name else f"{other} and {name}"
                raise ValueError(
                    f"two networks share the memory of {both}: training one changes the other\n"
                    "  Expected: a function that makes a new network at each call\n"
                    f"{WAY_OUT}; of a network that there is already, take copy.deepcopy(net)"
                )


def tensors(net: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """All tensors that a network holds, with their names; parameters without a shape are left out.

    Parameters, buffers, also those that ``state_dict`` leaves out, and plain attributes.
    """
    for path, module in net.named_modules(remove_duplicate=False):
        held = {**vars(module), **module._parameters, **module._buffers}
        for name, value in held.items():
            if isinstance(value, Tensor) and not nn.parameter.is_lazy(value):
                yield f"{path}.{name}".lstrip("."), value


def _is_lazy(net: nn.Module) -> bool:
    return any(nn.parameter.is_lazy(value) for value in net.parameters())


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; afterwards every layer is in its own mode again."""
    modes = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        yield
    finally:
        net.train(modes[0][1])
        for module, mode in modes:
            module.training = mode


def _same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return torch.equal(one, other) or bool(((one == other) | (one != one) & (other != other)).all())
