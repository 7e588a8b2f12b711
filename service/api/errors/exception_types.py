"""The table from exceptions to problem types: refusals of the domain, failures of the log and of the database."""

from collections.abc import Mapping

import psycopg
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from domain.catalogue import UnknownName
from domain.incident import refusals
from service.access.refusals import CannotHandOut, IssuerUnavailable, TokenNameTaken, TokenRevoked, TokenUnknown
from service.access.sealing import refusals as sealing
from service.answers import answer, as_of
from service.api.errors.types import TYPES, ProblemType
from service.eventstore import LogBusyError, OperationalError, PersistenceError
from service.eventstore.sealing import SealingUnavailable
from service.eventstore.writer import Overloaded
from service.postgres.problems import PostgresProblem
from service.transparency.signed_log import NotSigned, NotSignedYet

SLUG_BY_EXCEPTION: Mapping[type[Exception], str] = {
    refusals.IncidentUnknown: "no-such-incident",
    refusals.IncidentSlugTaken: "slug-taken",
    refusals.IncidentIsClosed: "incident-closed",
    refusals.IncidentIsOpen: "incident-open",
    refusals.VersionMismatch: "version-mismatch",
    refusals.NothingChanged: "nothing-changed",
    refusals.ScopeTaken: "scope-taken",
    refusals.ScopeNameReserved: "scope-reserved",
    refusals.ScopeUndeclared: "scope-undeclared",
    refusals.EventNeeded: "event-needed",
    refusals.TwoFiguresOneKey: "two-figures-one-key",
    refusals.SupersedesItself: "supersedes-itself",
    refusals.TimeUnreadable: "time-unreadable",
    refusals.TimeZoneUnknown: "unknown-time-zone",
    refusals.ReportedInTheFuture: "reported-in-the-future",
    refusals.ReportUnknown: "no-such-report",
    refusals.ReportIdTaken: "id-taken",
    refusals.ReportIdIsKept: "report-id-is-kept",
    refusals.ReportedAtIsKept: "reported-at-is-kept",
    refusals.ReportIsRetracted: "report-retracted",
    refusals.ReportStands: "report-stands",
    refusals.RetractionNeedsTime: "retraction-needs-time",
    refusals.RetractionHasNoTime: "retraction-has-no-time",
    refusals.RetractedBeforeSaid: "retracted-before-said",
    refusals.ClaimUnknown: "unknown-claim",
    refusals.ClaimIsRetracted: "claim-retracted",
    refusals.ClaimStands: "claim-stands",
    refusals.IncidentIsMerged: "merged",
    refusals.IncidentNotMerged: "not-merged",
    refusals.MergedIntoItself: "merged-into-itself",
    refusals.OtherCollection: "other-collection",
    refusals.IncidentIsTied: "tied",
    refusals.CollectionForbidden: "collection-forbidden",
    refusals.TargetUnknown: "unknown-incident",
    refusals.DestinationUnknown: "unknown-incident",
    refusals.ReportElsewhere: "report-elsewhere",
    refusals.SourceUnknown: "unknown-origin",
    refusals.OthersRefused: "others-refused",
    IssuerUnavailable: "issuer-unavailable",
    TokenUnknown: "no-such-token",
    TokenNameTaken: "token-name-taken",
    TokenRevoked: "token-revoked",
    CannotHandOut: "cannot-hand-out",
    refusals.SourceMissing: "no-such-source",
    refusals.HeldForLaw: "legal-hold",
    refusals.ErasureUnavailable: "erasure-unavailable",
    refusals.NothingToErase: "nothing-changed",
    SealingUnavailable: "no-sealing-key",
    NotSigned: "not-signed",
    NotSignedYet: "not-signed-yet",
    sealing.NoSealingKey: "no-sealing-key",
    sealing.SealingKeyLost: "sealing-key-lost",
    sealing.KeyCommandFailed: "sealing-key-lost",
    sealing.SealedPartDamaged: "sealed-part-damaged",
    sealing.NothingSealed: "nothing-sealed",
    sealing.SealedPartAbsent: "nothing-sealed",
    sealing.SealedPartErased: "sealed-part-erased",
    sealing.ReadNotRecorded: "read-not-recorded",
    answer.MergedAway: "merged",
    answer.NoSuchIncident: "no-such-incident",
    as_of.MomentUnreadable: "moment-unreadable",
    as_of.MomentInTheFuture: "moment-in-the-future",
    as_of.PastTheEnd: "past-the-end",
    answer.NotYetKnown: "not-yet-known",
    UnknownName: "unknown-policy",
    Overloaded: "overloaded",
    LogBusyError: "overloaded",
    OperationalError: "database-unavailable",
    PostgresProblem: "database-unavailable",
    psycopg.OperationalError: "database-unavailable",
    psycopg.InterfaceError: "database-unavailable",
    UndefinedTable: "not-ready",
    InsufficientPrivilege: "not-ready",
}
"""The slug of the problem type by exception class; subclasses inherit it."""


def problem_type_of(error: Exception) -> ProblemType:
    """Return the problem type of an exception: of its class, else of its nearest base class, else `internal-error`.

    `eventsourcing` wraps psycopg's errors in less specific ones, so the cause is looked up first.
    """
    if isinstance(error, PersistenceError) and isinstance(error.__cause__, psycopg.Error):
        wrapped = problem_type_of(error.__cause__)
        return _of_class(error) if wrapped.slug == "internal-error" else wrapped
    return _of_class(error)


def _of_class(error: Exception) -> ProblemType:
    return TYPES[
        next((SLUG_BY_EXCEPTION[each] for each in type(error).__mro__ if each in SLUG_BY_EXCEPTION), "internal-error")
    ]
