"""`diagnose`: the steps in their order, each with what it needs from those before it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bnutils.practice.diagnosis import (
    affine,
    alone,
    averaging,
    axes,
    evaluated_images,
    evaluation,
    gradients,
    mode,
    roles,
    spread,
    square,
    state,
)  # fmt: skip
from bnutils.practice.diagnosis.bench import Bench
from bnutils.practice.diagnosis.building import CannotCall, Maker, as_maker
from bnutils.practice.diagnosis.findings import Findings
from bnutils.practice.diagnosis.forming import default_dtype, subject
from bnutils.practice.diagnosis.subject import Subject
from bnutils.practice.diagnosis.switch import with_switch

STEPS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("images of one pixel", mode.check_pixels),
    ("a layer by itself", mode.check_own),
    ("γ and β", roles.find_roles),
    ("the two modes", mode.check_mode),
    ("a normalization alone", alone.check_alone),
    ("γ and β", affine.check_affine),
    ("axes", axes.check_vectors),
    ("normalizing", spread.check_spread),
    ("images", axes.check_images),
    ("square images", square.check_square),
    ("running statistics", averaging.check_averages),
    ("evaluation", evaluation.check_evaluation),
    ("images in evaluation", evaluated_images.check_images_evaluated),
    ("state", state.check_state),
    ("gradients", gradients.check_gradients),
    ("input", state.check_input),
    ("large means", state.check_large_mean),
    ("a new layer", state.check_start),
)


def diagnose(layer: Any, images: Any = None, *, last: bool = False, **settings: Any) -> Findings:
    """Measure a batch normalization layer and name its mistakes.

    ``layer`` is a class, a function of the number of channels, a layer, or a function of x, γ, β
    and the averages; in PyTorch or NumPy, with any names. ``images`` is the same for images, where
    that is another one; ``last`` says that their channels come last. ``settings`` are arguments to
    make it with. A function's gradient is ``backward``, or what stands as ``bn_backward`` beside
    ``bn_forward``. Raises TypeError for what cannot be called.
    """
    maker = as_maker(layer, settings)
    image_maker = maker if images is None else as_maker(images, settings)
    findings = Findings(getattr(layer, "__name__", None) or type(layer).__name__)
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(),
        default_dtype(),
        torch.enable_grad(),
    ):
        warnings.simplefilter("ignore")  # of a layer that is wrong
        vectors, pictures, image_maker = _forms(findings, maker, image_maker, last)
        start = vectors or pictures
        if start is None:
            return findings
        torch.set_default_dtype(getattr(torch, start.dtype))
        bench = Bench(maker if vectors else image_maker, start, findings, pictures)
        for name, step in STEPS:
            if not bench.stopped or step is state.check_state:
                _take(bench, name, step)
    return findings


def _forms(
    findings: Findings, maker: Maker, image_maker: Maker, last: bool
) -> tuple[Subject | None, Subject | None, Maker]:
    """The layer for vectors and for images, and what makes the latter.

    There is one of them at least, or else it was told why there is none.
    """
    vectors, problem = _form(maker, 2)
    pictures, image_problem = _form(image_maker, 4, last)
    sequences = pictures or _form(image_maker, 3, last)[0]
    others = sequences or _form(image_maker, 5, last)[0]
    if not (vectors or others) and square.square_mistake(image_maker, "float64") == "affine-axis":
        findings.mistake("affine-axis", square.TOLD)
        image_maker = square.upright(image_maker)
        pictures = _form(image_maker, 4)[0]
        if pictures is None:
            findings.unknown["the rest"] = "it is measured with images of any size"
        return None, pictures, image_maker
    if not (vectors or others or last):
        pictures, _ = _form(image_maker, 4, last=True)
        told = "images are taken with the channels last alone"
        if pictures is not None:
            findings.notes["images"] = told
            if not pictures.numpy:  # PyTorch has them second
                findings.mistake("axes-last", told)
    if vectors is None and pictures is None and others is None:
        raise TypeError(
            f"{findings.title} could not be called\n"
            f"  With vectors [B, C]: {type(problem).__name__}: {problem}\n"
            f"  With images [B, C, H, W]: {type(image_problem).__name__}: {image_problem}\n"
            "  Expected: a class or function that takes the number of channels\n"
            "  What to do: hand in a function such as lambda channels: MyLayer(channels, ...)"
        ) from problem
    if pictures is None:
        kind = "sequences [B, C, L] are" if sequences else "volumes [B, C, D, H, W] are"
        instead = kind if others else "vectors alone"
        findings.notes["images"] = f"not taken ({type(image_problem).__name__}): {instead}"
    if vectors is None:
        findings.notes["vectors"] = f"not taken ({type(problem).__name__})"
    return vectors, pictures or others, image_maker


def _take(bench: Bench, name: str, step: Callable[[Bench], None]) -> None:
    try:
        step(bench)
    except Exception as error:
        bench.findings.error(name, error)


def _form(maker: Maker, rank: int, last: bool = False) -> tuple[Subject | None, Exception | None]:
    """The layer for one kind of input, in float64 if it can; or what it raised."""
    problem: Exception = CannotCall("it was not tried")
    for dtype in ("float64", "float32"):
        try:
            torch.set_default_dtype(getattr(torch, dtype))  # of what is made in the first call
            return with_switch(subject(maker, rank, dtype, last)), None
        except Exception as error:
            problem = error
    return None, problem
