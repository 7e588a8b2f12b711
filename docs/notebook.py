"""Runs the code cells of docs/tour.ipynb as a program against a live service, and writes what they print into it.

    KNOWNWHEN=http://127.0.0.1:8000 python -m docs.notebook [--write | --check] [--all]

Cells tagged `pandas` need the extras of the client, and run with `--all` alone. `--check` compares what is printed with
what is stored, on a service that has the sample and nothing else.
"""

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any, Final

NOTEBOOK: Final = Path(__file__).parent / "tour.ipynb"


def run(notebook: dict[str, Any], *, with_extras: bool) -> list[tuple[dict[str, Any], str]]:
    """Run the code cells in one namespace, and return each with what it printed."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found: list[tuple[dict[str, Any], str]] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (with_extras or "pandas" not in cell["metadata"].get("tags", ())):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102 - our own page
            found.append((cell, printed.getvalue()))
    return found


def stored(cell: dict[str, Any]) -> str:
    """Return what a cell printed when its outputs were written."""
    return "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")


def main() -> None:
    """Run the notebook, and print it, or write its outputs."""
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    differing: list[str] = []
    for number, (cell, text) in enumerate(run(notebook, with_extras="--all" in sys.argv), 1):
        if text != stored(cell):
            differing.append(cell["id"])
        cell["execution_count"] = number
        lines = text.splitlines(keepends=True)
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}] if text else []
        sys.stdout.write(text)
    if "--check" in sys.argv and differing:
        sys.exit(f"These cells print something else than what is stored: {', '.join(differing)}.")
    if "--write" in sys.argv:
        NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
