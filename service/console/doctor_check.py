"""A check of `knownwhen doctor`."""

from dataclasses import dataclass
from typing import Literal

CheckVerdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, its verdict, what was found, and advice on mending it."""

    name: str
    verdict: CheckVerdict
    found: str
    advice: str = ""
