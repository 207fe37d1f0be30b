"""Step 7 for images: evaluation goes along the channels, whatever the size."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis.axes import as_vectors
from bnutils.practice.diagnosis.bench import Bench
from bnutils.practice.diagnosis.evaluation import VARIANCE, set_layer, set_up


def check_images_evaluated(bench: Bench) -> None:
    """Images in evaluation: every pixel of a channel as a vector's value of it."""
    images, facts, findings = bench.images, bench.facts, bench.findings
    paths = [path for path in (facts.gamma, facts.beta, facts.mean, facts.var) if path]
    known = facts.mean and facts.var and facts.vectors_ok
    known = known and facts.mode not in ("batch", "inverted")
    if images is None or not known or any(path not in images.sized() for path in paths):
        return
    vectors = set_layer(bench, set_up(bench, VARIANCE))
    own = vectors.held()
    layer = images.with_values({path: own[path] for path in paths})
    wrong_before = any(key.startswith("axes") for key in findings.found)
    wrong_before = wrong_before or "evaluation" in findings.unknown
    for rows, columns in ((2, 5), (3, bench.channels)):
        x = np.random.default_rng(32).normal(size=(2, bench.channels, rows, columns))
        shown, expected = f"images of {rows} × {columns}", as_vectors(vectors, x, False)
        try:
            y = layer(x, False)
        except Exception as error:
            findings.mistake("evaluation-axes", f"{shown} raise {type(error).__name__}")
            return
        if not images.same(y, expected) and not wrong_before:
            told = f"{shown} come out otherwise than vectors of their pixels"
            findings.mistake("evaluation-axes", told)
