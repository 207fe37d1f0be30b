"""A trained network as arrays, and back: the same network, or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from bnutils.networks.building import build_seeded, tensors
from bnutils.wide.probing import agree, probe


class NetworkLost(RuntimeError):
    """The network that was trained cannot be made again; the message says what to do."""


def network_arrays(net: nn.Module) -> dict[str, np.ndarray]:
    """All that a network holds in tensors, and the state of generators of its own."""
    held = {name: value.detach().cpu().numpy() for name, value in tensors(net)}
    return held | {name: own.get_state().numpy() for name, own in _generators(net)}


def restored_network(
    build: Callable[[int], nn.Sequential],
    seed: int,
    arrays: Mapping[str, np.ndarray],
    images: Tensor,
    logits: np.ndarray,
) -> nn.Sequential:
    """``build(seed)`` with the ``arrays`` of `network_arrays`.

    ``logits`` [B, classes] is what the trained network made of ``images`` [B, C, H, W].
    Raises NetworkLost where this one makes something else of them.
    """
    try:
        net = build_seeded(build, seed)
        state = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        for name, generator in _generators(net):
            generator.set_state(state.pop(name))
        net.load_state_dict({name: state.pop(name) for name in net.state_dict()})
        for name, value in state.items():  # plain attributes, and buffers that are not saved
            path, _, attribute = name.rpartition(".")
            setattr(net.get_submodule(path), attribute, value)
        now = probe(net, images, seed, logits.shape[1])
    except Exception as error:
        raise NetworkLost(_words(seed, f"{type(error).__name__}: {error}")) from error
    if not agree(torch.from_numpy(logits), now):
        raise NetworkLost(_words(seed, "it computes something else than the trained network did"))
    return net


def _generators(net: nn.Module) -> Iterator[tuple[str, torch.Generator]]:
    for path, module in net.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, torch.Generator):
                yield f"{path}.{name}".lstrip("."), value


def _words(seed: int, problem: str) -> str:
    return (
        f"the network of seed {seed} cannot be made again\n"
        f"  Found: {problem}\n"
        "  Expected: all that training changes in parameters, buffers or other tensors of layers\n"
        "  What to do: keep it there, by register_buffer say, and make the rest depend on nothing "
        "but the seed"
    )
