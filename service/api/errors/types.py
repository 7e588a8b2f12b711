"""The catalogue of problem types: slug, HTTP status, title and description."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MEDIA_TYPE = "application/problem+json"
PROBLEMS_PATH = "/problems"
"""The path of the descriptions. A type's URI is relative, so that it is the same on every host."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A problem type of RFC 9457; `meaning` is its description for clients, in Markdown."""

    slug: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """The member `type`: a relative reference to the description (RFC 9457 §3.1.1)."""
        return f"{PROBLEMS_PATH}/{self.slug}"


_CATALOGUE = """
not-http 400 This is not a request of HTTP
    The service speaks HTTP/1.1, without TLS; a proxy before it may speak TLS (see docs/access.md).
request-timeout 408 The request did not come in time
    A head must be whole within 15 seconds. A body has 30, and a second more for each 50 bytes that have come.
    The connection was closed. Nothing was recorded, but those lines of a batch that were answered.
not-json 400 The body is not JSON
    The body must be one JSON object in UTF-8, without a byte order mark, NaN or Infinity. The detail says where
    it goes wrong.
too-deep 400 The body is nested too deeply
    No request needs more than 32 levels of nesting.
invalid-header 400 A header cannot be read
    `If-Match` is the version of an incident, written `"v12"`; `Idempotency-Key` is 1 to 200 visible ASCII
    characters; `Host` is one name or address, with or without a port.
wrong-host 421 The service does not answer for this host
    A name that leads to this machine may be anybody's, and a page under it must not read what is kept here.
    Whoever runs the service names further hosts in `KNOWNWHEN_HOSTS` (see docs/operations.md).
cross-site 403 A page of another site may not write
    A browser sent this for a page of another site, as `Origin` or `Sec-Fetch-Site` says. Nothing was recorded.
    Programs that are no browsers send neither, and are not hindered.
token-needed 401 A token is needed
    The service answers this to holders of a token only. Send `Authorization: Bearer` and the token. Whoever runs
    the service makes one with `knownwhen token create`.
token-invalid 401 The token is not valid
    The detail says why: it cannot be read, is none of this service, has expired or was revoked, is not valid yet,
    or is used from a network that it is not for. Nothing was recorded.
scope-missing 403 The token lacks a scope
    `scope` names what the operation needs and the token does not have; docs/who-may-do-what.md lists what each
    scope permits. Whoever holds a token with `admin` can make another one.
every-collection-needed 403 This concerns every collection
    A source is cited in incidents of any collection. What is erased or held of all its reports at once needs a token
    that sees all of them (`*`).
too-many-requests 429 Too many requests
    One token sent more requests than it may in a minute, or one network sent too many tokens that are not valid.
    Nothing was recorded. Try again after the seconds in `Retry-After`.
no-such-token 404 There is no such token
    `GET /v1/tokens` lists those whose collections yours sees. A name is that of a token which is not revoked.
token-name-taken 409 The name of the token is taken
    A token that is not revoked has it. Rotate or revoke that one, or choose another name.
token-revoked 409 The token is revoked
    That is final. Make another one.
cannot-hand-out 403 A token gets no more than its maker has
    The detail names the scope or the collection that the token used here lacks, and so cannot give.
session-needs-token 422 A session begins with a token
    Send it as `Authorization: Bearer`. A service that is open needs no sessions.
issuer-unavailable 503 The issuer of the token does not answer
    The token is of an OpenID Connect issuer, and the keys that it is verified by cannot be had from there now. Try
    again after the seconds in `Retry-After`.
body-too-large 413 The body is too large
    A body may have 64 KiB. The rest was not read. Keep documents elsewhere and name them in `evidence`.
unsupported-media-type 415 The body is of the wrong content type
    Send `Content-Type: application/json`, uncompressed.
invalid-body 422 The body cannot be taken
    `errors` names each field, as a path such as `claims[0].measure`, and says what is wrong with it; `nearest`
    is the known word that comes closest. Nothing was recorded.
invalid-parameter 422 A parameter cannot be taken
    A part of the address is unknown, repeated, empty or of the wrong form. `errors` names it.
no-such-page 404 There is nothing here
    The address names nothing. `/` lists what there is.
method-not-allowed 405 That cannot be done here
    The address exists, but not for this method. The header `Allow` lists those that it takes.
not-acceptable 406 Not available in that form
    The answer does not come in any of the media types in `Accept`; `offered` lists those that it comes in.
moment-unreadable 422 The moment cannot be read
    `as_of` is an RFC 3339 moment such as `2025-03-09T23:59:59Z` or a position such as `@12`; `reported_until`
    is an RFC 3339 moment. In an address a `+` is written `%2B`.
moment-in-the-future 422 The moment lies in the future
    What will be known then is not known now, and the same question would be answered otherwise later.
past-the-end 422 The position lies past the end of the log
    The log is shorter. The detail says how long it is.
unknown-policy 422 There is no such policy
    Policies are named `name/version`, such as `range/1`.
not-yet-known 404 Not known yet at that moment
    At the moment of `as_of` nothing had been recorded. `known_since` and `known_at` say from which moment and
    position on there is an answer. `suggestion`, where there is one, is the question that was probably meant:
    on the reported clock, what sources had said by then, whenever it was recorded here.
narrow-query 422 Too many incidents would have to be read one by one
    What had been said by a moment of the reported clock stands in no table: with `reported_until`, each
    incident that is left is read by itself, and at most 500 are. `candidates` says how many are left.
    `country`, `status`, `kind`, `source` and `tag` leave fewer to read, as an earlier moment may; the other
    filters choose among those that were read.
no-such-incident 404 There is no such incident
    `GET /v1/incidents` lists those that there are.
no-such-report 404 There is no such report
    The id is that of no report in this log.
no-such-source 404 There is no such source
    No report named it, and nobody registered it, by that moment.
no-such-export 404 There is no such export
    The detail names the formats that are exported by link. `knownwhen export` writes the others.
no-such-receipt 404 There is no such receipt
    No estimate with this digest was published. An answer that was only read has no receipt.
no-such-publication 404 There is no such publication
    Nothing was published at this position of the log. `GET /v1/publications` lists what was.
not-signed 404 This log is not signed
    Nothing can be proved of a log that no checkpoint was published of. Whoever runs the service makes a key for it and
    sets `KNOWNWHEN_LOG_KEYS` (see docs/verify.md).
no-such-tile 404 There is no such tile
    Tiles are those of C2SP tlog-tiles, up to the size of the last published checkpoint: `tile/LEVEL/NUMBER`,
    `tile/entries/NUMBER`, and `.p/WIDTH` behind one that is not complete.
no-such-fact 404 There is no such fact
    The log has no fact at this position.
slug-taken 409 The slug is taken
    Slugs are final and name one incident each. Choose another one.
id-taken 409 The id was used for something else
    A `report_id` or `Idempotency-Key` names one request. A retry must be the same, byte by byte; anything else
    needs an id of its own.
version-mismatch 412 The incident has changed
    `If-Match` named another version than the one that stands. Read the incident again, then decide again.
incident-closed 409 The incident is closed
    It takes no reports or scopes until it is reopened. Corrections and retractions still are taken.
incident-open 409 The incident is open
    Only a closed incident can be reopened.
nothing-changed 409 That would change nothing
    What was sent is what stands already.
scope-taken 409 The scope is declared already
    A scope is declared once. Choose another name.
scope-reserved 422 The scope is built in
    `incident` and `event` cannot be declared.
scope-undeclared 422 The scope is not declared
    A claim may have the scope `incident`, `event`, or one declared for its incident. `nearest` is the closest
    of them.
event-needed 422 The claim counts an event that is not named
    Give the report an `event`, or the claim another `scope`.
two-figures-one-key 422 Two figures for one key
    A report gives one figure for one measure, population, scope and manner, unless it counts until several
    moments (`counted_until`) or for several periods. Keep one, or tell them apart.
supersedes-itself 422 The claim supersedes itself
    `supersedes` names earlier claims of the same source.
time-unreadable 422 A time cannot be read
    The detail says which, and how it is written.
unknown-time-zone 422 There is no such time zone
    Name a time zone of the IANA database, such as `Europe/Kyiv`, or give a `utc_offset` such as `+03:00`.
    `nearest` is the closest name.
reported-in-the-future 422 Reported in the future
    `reported_at` is when the source said it, and that moment has not begun.
report-id-is-kept 422 A correction keeps the report's id
    The address says which report is corrected; its content needs no `report_id`.
reported-at-is-kept 422 A correction keeps `reported_at`
    A correction is ours. What the source says at another time is another report.
report-retracted 409 The report is retracted
    Reinstate it before you correct or retract it.
report-stands 409 The report stands
    Only a retracted report can be reinstated.
claim-retracted 409 The claim is retracted
    Reinstate it, by its id in `claim`, before you retract it again.
claim-stands 409 The claim stands
    Only a retracted claim can be reinstated. Where the whole report was retracted, leave `claim` out.
unknown-claim 422 The report has no such claim
    A claim is named by its id within the report, a part by that of its own. The detail lists those that there
    are.
merged 409 The incident is merged into another
    It takes nothing by itself until the merge is undone. `into` is the incident to write to, and `location` its
    address. What is asked of a report (a correction, a retraction, a move) is still taken: a report keeps its
    home. So is a report with `complete`, the whole statement of a source about this incident, which is shown
    where the incident is. Reading leads there by itself, with a 307.
not-merged 409 The incident is not merged
    Only a merged incident can be unmerged.
merged-into-itself 422 An incident cannot be merged into itself
    `into` names another incident than the address.
other-collection 409 The incidents are in different collections
    What is merged, or moved, is shown by the other incident, to whoever may see that. Put both into one collection
    first.
tied 409 The incident shares its past with others
    It was merged, or others into it, or reports were moved in or out, if only for a while. Answers about its past
    depend on those incidents, so all of them stay in their collection.
collection-forbidden 403 The token is not for this collection
    A token opens incidents in the collections that it names, and puts them into no other. Name one of these.
unknown-incident 422 There is no incident of that name
    The body names an incident, in `into` or in `to`, that there is not; `GET /v1/incidents` lists those that
    there are.
report-elsewhere 409 The report is shown by another incident
    Claims are rescoped where their report is shown. The detail says which incident that is.
unknown-origin 422 There is no such source
    `origins` names two sources as documents do: a slug, or `anonymous:<words>|<relay>`. A source is there once
    it is registered, or a report names it.
no-sealing-key 409 There is no key to seal with
    A report with `sealed` is kept encrypted or not at all. Whoever runs the service makes a key with
    `knownwhen keys create`, and names it in `KNOWNWHEN_KEK_FILE` or `KNOWNWHEN_KEK_COMMAND` (docs/erasure.md).
sealing-key-lost 409 The key-encryption key is not at hand
    What it protects can be neither opened nor added to. The detail names the key; whoever runs the service puts it
    back where `KNOWNWHEN_KEK_FILE` or `KNOWNWHEN_KEK_COMMAND` finds it. Without it nothing can be opened, ever.
sealed-part-damaged 409 The sealed part cannot be opened
    The sealed part or the wrapped key of its source was changed after it was written, or stands in another's place.
nothing-sealed 404 There is no sealed part
    The report has none, or has it elsewhere: exports leave sealed parts out, so a restored log lacks them.
sealed-part-erased 410 The sealed part was erased
    Nothing of it is left. The detail gives the position of the fact that says so.
read-not-recorded 503 The read could not be recorded
    Who reads a sealed part, and why, is recorded before it is shown. That failed, so nothing was shown.
legal-hold 409 A legal hold forbids erasure
    The detail says what is under a hold. It is lifted by `POST …/legal-hold` with `held` false.
erasure-unavailable 409 Nothing can be erased in this database
    The role `knownwhen_eraser` could not be made when the database was migrated. docs/erasure.md says how to make it.
others-refused 409 Another one of these was refused
    With `atomic=true` all lines are recorded, or none. This one could have been; mend those that were refused,
    and send all of them again.
retraction-needs-time 422 When did the source take it back?
    A retraction `by` its source has `reported_at`: it stood until then.
retraction-has-no-time 422 A retraction by the recorder has no time
    It says that this was never said, at any moment.
retracted-before-said 422 Taken back before it was said
    `reported_at` of a retraction does not lie before that of its report.
too-many-connections 503 Too many connections
    The service closes those first that have waited longest for their clients. Try again in a moment, and keep
    fewer connections open.
overloaded 503 Too much at once
    Nothing was recorded. Try again after the seconds in `Retry-After`.
database-unavailable 503 The database does not answer
    Try again after the seconds in `Retry-After`. Whether a write was recorded is not known: send it again
    unchanged, with the same `report_id` or `Idempotency-Key`, and it is recorded once.
not-ready 503 The service is not ready
    `errors` names what is missing. See `knownwhen doctor`.
being-built 503 The lists are being built
    Lists, totals and searches are read from tables that follow from the log. They are being built, for the
    first time or anew for this release. `GET /v1/projections` says how far they are; incidents can be read one
    by one meanwhile.
not-there-yet 503 The lists do not stand there yet
    What was asked for is recorded, but the tables that lists are read from do not stand there yet, though they
    were waited for. Try again after the seconds in `Retry-After`. Where the detail says that one has stopped,
    it goes on only when whoever runs the service has seen to it.
not-signed-yet 503 This is not signed yet
    It is recorded, and the next checkpoint will have it, mostly within seconds. Try again after the seconds in
    `Retry-After`.
internal-error 500 Something went wrong here
    This is a fault of the service. `instance` names it in the service's log; please tell whoever runs it.
"""
"""One type after another: slug, status and title on a line, the description on indented lines below."""


def _parse(catalogue: str) -> Mapping[str, ProblemType]:
    found: dict[str, ProblemType] = {}
    for entry in re.split(r"\n(?=\S)", catalogue.strip()):
        head, *meaning = entry.split("\n")
        slug, status, title = head.split(" ", 2)
        found[slug] = ProblemType(slug, int(status), title, " ".join(line.strip() for line in meaning))
    return found


TYPES = _parse(_CATALOGUE)
"""Every problem type, by its slug, in the order of docs/problems.md."""
