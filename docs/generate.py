"""Writes the pages of docs/ that follow from the code: kinds of report, policies, problems, settings, scopes, codes."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel

from docs import citations, permissions
from domain.catalogue import DEFAULT_POLICY, POLICIES, VIEWS
from domain.reports.kind import Kind
from domain.reports.registry import KINDS
from domain.values.sources import RELIABILITY
from service.api.app import RESOURCES
from service.api.codebook import codebook
from service.api.errors import pages
from service.api.openapi import document_of
from service.formats.registry import EXPORTERS, IMPORTERS
from service.settings import documented_settings

HERE = Path(__file__).parent
NOTE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->\n"
FORMATS_BEGIN = "<!-- Written by `make docs` from the importers and exporters -->\n"
FORMATS_END = "<!-- End of what is written -->\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def kinds() -> str:
    """Return the page of report kinds, with the crosswalk to other systems of codes."""
    summary = table(
        ("kind", "states", "claims count by default"),
        (
            (f"[`{kind.name}`](#{kind.name})", kind.meaning, f"the {kind.model.default_scope}")
            for kind in KINDS.values()
        ),
    )
    crosswalk = table(
        ("kind", "case", "tier", "ACLED event / sub-event", "CAMEO", "PLOVER"),
        (row for kind in KINDS.values() for row in _cases(kind)),
    )
    notes = "".join(f"`{kind.name}`: {kind.note}\n\n" for kind in KINDS.values() if kind.note)
    examples = "".join(
        f"### {kind.name}\n\n{kind.meaning}\n\n```json\n{_json(kind.example)}\n```\n\n" for kind in KINDS.values()
    )
    return (
        f"# Kinds of report\n\n{NOTE}\n{summary}\n"
        "A kind counts by default the incident or the event it tells; a claim may name another declared `scope`.\n\n"
        f"## What others call it\n\nOur code reads tiers only; codes are for those who work with other data sets.\n\n"
        f"{crosswalk}\n{notes}## Examples\n\n"
        f"Each is the body of `POST /v1/incidents/{{id}}/reports`.\n\n{examples.rstrip()}\n"
    )


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _cases(kind: Kind) -> Iterable[Sequence[str]]:
    for word, case in kind.cases.items():
        codes = case.codes
        acled = " / ".join(part for part in (codes.acled_event, codes.acled_sub_event) if part)
        name = f"{kind.case_field}: {word}" if word else ("any other" if len(kind.cases) > 1 else "–")
        yield f"`{kind.name}`", name, case.tier, acled or "–", codes.cameo or "–", codes.plover or "–"


def readings() -> str:
    """Return the page of policies, views and grades."""
    policies = table(
        ("policy", "meaning"),
        (
            (f"`{policy.id}`" + (" (default)" if policy.id == DEFAULT_POLICY else ""), policy.meaning)
            for policy in POLICIES.values()
        ),
    )
    given: dict[tuple[str, str], list[str]] = {}
    for policy in POLICIES.values():
        for code, meaning in (*policy.codes.items(), *policy.labels.items()):
            given.setdefault((f"`{code}`", meaning), []).append(f"`{policy.id}`")
    codes = table(("code or label", "meaning", "given by"), ((*code, ", ".join(by)) for code, by in given.items()))
    views = table(
        ("view", "meaning", "columns as CSV"), ((f"`{v.id}`", v.meaning, ", ".join(v.columns)) for v in VIEWS.values())
    )
    grades = table(("grade", "meaning"), ((letter, meaning) for letter, meaning in RELIABILITY.items()))
    return (
        f"# Policies and views\n\n{NOTE}\n## Policies\n\n{policies}\n## Codes of policies\n\n"
        f"Why a claim is set aside, and labels of an estimate; see [all codes](spec/statuses.md).\n\n{codes}\n"
        f"## Views\n\n{views}\n"
        f"## Grades of sources\n\nThe Admiralty code. Only E excludes a source.\n\n{grades}"
    )


def settings() -> str:
    """Return the page of environment variables."""
    rows = (
        (f"`{each.name}`", f"`{each.default}`" if each.default else "–", each.meaning) for each in documented_settings()
    )
    variables = table(("variable", "default", "meaning"), rows)
    return f"# Settings\n\n{NOTE}\nRead once at start, from the environment.\n\n{variables}"


def formats() -> str:
    """Return the page of formats, with the tables of its first section from the slots."""
    text = (HERE / "formats.md").read_text("utf-8")
    before, rest = text.split(FORMATS_BEGIN)
    importers = table(
        ("import", "reads", "FILE"), ((f"`{each.name}`", each.summary, each.files) for each in IMPORTERS.values())
    )
    exporters = table(
        ("export", "writes", "suffix"), ((f"`{each.name}`", each.summary, each.suffix) for each in EXPORTERS.values())
    )
    return f"{before}{FORMATS_BEGIN}\n{importers}\n{exporters}{FORMATS_END}{rest.split(FORMATS_END)[1]}"


def who_may_do_what() -> str:
    """Return the page of what each scope permits."""
    rows = ((f"`{each.method} {each.path}`", *each.cells) for each in permissions.permissions())
    head = ("", permissions.NO_TOKEN, *(f"`{scope}`" for scope in permissions.SCOPES))
    return (
        f"# Who may do what\n\n{NOTE}\nWhat a request without a token gets, and one with a token that has this scope"
        f" alone.\n{permissions.TAKEN}: it is taken up, and answered by what it asks; 401: a token is needed; 403: the"
        " scope is missing.\nA token has the scopes that it was made with; none implies another.\n\n"
        f"{table(head, rows)}\n"
        "A token sees the collections that it names; an incident of another one is not there for it (404). Where"
        " `KNOWNWHEN_PUBLIC_READ`\nis set, a request without a token gets what `read` gets, in the collection `public`."
        " In a batch, a line that curates needs\n`curate` as well; the others are taken. `GET /v1/changes` and"
        " `…/facts` name who recorded a fact to who has `audit`."
        " `GET /metrics`\nis answered without a token on this machine itself; from elsewhere, also through a proxy in"
        " `KNOWNWHEN_PROXIES`, it needs `audit`.\n"
    )


def codebook_page() -> str:
    """Return the page of every field, column and code, as `/v1/codebook` lists them."""
    app = FastAPI(title="Knownwhen", version="0")
    for resource in RESOURCES:
        app.include_router(resource)
    document = document_of(app, set[type[BaseModel]]().union(*(resource.models for resource in RESOURCES)))
    sections: dict[tuple[str, str], list[Sequence[str]]] = {}
    for row in codebook(document):
        sections.setdefault((row["part"], row["of"]), []).append((f"`{row['name']}`", row["type"], row["meaning"]))
    head = ("name", "type", "meaning")
    tables = "\n".join(f"## {part}: {of}\n\n{table(head, rows)}" for (part, of), rows in sections.items())
    return (
        f"# Codebook\n\n{NOTE}\nEvery field of every answer and request, by its schema in the OpenAPI document; every"
        " column of the tables of views; every code.\n`GET /v1/codebook` answers the same, also as CSV and XLSX. Where"
        f" codes arise is told in [statuses](spec/statuses.md).\n\n{tables}"
    )


PAGES = {
    "codebook.md": codebook_page,
    "formats.md": formats,
    "kinds.md": kinds,
    "policies-and-views.md": readings,
    "problems.md": pages.problems_markdown,
    "settings.md": settings,
    "who-may-do-what.md": who_may_do_what,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` say which are not as the code has them, and what cites what is not there."""
    stale = [name for name, page in PAGES.items() if not _is(HERE / name, page())]
    if "--check" in arguments:
        faults = [f"docs/{name} is not what the code says; run `make docs`." for name in stale] + citations.broken()
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        return 1 if faults else 0
    for name in stale:
        (HERE / name).write_text(PAGES[name](), "utf-8")
        sys.stdout.write(f"docs/{name} written\n")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
