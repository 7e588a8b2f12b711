"""Why a sealed part is not taken or not opened: one class a reason, whose docstring is the sentence that users read."""

from domain.incident.refusals import Refusal


class NoSealingKey(Refusal):
    """There is no key to seal with here, so no report with `sealed` is taken; `knownwhen keys create` makes one."""

    field = "sealed"


class SealingKeyLost(Refusal):
    """The key-encryption key {key} is not at hand, so what it protects can't be opened; put it back where it was."""


class KeyCommandFailed(Refusal):
    """The command of KNOWNWHEN_KEK_COMMAND did not {what} a key: {why}."""


class SealedPartDamaged(Refusal):
    """{what} can't be opened: it was changed after it was written, or belongs elsewhere."""


class NothingSealed(Refusal):
    """Report {report_id} has no sealed part."""


class SealedPartErased(Refusal):
    """The sealed part of report {report_id} was erased, at position {position}."""


class SealedPartAbsent(Refusal):
    """Report {report_id} has a sealed part, which is not in this log: exports leave it out."""


class ReadNotRecorded(Refusal):
    """Who reads a sealed part is recorded first, and that failed, so it is not shown; try again in a moment."""
