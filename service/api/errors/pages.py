"""Documentation of the problem types, from `types`: docs/problems.md, and HTML pages at their URIs."""

import re
from html import escape

from service.api.errors.types import TYPES, ProblemType

_INTRODUCTION = """# Problems

Every error of the HTTP interface is a problem of RFC 9457, of the media type `application/problem+json`:

```json
{
  "type": "/problems/invalid-body",
  "title": "The body cannot be taken",
  "status": 422,
  "detail": "claims[0].measure: “kiled” is not a known measure; did you mean “killed”? …",
  "errors": [
    {
      "field": "claims[0].measure",
      "reason": "“kiled” is not a known measure; did you mean “killed”? …",
      "nearest": "killed"
    }
  ]
}
```

`type` says which of the problems below it is. It is a reference without a host, so it is the same wherever the
service runs, and the service itself answers it: `GET /problems/invalid-body`. It never changes; `title` may. `detail` is a
sentence about this very request. `errors`, where there is a field to name, names each with the reason; a field of the
body is a path, a parameter or header its name. `instance` is there where the service's log knows more.

What is not HTTP at all (a method that is no word, two lengths for one body) is refused below the service, with a plain
400 and one line of text.

A problem is never cached. One of status 503 says in `Retry-After` after how many seconds to try again.
"""  # noqa: E501 - the text of docs/problems.md, line by line


def problems_markdown() -> str:
    """Return docs/problems.md."""
    return "\n".join([_INTRODUCTION, *(_section(each) for each in TYPES.values())])


def _section(kind: ProblemType) -> str:
    return f"## {kind.slug}\n\n*{kind.status} · {kind.title}.* {kind.meaning}\n"


def type_page(slug: str) -> str | None:
    """Return the description of a problem type as HTML, or None if there is no such type."""
    kind = TYPES.get(slug)
    if kind is None:
        return None
    name = f"<p><code>{kind.slug}</code>, status {kind.status}.</p>"
    return f"<h1>{html_prose(kind.title)}</h1>{name}<p>{html_prose(kind.meaning)}</p>"


def html_prose(text: str) -> str:
    """Escape a text for HTML; text in backticks becomes `code` elements."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def index_page() -> str:
    """Return the list of all problem types as HTML."""
    rows = (
        f'<tr><td><a href="{kind.uri}"><code>{kind.slug}</code></a><td>{kind.status}<td>{html_prose(kind.title)}</tr>'
        for kind in TYPES.values()
    )
    return f"<h1>Problems</h1><table><tr><th>type<th>status<th>title</tr>{''.join(rows)}</table>"
