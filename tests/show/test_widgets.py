"""Interactive figures in a notebook: Python reads and sets them, other controls move them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import pytest

from bnutils.show.explorables.averages import Averages
from bnutils.show.explorables.explorable import Explorable
from bnutils.show.explorables.normalizer import Normalizer
from bnutils.show.explorables.playground import Playground

CHANGES: dict[Callable[[], Explorable], dict[str, Any]] = {
    Normalizer: {"values": [1.0, 2.0, 4.0], "gamma": 2.0, "training": False, "selected": 1},
    Playground: {"depth": 6, "lr": 1.0, "activation": "tanh", "accuracy": [0.5, 1.0], "step": 40},
    Averages: {"norm": "GN", "groups": 3, "sample": 0},
}


class Sent:
    """A front end that keeps what it is sent."""

    comm_id = "a-front-end"

    def __init__(self) -> None:
        self.states: dict[str, Any] = {}

    def send(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["method"] == "update":
            self.states |= data["state"]

    def on_msg(self, callback: Any) -> None:
        pass

    def close(self, *args: Any, **kwargs: Any) -> None:
        pass


def update(values: dict[str, Any]) -> dict[str, Any]:
    """The message with which a front end says what the reader changed."""
    data = {"method": "update", "state": values, "buffer_paths": []}
    return {"content": {"data": data}, "buffers": []}


@pytest.mark.parametrize("make", CHANGES)
def test_what_the_reader_changes_is_read_from_python(make: Callable[[], Explorable]) -> None:
    figure, heard = make(), []
    figure.observe(lambda change: heard.append(change["name"]))
    figure._handle_msg(update(CHANGES[make]))
    for name, value in CHANGES[make].items():
        assert getattr(figure, name) == value
    assert set(CHANGES[make]) <= set(heard)


@pytest.mark.parametrize("make", CHANGES)
def test_what_python_sets_is_sent_to_the_reader(make: Callable[[], Explorable]) -> None:
    figure = make()
    figure.comm = front = Sent()
    for name, value in CHANGES[make].items():
        setattr(figure, name, value)
    assert {name: front.states[name] for name in CHANGES[make]} == CHANGES[make]


def test_sliders_are_linked_in_python() -> None:
    figure, control = Normalizer(), ipywidgets.FloatSlider(min=-2, max=3)
    link = ipywidgets.link((control, "value"), (figure, "gamma"))
    control.value = 2.5
    assert figure.gamma == 2.5
    figure._handle_msg(update({"gamma": -1.0}))
    assert control.value == -1.0
    link.unlink()


def test_sliders_are_linked_in_the_front_end() -> None:
    figure, control = Playground(), ipywidgets.IntSlider(min=1, max=9)
    link = ipywidgets.jslink((control, "value"), (figure, "seed"))
    state = link.get_state(["source", "target"])
    assert state["target"] == [f"IPY_MODEL_{figure.model_id}", "seed"]
    assert state["source"] == [f"IPY_MODEL_{control.model_id}", "value"]
