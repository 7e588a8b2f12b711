"""Populations: the people that a figure counts, in the source's terms; never a finding in law."""

from typing import Annotated, Any

from pydantic import Field

from domain.values.statement import Statement
from domain.values.text_types import ClosedList, Slug

CombatantStatus = Annotated[
    str, ClosedList("status", ("civilian", "state_forces", "armed_group", "hors_de_combat", "unknown"))
]
Age = Annotated[str, ClosedList("age", ("infant", "child", "young_adult", "adult", "older"))]
Sex = Annotated[str, ClosedList("sex", ("female", "male"))]
Role = Annotated[str, ClosedList("role", ("journalist", "aid_worker", "medic", "peacekeeper", "prisoner"))]

_LONGEST_LIST = 20

_STATUS_WORDS = {
    "civilian": "civilians",
    "state_forces": "state forces",
    "armed_group": "armed groups",
    "hors_de_combat": "people hors de combat",
    "unknown": "people of unknown status",
}
_SEX_WORDS = {"female": "women and girls", "male": "men and boys"}
_AGED_WORDS: dict[tuple[str, str | None], str] = {
    ("infant", None): "infants",
    ("child", None): "children",
    ("young_adult", None): "young adults",
    ("adult", None): "adults",
    ("older", None): "older people",
    ("child", "female"): "girls",
    ("child", "male"): "boys",
    ("young_adult", "female"): "young women",
    ("young_adult", "male"): "young men",
    ("adult", "female"): "women",
    ("adult", "male"): "men",
    ("older", "female"): "older women",
    ("older", "male"): "older men",
}
_ROLE_WORDS = {
    "journalist": "journalists",
    "aid_worker": "aid workers",
    "medic": "medics",
    "peacekeeper": "peacekeepers",
    "prisoner": "prisoners",
}


class Population(Statement, frozen=True, kw_only=True):
    """The people a figure counts. Every limit narrows it; `{}` is everyone. A list reads "any of these"."""

    status: Annotated[tuple[CombatantStatus, ...], Field(max_length=_LONGEST_LIST)] = ()
    of: Slug | None = None
    age: Age | None = None
    sex: Sex | None = None
    group: Annotated[tuple[Slug, ...], Field(max_length=_LONGEST_LIST)] = ()
    role: Annotated[tuple[Role, ...], Field(max_length=_LONGEST_LIST)] = ()

    def canonical(self) -> "Population":
        """Return the same population with each list sorted and without repeats, and only its limits set."""
        lists = {"status": self.status, "group": self.group, "role": self.role}
        limits: dict[str, Any] = {name: tuple(sorted(set(words))) for name, words in lists.items() if words}
        singles = {"of": self.of, "age": self.age, "sex": self.sex}
        limits |= {name: word for name, word in singles.items() if word}
        return Population(**limits)

    def limits(self) -> dict[str, Any]:
        """Return the limits that are set, as a JSON object."""
        return {name: value for name, value in self.set_members().items() if value}

    def is_part_of(self, other: "Population") -> bool:
        """Say whether everyone counted here is counted in `other` too: this one meets every limit of the other."""
        singles = (getattr(other, name) in (None, getattr(self, name)) for name in ("of", "age", "sex"))
        lists = (_within(getattr(self, name), getattr(other, name)) for name in ("status", "group", "role"))
        return all(singles) and all(lists)

    def noun_phrase(self) -> str:
        """Name the population for a sentence: `civilians`, `young men`, `everyone`."""
        people = [_STATUS_WORDS.get(status, status) for status in self.status]
        people = people or [_ROLE_WORDS.get(role, role) for role in self.role]
        noun = " and ".join(people)
        aged = _AGED_WORDS.get((self.age or "", self.sex)) if self.age else _SEX_WORDS.get(self.sex or "", self.sex)
        if self.age and not aged:
            aged = " ".join(word for word in (self.age, self.sex) if word)
        pieces = [piece for piece in (noun, aged) if piece] or ["people" if self.group or self.of else "everyone"]
        text = ", ".join(pieces)
        limits = [_ROLE_WORDS.get(role, role) for role in self.role if self.status]
        limits += [*([" or ".join(self.group)] if self.group else []), *([self.of] if self.of else [])]
        return f"{text} ({', '.join(limits)})" if limits else text


def _within(mine: tuple[str, ...], limits: tuple[str, ...]) -> bool:
    return not limits or (bool(mine) and set(mine) <= set(limits))
