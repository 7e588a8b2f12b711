"""Proofs to take along: whether an answer is covered by the last checkpoint, and the addresses of its bundle."""

from dataclasses import dataclass
from typing import Final, Literal

from service.web.api_client import ApiAnswer

CHECKPOINT: Final = "/v1/log/checkpoint"
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class ProofLinks:
    """Addresses of a proof; `signed` is the size of the last checkpoint, None where nothing is signed."""

    signed: int | None
    position: int
    """That which the checkpoint must reach."""
    bundle: str
    """The address of the bundle as a file."""
    page: str
    """The address of the page that holds the bundle and checks itself."""

    @property
    def status(self) -> Literal["signed", "not-yet", "unsigned"]:
        """Whether the last checkpoint covers it."""
        if self.signed is None:
            return "unsigned"
        return "signed" if self.position <= self.signed else "not-yet"


def signed_size(checkpoint: ApiAnswer) -> int | None:
    """Return the size of the last checkpoint, of the answer at `CHECKPOINT`; None where the log is not signed."""
    return int(checkpoint.body.split(b"\n")[1]) if checkpoint.status == _OK else None
