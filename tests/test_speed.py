"""What is said of speed; these tests run with nothing beside them."""

import pytest

from tools.bench import __main__ as bench
from tools.bench.layers import SHAPES


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_layer_is_no_slower_than_three_of_pytorchs_and_beats_the_composition():
    measured = []
    while len(measured) < 3:  # what else the machine does can only hide it
        rows = {
            (row["name"], *row["shape"]): row["times_pytorch"]
            for row in bench.measure_layers(rounds=7)
        }
        pairs = [
            (rows["book's layer", *shape], rows["textbook composition", *shape]) for shape in SHAPES
        ]
        measured.append(pairs)
        if all(own <= 3 and own < other for own, other in pairs):
            return
    pytest.fail(f"times PyTorch's, the book's layer and the composition: {measured}")
