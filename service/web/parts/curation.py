"""Forms by which a report or an incident is curated: what each sends, to which operation, and who may send it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from service.web.api_document import ApiDocument
from service.web.language.labels import LABELS
from service.web.language.languages import Language, marked
from service.web.parts.fates import credibility, last_marks, latest_content
from service.web.parts.figures import claim_figure
from service.web.parts.names import Names
from service.web.parts.report_content import claims_of, counts_of

ControlKind = Literal["text", "long", "radio", "select", "checks", "constant"]
JsonType = Literal["string", "number", "boolean", "list", "null"]
"""How a control's value becomes JSON; an empty string is left out, or null for `null`."""

_COUNT: Final = {"lower": None, "upper": None, "best": None, "bound": "exact", "verbatim": ""}
WHOLE_INCIDENT: Final = "incident"


@dataclass(frozen=True, slots=True)
class ControlOption:
    """A choice of a control."""

    value: str
    name: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A field of a form; `name` is the member of the body."""

    name: str
    title: str
    kind: ControlKind = "text"
    type: JsonType = "string"
    options: Sequence[ControlOption] = ()
    value: str = ""
    help: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its body goes to `path` by POST. `changed` sends only what differs from what is shown at first."""

    id: str
    title: str
    about: str
    path: str
    submit: str
    controls: Sequence[Control]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Input of the forms about a report: its history, and the incident that shows it."""

    language: Language
    names: Names
    history: ApiDocument
    scopes: Sequence[ApiDocument]
    incidents: Sequence[ApiDocument]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done about a report, with the scope that it needs."""

    name: str
    title: str
    about: str
    scope: str
    operation: str
    controls: Callable[[Context], list[Control]]
    offered: Callable[[ApiDocument], bool] = field(default=lambda _: True)


def report_form(action: Action, context: Context) -> Form:
    """Return the form of an action."""
    text, history = context.language.text, context.history
    path = action.operation.format(report=history["report_id"], incident=history["incident"])
    controls = [*action.controls(context), _reason(context.language)]
    return Form(action.name, text(action.title), text(action.about), path, text(action.title), controls)


def _reason(language: Language) -> Control:
    return Control("reason", language.text("Reason"), "long", help=language.text("It is kept beside the fact."))


def _figure_options(context: Context, only: frozenset[str] | None = None) -> list[ControlOption]:
    """Return the figures of a report, each with what it counts and says."""
    return [
        ControlOption(
            claim["id"],
            f"{counts_of(context.language, context.names, claim)}: {_figure(context.language, claim)}",
        )
        for claim, _ in claims_of(latest_content(context.history))
        if only is None or claim["id"] in only
    ]


def _figure(language: Language, claim: ApiDocument) -> str:
    return claim_figure(language, {**_COUNT, **claim["count"]})


def _which(context: Context, only: frozenset[str] | None = None, *, whole: bool = True) -> list[Control]:
    """Return the choice between a whole report and one of its figures; none where there is no figure to choose."""
    options = _figure_options(context, only)
    if not options:
        return []
    text = context.language.text
    first = [ControlOption("", text("The whole report"), chosen=True)] if whole else []
    return [Control("claim", text("What it is about"), "select", options=[*first, *options], required=not whole)]


def _retraction(context: Context) -> list[Control]:
    text = context.language.text
    by = (
        ControlOption("recorder", text("We do: it was never said")),
        ControlOption("source", text("Its source does: it was said, and no longer holds")),
    )
    struck = last_marks(context.history, "retracted", "reinstated")
    left = frozenset(claim["id"] for claim, _ in claims_of(latest_content(context.history))) - struck
    when = text("Needed where the source takes it back: a day such as 2025-03-10, or a moment with its offset.")
    return [
        *_which(context, left),
        Control("by", text("Who takes it back"), "radio", options=by, required=True),
        Control("reported_at", text("When the source took it back"), help=when),
    ]


def _reinstatement(context: Context) -> list[Control]:
    whole = context.history["standing"] == "retracted"
    return _which(context, last_marks(context.history, "retracted", "reinstated"), whole=whole)


def _dispute(context: Context) -> list[Control]:
    return [*_which(context), Control("disputed", "", "constant", "boolean", value="true")]


def _undispute(context: Context) -> list[Control]:
    whole = _last_dispute(context.history)
    marks = last_marks(context.history, "disputed", "disputed")
    return [*_which(context, marks, whole=whole), Control("disputed", "", "constant", "boolean", value="false")]


def _last_dispute(history: ApiDocument) -> bool:
    steps = [step for step in history["history"] if step["fact"] == "disputed" and "claim" not in step]
    return bool(steps) and steps[-1].get("disputed", True)


def _assessment(context: Context) -> list[Control]:
    language = context.language
    options = [ControlOption(code, credibility(language, int(code))) for code in LABELS["credibility"]]
    title = language.text("Credibility")
    return [*_which(context), Control("credibility", title, "radio", "number", options, required=True)]


def _move(context: Context) -> list[Control]:
    others = [
        ControlOption(each["slug"], each["title"])
        for each in context.incidents
        if each["slug"] != context.history["incident"]
    ]
    title = context.language.text("Incident")
    about = context.language.text("Its figures go on counting what they count.")
    return [Control("to", title, "select", options=others, help=about, required=True)]


def _rescoping(context: Context) -> list[Control]:
    text = context.language.text
    claims = [
        ControlOption(f"{context.history['report_id']}#{option.value}", option.name)
        for option in _figure_options(context)
    ]
    scopes = [
        ControlOption("", text("As filed"), chosen=True),
        ControlOption(WHOLE_INCIDENT, text("The whole incident")),
        *(ControlOption(each["name"], each["label"]) for each in context.scopes),
    ]
    return [
        Control("claims", text("Figures"), "checks", "list", claims, required=True),
        Control("scope", text("What they count"), "select", "null", scopes),
    ]


def _stands(history: ApiDocument) -> bool:
    return history["standing"] != "retracted"


def _has_figures(history: ApiDocument) -> bool:
    return bool(latest_content(history).get("claims"))


def _has_struck(history: ApiDocument) -> bool:
    return history["standing"] == "retracted" or bool(last_marks(history, "retracted", "reinstated"))


def _is_disputed(history: ApiDocument) -> bool:
    return _last_dispute(history) or bool(last_marks(history, "disputed", "disputed"))


_OF_REPORT: Final = "/v1/reports/{report}/"
ACTIONS: Final[Mapping[str, Action]] = {
    each.name: each
    for each in (
        Action(
            "retract",
            marked("Take it back"),
            marked("It stays in the log and in the timeline, struck, and counts no longer."),
            "report",
            f"{_OF_REPORT}retraction",
            _retraction,
            _stands,
        ),
        Action(
            "reinstate",
            marked("Let it count again"),
            marked("This undoes a retraction."),
            "report",
            f"{_OF_REPORT}reinstatement",
            _reinstatement,
            _has_struck,
        ),
        Action(
            "dispute",
            marked("Mark it as disputed"),
            marked("A disputed figure still counts; an estimate that uses it is shown as contested."),
            "curate",
            f"{_OF_REPORT}dispute",
            _dispute,
            _stands,
        ),
        Action(
            "undispute",
            marked("Take the mark away"),
            marked("It is disputed no longer."),
            "curate",
            f"{_OF_REPORT}dispute",
            _undispute,
            _is_disputed,
        ),
        Action(
            "assess",
            marked("Judge its credibility"),
            marked("The scale of the Admiralty code. What is improbable is kept, and set aside in estimates."),
            "curate",
            f"{_OF_REPORT}assessment",
            _assessment,
        ),
        Action(
            "move",
            marked("Move it to another incident"),
            marked("It is shown there from then on; answers about earlier moments stay as they were."),
            "curate",
            f"{_OF_REPORT}move",
            _move,
        ),
        Action(
            "rescope",
            marked("Say what its figures count"),
            marked("Only figures that count the same are compared with one another."),
            "curate",
            "/v1/incidents/{incident}/rescoping",
            _rescoping,
            _has_figures,
        ),
    )
}
"""What may be done about a report, by the last step of its page's path."""


def incident_forms(
    language: Language,
    names: Names,
    state: ApiDocument,
    incidents: Sequence[ApiDocument],
    collection: str,
    may: Callable[[str], bool],
) -> list[Form]:
    """Return the forms about an incident that the reader may send. `incidents` are all, merged ones too."""
    data = state["data"]
    own = f"/v1/incidents/{data['incident']}"
    found = [_scope_form(language, names, data, own)] if may("report") and data["status"] == "open" else []
    if not may("curate"):
        return found
    others = [each for each in incidents if each["slug"] != data["incident"] and each["status"] != "merged"]
    merged = [each for each in incidents if each["slug"] in data["merged"]]
    closing = _reopening(language, own) if data["status"] == "closed" else _closing(language, own)
    return [
        _amendment(language, data, own),
        closing,
        *found,
        *([_merge(language, others, own)] if others else []),
        *(_unmerge(language, each) for each in merged),
        _collection(language, collection, own),
    ]


def _amendment(language: Language, data: ApiDocument, own: str) -> Form:
    text = language.text
    controls = [
        Control("title", text("Title"), value=data["title"]),
        Control("period", text("Period"), value=data["period"] or "", help=text("Such as 2025-03-06/2025-03-10.")),
        Control(
            "countries",
            text("Countries"),
            type="list",
            value=" ".join(data["countries"]),
            help=text("Codes of two letters, such as SY LB."),
        ),
        Control(
            "time_zone",
            text("Time zone"),
            value=data.get("time_zone") or "",
            help=text("Such as Europe/Kyiv: days are read by it from here on."),
        ),
        _reason(language),
    ]
    about = text("Only what you change is recorded; earlier answers stay as they were.")
    title = text("Amend the incident")
    return Form("amendment", title, about, f"{own}/amendment", title, controls, changed=True)


def _closing(language: Language, own: str) -> Form:
    title = language.text("Close the incident")
    about = language.text("It takes no further reports; corrections and retractions are still taken.")
    return Form("close", title, about, f"{own}/close", title, [_reason(language)])


def _reopening(language: Language, own: str) -> Form:
    title = language.text("Reopen the incident")
    about = language.text("It takes reports again.")
    return Form("reopen", title, about, f"{own}/reopen", title, [_reason(language)])


def _scope_form(language: Language, names: Names, data: ApiDocument, own: str) -> Form:
    text = language.text
    none = ControlOption("", text("Not said"), chosen=True)
    declared = [none, *(ControlOption(each["name"], names.scope(each["name"])) for each in data["scopes"])]
    periods = [
        none,
        ControlOption("death", text("those who died in it")),
        ControlOption("documentation", text("those documented in it")),
    ]
    controls = [
        Control("label", text("What it is called"), required=True),
        Control("name", text("Short name"), required=True, help=text("Letters, digits and hyphens; it is final.")),
        Control("area", text("Area")),
        Control("period", text("Period"), help=text("Such as 2025-03-06/2025-03-10.")),
        Control("period_of", text("The period is of"), "select", options=periods),
        Control("event", text("Event")),
        Control("wider_than", text("It includes"), "select", options=declared),
    ]
    title = text("Declare a part that figures may count")
    return Form("scopes", title, text("Such as a province, or some of the days."), f"{own}/scopes", title, controls)


def _merge(language: Language, others: Sequence[ApiDocument], own: str) -> Form:
    title = language.text("Merge it into another incident")
    options = [ControlOption(each["slug"], each["title"]) for each in others]
    about = language.text("Readers are led there from then on, and no figure changes. It can be undone.")
    into = Control("into", language.text("Incident"), "select", options=options, required=True)
    return Form("merge", title, about, f"{own}/merge", title, [into, _reason(language)])


def _unmerge(language: Language, merged: ApiDocument) -> Form:
    title = language.text("Undo the merge of “%(title)s”", title=merged["title"])
    about = language.text("Both stand by themselves again.")
    submit = language.text("Undo the merge")
    path = f"/v1/incidents/{merged['slug']}/unmerge"
    return Form(f"unmerge-{merged['id']}", title, about, path, submit, [_reason(language)])


def _collection(language: Language, collection: str, own: str) -> Form:
    title = language.text("Put it into another collection")
    about = language.text("Whoever may see that collection may see the incident, with its whole past; nobody else may.")
    name = Control("collection", language.text("Collection"), value=collection, required=True)
    return Form("collection", title, about, f"{own}/collection", title, [name, _reason(language)], changed=False)
