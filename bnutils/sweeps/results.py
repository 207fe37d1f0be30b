"""What a sweep measured, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from bnutils.data.dataset import Dataset
from bnutils.sweeps._engine.planning import PlannedRun
from bnutils.sweeps._engine.seed_data import Data, dataset_of, varied
from bnutils.sweeps._engine.wording import choices, varying, words
from bnutils.sweeps._store.record import Record
from bnutils.training.curves import Runs
from bnutils.training.handing import NetworkLost
from bnutils.training.recipe import Recipe
from bnutils.wide.probing import probe_images

if TYPE_CHECKING:
    import pandas as pd

FINAL = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


class RunFailed(RuntimeError):
    """A run that is asked for raised an error when it was trained; the message has both."""


@dataclass(frozen=True)
class Results:
    """The runs of a sweep with what became of each, and its data set or a function of the seed.

    ``choices`` has, for each arm and recipe, the runs that chose its learning rate; it is empty
    where nothing was chosen.
    """

    runs: tuple[PlannedRun, ...]
    records: tuple[Record, ...]
    dataset: Data
    choices: Mapping[tuple[str, Recipe], Runs] = field(default_factory=dict)

    def of(self, arm: str, **recipe: Any) -> Runs:
        """The runs of one arm and recipe, all learning rates and seeds.

        The keywords are fields of `Recipe` and say which one, where there are several.
        Diverged runs are there too, with their losses. Raises ValueError unless exactly one
        recipe fits, RunFailed where a run failed or its network cannot be given back as trained.
        """
        chosen = self._chosen(arm, recipe)
        own = chosen[0][0].setting.recipe
        with_network = {run.seed for run, record in chosen if record.has_network}
        size = own.batch_size
        images = {seed: probe_images([self.data_of(seed)], size)[0] for seed in with_network}
        try:
            runs = Runs.of([record.run(run.setting.build, images) for run, record in chosen])
        except NetworkLost as error:
            raise RunFailed(f"a run of {arm!r} is there, but not its network: {error}") from error
        choice = self.choices.get((arm, own))
        return replace(runs, tried=choice.lrs) if choice else runs

    def _chosen(self, arm: str, recipe: Mapping[str, Any]) -> list[tuple[PlannedRun, Record]]:
        """The runs of one arm and recipe, all measured; raises as `of` says."""
        if unknown := recipe.keys() - {field.name for field in fields(Recipe)}:
            raise ValueError(f"a recipe has no {', '.join(sorted(unknown))}")
        arms = list(dict.fromkeys(run.setting.arm for run in self.runs))
        if arm not in arms:
            raise ValueError(f"there is no arm {arm!r}; there are {', '.join(map(repr, arms))}")
        own = [
            (run, record)
            for run, record in zip(self.runs, self.records, strict=True)
            if run.setting.arm == arm
        ]
        recipes = list(dict.fromkeys(run.setting.recipe for run, _ in own))
        fitting = [r for r in recipes if all(getattr(r, k) == v for k, v in recipe.items())]
        if len(fitting) != 1:
            raise ValueError(
                f"{len(fitting)} recipes of {arm!r} fit {words(recipe) or 'no keywords'}; "
                f"choose one of: {'; '.join(words(choice) for choice in choices(recipes))}"
            )
        chosen = [(run, record) for run, record in own if run.setting.recipe == fitting[0]]
        for run, record in chosen:
            if not record.measured:
                raise RunFailed(
                    f"the run of {arm!r}, {words(vars(run.setting.recipe))}, "
                    f"lr={run.setting.lr:g}, seed={run.seed} failed: {record.reason}"
                )
        return chosen

    def data_of(self, seed: int) -> Dataset:
        """The data set of a seed; raises ValueError where there is no such seed."""
        content = {run.seed: run.content for run in self.runs}
        if seed not in content:
            raise ValueError(f"no run has seed {seed}; there are {', '.join(map(str, content))}")
        return dataset_of(self.dataset, seed, content[seed])

    @property
    def varied(self) -> str:
        """What differs from seed to seed, in words such as "initial weights and batches"."""
        return varied({run.seed: run.content for run in self.runs})

    @property
    def seconds(self) -> float:
        """The processor time of all trainings together, choices included, each counted once."""
        once = {run.key: record for run, record in zip(self.runs, self.records, strict=True)}
        chosen = {id(runs): runs.seconds for runs in self.choices.values()}
        own = [record.arrays["seconds"] for record in once.values() if record.measured]
        return float(sum(own)) + sum(chosen.values())

    def table(self) -> pd.DataFrame:
        """A row per run: its settings, what became of it, and how it was at the last step.

        Of the recipe there are the batch size, the steps and what varies. Losses are mean
        cross-entropies, accuracies shares between 0 and 1; without a value where a run failed.
        """
        import pandas as pd

        recipes = list(dict.fromkeys(run.setting.recipe for run in self.runs))
        named = {"batch_size", "steps", *varying(recipes)}
        shown = [field.name for field in fields(Recipe) if field.name in named]
        return pd.DataFrame(
            [
                {
                    "arm": run.setting.arm,
                    **{name: _plain(getattr(run.setting.recipe, name)) for name in shown},
                    "lr": run.setting.lr,
                    "seed": run.seed,
                    "status": record.status,
                    "reason": record.reason,
                    **_final(record),
                }
                for run, record in zip(self.runs, self.records, strict=True)
            ]
        )

    def problems(self) -> pd.DataFrame:
        """The rows of `table` whose run failed or diverged."""
        table = self.table()
        return table[table["status"] != "finished"]


def _plain(value: Any) -> Any:
    """What a table holds and sorts: numbers as they are, an optimizer by its words."""
    return value if isinstance(value, int | float) else str(value)


def _final(record: Record) -> dict[str, float]:
    last = {name: record.arrays[name][-1] if record.measured else float("nan") for name in FINAL}
    once = ("test_loss", "test_accuracy", "seconds")
    rest = {name: record.arrays[name] if record.measured else float("nan") for name in once}
    return {name: float(value) for name, value in (last | rest).items()}
