"""Why a command was refused: one class per reason, whose docstring is the sentence that the user reads."""

from typing import ClassVar


class Refusal(Exception):
    """The command was refused."""

    field: ClassVar[str | None] = None
    """The field of the command that the refusal is about, if it is one."""

    def __init__(self, **about: object) -> None:
        """Keep what the sentence is about; `about` fills the braces of the docstring."""
        self.about = about
        super().__init__((self.__doc__ or "").format(**about))


class IncidentUnknown(Refusal):
    """There is no incident “{incident}”; open it first, or look at the list of incidents."""


class IncidentSlugTaken(Refusal):
    """The slug “{incident}” belongs to another incident already; slugs are final, so choose another one."""

    field = "slug"


class IncidentIsClosed(Refusal):
    """The incident “{incident}” is closed and takes no new reports or scopes; reopen it first."""


class IncidentIsOpen(Refusal):
    """The incident “{incident}” is open already."""


class VersionMismatch(Refusal):
    """You wrote against version {expected} of “{incident}”, but it stands at version {actual}; read it again first."""


class NothingChanged(Refusal):
    """That would change nothing: {what} already reads so."""


class ScopeTaken(Refusal):
    """The scope “{scope}” was declared before, and a scope is declared once; choose another name."""

    field = "name"


class ScopeNameReserved(Refusal):
    """“{scope}” is built in and can't be declared; choose another name."""

    field = "name"


class ScopeUndeclared(Refusal):
    """The scope “{scope}” is not declared for this incident ({hint})."""

    field = "scope"


class EventNeeded(Refusal):
    """Claim “{claim}” counts an event, but the report names none; add `event`, or give another `scope`."""

    field = "event"


class TwoFiguresOneKey(Refusal):
    """Claims “{first}” and “{second}” give two figures for one key: keep one, or tell what they count apart."""

    field = "claims"


class SupersedesItself(Refusal):
    """Claim “{claim}” says that it supersedes itself."""

    field = "claims"


class TimeUnreadable(Refusal):
    """A time can't be read: {reason}."""


class TimeZoneUnknown(Refusal):
    """There is no time zone “{time_zone}” ({hint})."""

    field = "time_zone"


class ReportedInTheFuture(Refusal):
    """The source can't have said it on {reported_at}: that has not begun yet (it is {now})."""

    field = "reported_at"


class ReportUnknown(Refusal):
    """There is no report {report_id} here."""


class ReportIdTaken(Refusal):
    """The id {report_id} was used before, for something else; send what you sent then, or use a new id."""

    field = "report_id"


class ReportIdIsKept(Refusal):
    """A correction keeps the report's id ({kept}); leave “report_id” out of its content."""

    field = "report_id"


class ReportedAtIsKept(Refusal):
    """A correction keeps `reported_at` ({kept}); leave it out, or retract the report and file it anew."""

    field = "reported_at"


class ReportIsRetracted(Refusal):
    """Report {report_id} is retracted; reinstate it first."""


class ReportStands(Refusal):
    """Report {report_id} is not retracted, so there is nothing to reinstate."""


class RetractionNeedsTime(Refusal):
    """A retraction by the source needs `reported_at`, the time at which the source took it back."""

    field = "reported_at"


class RetractionHasNoTime(Refusal):
    """A retraction by the recorder says that it was never said, so it has no `reported_at`; leave it out."""

    field = "reported_at"


class RetractedBeforeSaid(Refusal):
    """The source can't have taken it back ({retracted}) before it said it ({reported})."""

    field = "reported_at"


class ClaimUnknown(Refusal):
    """Report {report_id} has no claim “{claim}”; it has {known}."""

    field = "claim"


class ClaimIsRetracted(Refusal):
    """Claim “{claim}” of report {report_id} is retracted; reinstate it first."""

    field = "claim"


class ClaimStands(Refusal):
    """Claim “{claim}” of report {report_id} is not retracted, so there is nothing to reinstate."""

    field = "claim"


class IncidentIsMerged(Refusal):
    """The incident “{incident}” is merged into “{into}”; write there, or undo the merge first."""


class IncidentNotMerged(Refusal):
    """The incident “{incident}” is not merged into another, so there is nothing to undo."""


class MergedIntoItself(Refusal):
    """An incident can't be merged into itself; name another one."""

    field = "into"


class OtherCollection(Refusal):
    """“{incident}” is in the collection “{collection}” and “{other}” in “{others}”; put them into one first."""


class IncidentIsTied(Refusal):
    """“{incident}” was once merged, or reports were moved, so it shares its past with others; its collection stays."""


class CollectionForbidden(Refusal):
    """The collection “{collection}” is not one of this token; name one that is."""

    field = "collection"


class TargetUnknown(Refusal):
    """There is no incident “{incident}”; name one that there is."""

    field = "into"


class DestinationUnknown(Refusal):
    """There is no incident “{incident}” to move a report to; name one that there is."""

    field = "to"


class ReportElsewhere(Refusal):
    """Report {report_id} is not one of “{incident}”, but stands under “{at}”."""

    field = "claims"


class SourceUnknown(Refusal):
    """There is no source “{origin}” here; name it as documents do: a slug, or “anonymous:words|relay”."""

    field = "origins"


class SourceMissing(Refusal):
    """There is no source “{origin}”."""


class HeldForLaw(Refusal):
    """{what} is under a legal hold, so nothing of it may be erased; lift the hold first."""


class ErasureUnavailable(Refusal):
    """Nothing can be erased in this database, which lacks the role knownwhen_eraser; see docs/erasure.md."""


class NothingToErase(Refusal):
    """{what} has nothing of that kind left to erase: it never had, or it was erased before."""


class OthersRefused(Refusal):
    """All were to be recorded together and another was refused, so nothing was recorded."""
