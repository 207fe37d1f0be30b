"""What was found, and how it is told: mistakes, notes, what could not be told, what was raised."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Name:
    """A mistake in a sentence, what to look at, and the page and section that explain it."""

    says: str
    look: str
    see: str


@cache
def names() -> dict[str, Name]:
    """Every mistake that can be named, by its key."""
    text = files(__package__).joinpath("names.toml").read_text("utf-8")
    return {key: Name(**value) for key, value in tomllib.loads(text).items()}


@dataclass
class Findings:
    """What `diagnose` tells. In a notebook it is shown as Markdown, printed as text.

    ``found`` are mistakes, by the keys of `names`, with what was measured. ``notes`` are
    conventions and limits that are no mistakes, ``unknown`` what could not be told and why,
    ``raised`` what the layer raised, at which step.
    """

    title: str
    found: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    raised: dict[str, str] = field(default_factory=dict)

    @property
    def mistakes(self) -> tuple[str, ...]:
        return tuple(self.found)

    @property
    def right(self) -> bool:
        """Whether everything could be measured, and nothing is wrong."""
        return not (self.found or self.unknown or self.raised)

    def mistake(self, key: str, measured: str) -> None:
        assert key in names(), key
        self.found.setdefault(key, measured)

    def error(self, step: str, error: BaseException) -> None:
        text = str(error).strip().partition("\n")[0][:200]
        self.raised[step] = f"raises {type(error).__name__}: {text}"

    def __str__(self) -> str:
        return self._repr_markdown_().replace("**", "").replace("`", "")

    def _repr_markdown_(self) -> str:
        lines = [f"**{self.title}**: {self._verdict()}", ""]
        for key, measured in self.found.items():
            name = names()[key]
            lines.append(f"- **{name.says}** ({measured}). {name.look}. See `{name.see}`.")
        for heading, told in (
            ("Note", self.notes), ("Cannot tell", self.unknown), ("At this step", self.raised)
        ):  # fmt: skip
            lines += [f"- {heading}: {step}: {text}" for step, text in told.items()]
        return "\n".join(lines).rstrip() + "\n"

    def _verdict(self) -> str:
        if self.found:
            count = len(self.found)
            return "one mistake" if count == 1 else f"{count} mistakes"
        if self.raised or self.unknown:
            return "no mistake found, but not everything could be measured"
        return "no mistake found"
