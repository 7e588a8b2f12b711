# pyright: basic
"""Archive of a series: an estimate by reported moment, in every version that the log ever gave of it.

What epidemiology calls an archive of versioned data (epiprocess, epidatr): `at` is the time of a value, `position` its
version. Every figure is one that a source gave, with the claim that gave it.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from knownwhen.client.problems import KnownwhenError

if TYPE_CHECKING:
    import pandas as pd  # pyright: ignore[reportMissingImports] - optional
    from matplotlib.axes import Axes  # pyright: ignore[reportMissingImports] - likewise

_ENDS: Final = ("lower", "best", "upper")
_KEY: Final = ("measure", "population", "scope", "manner")


@dataclass(frozen=True, slots=True)
class Step:
    """The estimate from a reported moment on, as the log told it from a position on; gone from there if `removed`."""

    at: str
    position: int
    recorded_at: str
    lower: int | None = None
    best: int | None = None
    upper: int | None = None
    upper_open: bool | None = None
    contested: bool | None = None
    lower_claim: str | None = None
    best_claim: str | None = None
    upper_claim: str | None = None
    removed: bool = False

    @property
    def said(self) -> tuple[object, ...]:
        """All but its version."""
        return tuple(value for name, value in asdict(self).items() if name not in {"position", "recorded_at"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The series as the log told it at one position: its steps, by reported moment."""

    steps: tuple[Step, ...]

    def to_pandas(self) -> "pd.DataFrame":
        """Return a frame with a row for each step."""
        return _frame(self.steps)


@dataclass(frozen=True, slots=True)
class Archive:
    """Every version of a series: a step stands where it is new or differs from the version before.

    `versions` are all positions at which an answer may have changed, each with the moment of its recording.
    """

    incident: str
    key: Mapping[str, Any]
    versions: tuple[tuple[int, str], ...]
    steps: tuple[Step, ...]

    def as_of(self, version: int | datetime) -> Snapshot:
        """Return the series as the log told it at a position, or at a moment with an offset."""
        position = version if isinstance(version, int) else self._position_at(version)
        standing: dict[str, Step] = {}
        for step in self.steps:
            if step.position <= position:
                standing[step.at] = step
        return Snapshot(tuple(standing[at] for at in sorted(standing) if not standing[at].removed))

    def latest(self) -> Snapshot:
        """Return the series in its newest version."""
        return self.as_of(self.versions[-1][0] if self.versions else 0)

    def to_pandas(self) -> "pd.DataFrame":
        """Return a frame with a row for each step of each version; `at` and `position` name it."""
        return _frame(self.steps)

    def revision_summary(self) -> list[dict[str, Any]]:
        """Return, by reported moment, how often its estimate was revised, its first and its latest version.

        `lowest` and `highest` are the least and the greatest figure of any end in any version. None is computed.
        """
        by_moment: dict[str, list[Step]] = {}
        for step in self.steps:
            by_moment.setdefault(step.at, []).append(step)
        return [_summary(at, steps) for at, steps in sorted(by_moment.items())]

    def plot(self, end: str = "best", axes: "Axes | None" = None) -> "Axes":
        """Draw the newest version over all earlier ones, which are paler; `end` is `lower`, `best` or `upper`."""
        if end not in _ENDS:
            raise KnownwhenError(f"There is no end “{end}” of an estimate: it is lower, best or upper.")
        pyplot: Any = import_module("matplotlib.pyplot")  # optional

        drawn = axes or pyplot.subplots()[1]
        for position in sorted({step.position for step in self.steps})[:-1]:
            _draw(drawn, self.as_of(position), end, color="0.8", linewidth=0.8)
        _draw(drawn, self.latest(), end, color="black")
        drawn.set_xlabel("reported")
        drawn.set_ylabel(f"{self.key['measure'].replace('_', ' ')} ({end})")
        return drawn

    def _position_at(self, moment: datetime) -> int:
        if moment.tzinfo is None:
            raise KnownwhenError("A moment needs an offset: datetime(…, tzinfo=UTC).")
        recorded = [datetime.fromisoformat(at) for _, at in self.versions]
        before = bisect_right(recorded, moment)
        return self.versions[before - 1][0] if before else 0


def differing_steps(earlier: Snapshot, later: Sequence[Step], version: tuple[int, str]) -> list[Step]:
    """Return the steps of a version that are new or differ from the one before, and those that are gone from it."""
    before = {step.at: step for step in earlier.steps}
    changed = [step for step in later if step.at not in before or before[step.at].said != step.said]
    gone = sorted(before.keys() - {step.at for step in later})
    return [*changed, *(Step(at, *version, removed=True) for at in gone)]


def steps_of(tolls: Mapping[str, Any], key: Mapping[str, Any], version: tuple[int, str]) -> list[Step]:
    """Return the steps on the reported clock of one series in a document `tolls`."""
    found = (each for each in tolls["series"] if all(each[name] == key[name] for name in _KEY))
    return [_step(step, version) for series in found for step in series["reported"]]


def _step(step: Mapping[str, Any], version: tuple[int, str]) -> Step:
    lower, best, upper = (step.get(name) or {} for name in _ENDS)
    return Step(
        step["at"],
        *version,
        lower=lower.get("figure"),
        best=best.get("figure"),
        upper=upper.get("figure"),
        upper_open=step.get("upper_open"),
        contested=step.get("contested"),
        lower_claim=lower.get("claim"),
        best_claim=best.get("claim"),
        upper_claim=upper.get("claim"),
    )


def _summary(at: str, steps: Sequence[Step]) -> dict[str, Any]:
    figures = [value for step in steps for value in (step.lower, step.best, step.upper) if value is not None]
    first, latest = steps[0], steps[-1]
    return {
        "at": at,
        "n_revisions": len(steps) - 1,
        "first_position": first.position,
        "latest_position": latest.position,
        **{f"first_{end}": getattr(first, end) for end in _ENDS},
        **{f"latest_{end}": getattr(latest, end) for end in _ENDS},
        "lowest": min(figures, default=None),
        "highest": max(figures, default=None),
        "removed": latest.removed,
    }


def _frame(steps: Sequence[Step]) -> "pd.DataFrame":
    pandas: Any = import_module("pandas")  # optional

    names = list(Step.__dataclass_fields__)
    frame = pandas.DataFrame([asdict(step) for step in steps], columns=names)
    figures = dict.fromkeys((*_ENDS, "position"), "Int64")
    frame = frame.astype({**figures, **dict.fromkeys(("upper_open", "contested", "removed"), "boolean")})
    for name in ("at", "recorded_at"):
        frame[name] = pandas.to_datetime(frame[name], utc=True, format="ISO8601")
    return frame


def _draw(axes: "Axes", snapshot: Snapshot, end: str, **style: Any) -> None:  # noqa: ANN401 - as the library takes it
    told = [(datetime.fromisoformat(step.at), getattr(step, end)) for step in snapshot.steps]
    moments = [at for at, _ in told]
    axes.step(moments, [float("nan") if value is None else value for _, value in told], where="post", **style)
