"""What changes a fingerprint, and what does not."""

import enum
import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, replace
from functools import partial, singledispatch
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import bnutils
from bnutils import BatchNorm1d
from bnutils.data.dataset import Dataset, Part
from bnutils.networks.mlp import mlp
from bnutils.sweeps._store.fingerprint import Digester
from bnutils.sweeps._store.sources import code_origin, library_digest, source_digest
from bnutils.sweeps.imports import file_imports
from bnutils.training.loop import train_together
from tests import ROOT

READER = """
    import math
    from functools import partial, singledispatch
    import torch
    from torch import nn
    from bnutils.networks.mlp import mlp

    WIDTH = 8
    UNUSED = 1

    class Scale(nn.Module):
        factor = 2.0

        def forward(self, x):
            return x * self.factor

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

    def helper(seed):
        # a comment
        return seed + 1

    @torch.no_grad()
    def build(seed, depth=1):
        inner = lambda s: mlp([4, WIDTH], seed=helper(s))
        Twice.apply(torch.zeros(1))
        return nn.Sequential(inner(seed), Scale(), {"a", "b", "c"} and nn.ReLU())

    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)
"""


def fingerprint(*things):
    """What distinguishes things from others."""
    return Digester().digest(list(things))


def reader(*changes, name="build"):
    """A function of a notebook with the text of READER, some of it replaced."""
    text = dedent(READER)
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    namespace = {"__name__": "__main__"}
    exec(text, namespace)
    return namespace[name]


@pytest.mark.parametrize(
    "change",
    [
        ("# a comment", "# another\n\n    # comment"),
        ("UNUSED = 1", "UNUSED = 2"),
        ("def helper(seed):", "def helper(seed):\n    'A docstring.'"),
        ("class Scale(nn.Module):", "class Scale(nn.Module):\n    'A docstring.'"),
    ],
)
def test_ignores_what_changes_nothing(change):
    assert fingerprint(reader(change)) == fingerprint(reader())


@pytest.mark.parametrize(
    "change",
    [
        ("WIDTH = 8", "WIDTH = 9"),
        ("WIDTH = 8", "WIDTH = 8.0"),
        ("return seed + 1", "return seed - 1"),
        ("return seed + 1", "return seed + 2"),
        ("depth=1", "depth=2"),
        ("factor = 2.0", "factor = 3.0"),
        ("x * self.factor", "x + self.factor"),
        ("return 2 * x", "return 3 * x"),
        ('"a", "b"', '"a", "d"'),
        ("nn.ReLU()", "nn.Tanh()"),
        ("@torch.no_grad()", ""),
    ],
)
def test_notices_a_change_anywhere_in_the_code_used(change):
    assert fingerprint(reader(change)) != fingerprint(reader())


def test_follows_functions_that_call_each_other():
    digest = fingerprint(reader(name="even"))
    assert digest == fingerprint(reader(name="even"))
    assert digest != fingerprint(reader(("n != 0", "n > 0"), name="even"))


def test_a_function_that_has_run_is_the_same():
    function = reader(name="helper")
    before = fingerprint(function)
    for i in range(10_000):  # the interpreter specialises the bytecode meanwhile
        function(i)
    assert fingerprint(function) == before


def test_a_dispatching_function_counts_with_its_rules_and_not_with_its_history():
    def dispatching(*kinds):
        @singledispatch
        def rule(thing):
            return 0

        for kind in kinds:
            rule.register(kind, lambda thing: 1)
        return rule

    rule = dispatching(int)
    before = fingerprint(rule)
    rule("a word")  # leaves a trace in its cache
    assert fingerprint(rule) == before == fingerprint(dispatching(int))
    assert fingerprint(dispatching(int, float)) != before


def test_is_the_same_in_every_process():
    program = dedent(READER) + dedent(
        """
        from bnutils.sweeps._store.fingerprint import Digester
        from bnutils.training.recipe import Recipe
        things = [build, even, Recipe(), {"x": 1, "y": {3, "z"}}, torch.arange(3.0)]
        print(Digester().digest(things))
        """
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Pair:
    left: object
    right: object = 0


class Named(NamedTuple):
    left: object
    right: object = 0

    def both(self):
        return self.left, self.right


Row = namedtuple("Row", "left right")
Column = namedtuple("Column", "top bottom")


class Settings:
    def __init__(self, **settings):
        vars(self).update(settings)


class OtherSettings(Settings):
    pass


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, left):
        self.left = left


class Numbers(list):
    pass


def numbers(unit):
    found = Numbers([1, 2])
    found.unit = unit
    return found


def closure(value):
    return lambda: value


VALUES = [
    *(None, True, 1, 1.0, -0.0, 0.0, float("nan"), 1j, "1", b"1", (1,), (1, 2), (2, 1), ((1,), 2)),
    *([], {}, set(), {1: 2}, {2: 1}, {1, 2}, range(3), slice(1, 2), ..., Path("a"), Path("b")),
    *(Colour.RED, Colour.BLUE, Colour, Pair(1), Pair(2), Pair(1, 1), Pair, int, list[int]),
    *(torch.zeros(2), torch.zeros(3), torch.zeros(2, 1), torch.zeros(2).double(), torch.ones(2)),
    *(torch.zeros(2, dtype=torch.bfloat16), torch.tensor(1.0), torch.float32, torch.zeros(0)),
    *(np.zeros(2), np.zeros(3), np.zeros(2, np.float32), np.array(1.0), np.float32(1), np.exp),
    *(nn.Linear, nn.ReLU, nn.Linear(1, 1).weight.detach() * 0 + 7, torch.relu, torch, np),
    *(mlp, BatchNorm1d, partial(mlp, [1, 2]), partial(mlp, [1, 3]), partial(mlp, [1], std=2)),
    *(Named(1), Named(2), Named, Row(1, 2), Row(1, 3), Row, Column(1, 2), Column, numbers("s")),
    *(Settings(width=1), Settings(width=2), Settings(), OtherSettings(width=1), numbers("m")),
    *(SimpleNamespace(a=1), SimpleNamespace(a=2), Namespace(a=1), Namespace(a=2), Slotted(1)),
    *(Slotted(2), defaultdict(int, a=1), defaultdict(float, a=1), OrderedDict(a=1), {"a": 1}),
    *(closure(1), closure(2), closure(mlp), str.upper, str.lower, "abc".upper, len),
]


def test_different_values_have_different_fingerprints():
    digests = [fingerprint(value) for value in VALUES]
    assert len(set(digests)) == len(digests)
    assert digests == [fingerprint(value) for value in VALUES]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (torch.arange(6).view(2, 3).T, torch.arange(6).view(2, 3).T.contiguous()),
        (Pair([1], torch.ones(1)), Pair([1], torch.ones(1))),
        (closure([1, 2]), closure([1, 2])),
    ],
)
def test_equal_content_has_equal_fingerprints(one, other):
    assert fingerprint(one) == fingerprint(other)


def test_a_network_counts_with_its_weights():
    assert fingerprint(mlp([2, 3], seed=1)) == fingerprint(mlp([2, 3], seed=1))
    assert fingerprint(mlp([2, 3], seed=1)) != fingerprint(mlp([2, 3], seed=2))


def test_one_pixel_of_the_data_counts():
    part = Part(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    data = Dataset("tiny", part, part, part, ("a",), 1.0, torch.zeros(1), torch.ones(1))
    images = part.images.clone()
    images[3, 0, 1, 1] = 1
    assert fingerprint(data) != fingerprint(replace(data, train=Part(images, part.labels)))


def test_refuses_what_has_no_content_to_compare():
    generator = torch.Generator()

    def helper():
        return generator

    def build(seed):
        return helper()

    with pytest.raises(TypeError) as error:
        fingerprint(build)
    assert "whether this Generator stays the same" in str(error.value)
    assert "build -> " in str(error.value) and "helper" in str(error.value)
    assert "What to do" in str(error.value)


@pytest.fixture
def library_copy(tmp_path, monkeypatch):
    """A copy of the library whose sources may be changed."""
    copy = tmp_path / "bnutils"
    shutil.copytree(ROOT / "bnutils", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(bnutils, "__path__", [str(copy)])
    caches = (code_origin, library_digest, source_digest, file_imports)

    def forget():
        for cache in caches:
            cache.cache_clear()

    forget()
    yield copy, forget
    monkeypatch.undo()
    forget()


def append(path, text):
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize(
    "file", ["training/loop.py", "training/descent.py", "training/recipe.py", "data/dataset.py"]
)
def test_the_engine_counts_with_all_it_imports(library_copy, file):
    folder, forget = library_copy
    digests = [fingerprint(train_together)]
    for text in ("\n# a comment\n", "\nNEW = 1\n"):
        append(folder / file, text)
        forget()
        digests.append(fingerprint(train_together))
    assert digests[0] == digests[1] != digests[2]


def test_a_module_that_is_not_imported_does_not_count(library_copy):
    folder, forget = library_copy
    before = fingerprint(mlp, BatchNorm1d)
    append(folder / "show/plots.py", "\nNEW = 1\n")
    append(folder / "training/loop.py", "\nNEW = 1\n")
    forget()
    assert fingerprint(mlp, BatchNorm1d) == before
    append(folder / "layers/normalize.py", "\nNEW = 1\n")
    forget()
    assert fingerprint(mlp) == fingerprint(mlp) and fingerprint(mlp, BatchNorm1d) != before


@pytest.mark.parametrize(
    "text",
    [
        "from bnutils import mlp\ndef build(seed): return mlp([2, 3])",
        "import bnutils\ndef build(seed): return bnutils.mlp([2, 3])",
        "import bnutils as b\ndef build(seed): return b.networks.mlp.mlp([2, 3])",
        "import bnutils.networks.mlp\ndef build(seed): return bnutils.networks.mlp.mlp([2, 3])",
        "def build(seed):\n    from bnutils import mlp\n    return mlp([2, 3])",
        "def build(seed):\n    import bnutils\n    return bnutils.mlp([2, 3])",
        "def build(seed):\n    from bnutils.networks import mlp\n    return mlp.mlp([2, 3])",
    ],
)
def test_a_name_of_the_vocabulary_counts_with_its_own_module(library_copy, text):
    folder, forget = library_copy
    namespace = {"__name__": "__main__"}
    exec(text, namespace)
    digests = [fingerprint(namespace["build"])]
    for file in ("training/loop.py", "networks/mlp.py"):
        append(folder / file, "\nNEW = 1\n")
        forget()
        digests.append(fingerprint(namespace["build"]))
    assert digests[0] == digests[1] != digests[2]


def test_a_helper_in_a_file_of_the_readers_own_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "reader_helpers.py"
    digests = []
    for body in ("return 1", "# why\n    return 1", "return 2"):
        file.write_text(f"def width():\n    {body}\n")
        sys.modules.pop("reader_helpers", None)
        source_digest.cache_clear()
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        for text in (
            "import reader_helpers\ndef build(seed): return reader_helpers.width()",
            "from reader_helpers import width\ndef build(seed): return width()",
            "def build(seed):\n    from reader_helpers import width\n    return width()",
        ):
            namespace = {"__name__": "__main__"}
            exec(text, namespace)
            digests.append(fingerprint(namespace["build"]))
    assert digests[:3] == digests[3:6]
    assert not set(digests[:3]) & set(digests[6:])


def test_an_installed_package_counts_with_its_version():
    assert code_origin("torch.nn.functional") == f"torch {version('torch')}"
    assert code_origin("sklearn.datasets").startswith("scikit-learn ")
    assert code_origin("math") == f"python {sys.version_info.major}.{sys.version_info.minor}"
    assert code_origin("__main__") is None and code_origin(__name__) is None
