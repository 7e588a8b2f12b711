"""Writes the file of a slot with its test, ready to be changed: both pass every check as they are.

    make new KIND NAME=siege_laid

Slots: KIND, POLICY, VIEW, IMPORTER, EXPORTER, FORMAT (both), TABLE, RESOURCE. The templates lie in
tests/project/templates: `new_name`, `new-name`, `NewName` and `New name` stand for the spellings of the name.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "tests" / "project" / "templates"
GOLDEN = ROOT / "tests" / "domain" / "golden" / "facts.json"
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
RUFF = Path(sys.executable).parent / "ruff"


class Slot(NamedTuple):
    """Where the file and the test of a slot lie, and the steps that are left to its author."""

    file: str
    test: str
    steps: tuple[str, ...]


SLOTS = {
    "KIND": Slot(
        "domain/reports/kinds/new_name.py",
        "tests/domain/test_kind_new_name.py",
        (
            "Declare the fields, the tier and the codes of each case, and cite the code book of every code.",
            "Before its release: when the example changes, replace its golden row by `make golden KIND=new_name`.",
        ),
    ),
    "POLICY": Slot(
        "domain/policies/new_name_1.py",
        "tests/domain/test_policy_new_name.py",
        ("Write the rule. Name the claim behind every end; make no number that nobody said.",),
    ),
    "VIEW": Slot(
        "domain/views/new_name.py",
        "tests/domain/test_view_new_name.py",
        ("Write `finish`, the columns and the rows. Positions and recorded times stay out of the document.",),
    ),
    "IMPORTER": Slot(
        "service/formats/importers/new_name.py",
        "tests/service/importers/test_new_name.py",
        (
            "Read the files of the format; `SAMPLE` in its test is one of them. A line keeps its id at every import.",
            "Describe the format in docs/formats.md.",
        ),
    ),
    "EXPORTER": Slot(
        "service/formats/exporters/new_name.py",
        "tests/service/exporters/test_new_name.py",
        (
            "Write the format. Count with `export.count_gap` whatever it has no room for.",
            "Describe the format in docs/formats.md.",
        ),
    ),
    "TABLE": Slot(
        "service/projections/tables/new_name.py",
        "tests/service/test_table_new_name.py",
        ("Declare the key, the columns, the indexes and the rows. A changed table gets the next version.",),
    ),
    "RESOURCE": Slot(
        "service/api/resources/new_name.py",
        "tests/service/test_resource_new_name.py",
        ("Declare the routes, the request bodies and the answers.",),
    ),
}
TOGETHER = {"FORMAT": ("IMPORTER", "EXPORTER")}


def main(arguments: list[str]) -> None:
    """Write the files of one slot, or of both slots of a format."""
    slot, name = (*arguments, "", "")[:2]
    slots = TOGETHER.get(slot, (slot,))
    refuse_unless_possible(slot, name, slots)
    words = names(name)
    written = [path for each in slots for path in write(each, words)]
    run(RUFF, "check", "--quiet", "--fix-only", *written)
    run(RUFF, "format", "--quiet", *written)
    if slot == "KIND":
        add_golden_row(name)
    tell(slots, words, written)


def refuse_unless_possible(slot: str, name: str, slots: tuple[str, ...]) -> None:
    """End with a sentence where the slot, the name or the place is wrong."""
    if slot not in SLOTS and slot not in TOGETHER:
        sys.exit(f"Say what to make: make new {'|'.join([*SLOTS, *TOGETHER])} NAME=…")
    if not NAME.fullmatch(name):
        sys.exit(f"NAME=“{name}” is no name of a file: small letters, digits and single underscores, a letter first.")
    for each in slots:
        if not (ROOT / SLOTS[each].file).parent.is_dir():
            sys.exit(f"There is no slot {each} in this tree.")
        for path in paths(each, names(name)):
            if path.exists():
                sys.exit(f"{path.relative_to(ROOT)} is there already; pick another NAME, or remove it.")


def names(name: str) -> dict[str, str]:
    """Return the spellings of a name, by those in templates."""
    spaced = name.replace("_", " ")
    return {
        "new_name": name,
        "new-name": name.replace("_", "-"),
        "NewName": "".join(part.capitalize() for part in name.split("_")),
        "New name": spaced[0].upper() + spaced[1:],
    }


def paths(slot: str, words: dict[str, str]) -> list[Path]:
    """Return the file of the slot and its test."""
    return [ROOT / filled(each, words) for each in SLOTS[slot][:2]]


def write(slot: str, words: dict[str, str]) -> list[Path]:
    """Write the file of the slot and its test from their templates."""
    written = paths(slot, words)
    for path, ending in zip(written, ("", "_tests"), strict=True):
        template = TEMPLATES / f"{slot.lower()}{ending}.py"
        path.write_text(filled(template.read_text("utf-8"), words), "utf-8")
    return written


def filled(text: str, words: dict[str, str]) -> str:
    """Put the spellings of the name in the places of those in a template."""
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def add_golden_row(name: str) -> None:
    """Append the stored form of the example to the golden rows; the other rows keep their bytes."""
    command = [sys.executable, "-m", "tests.project.golden_row", name]
    row = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.rstrip()
    rows = GOLDEN.read_text("utf-8").removesuffix("\n]\n")
    GOLDEN.write_text(f"{rows},\n{row}\n]\n", "utf-8")


def tell(slots: tuple[str, ...], words: dict[str, str], written: list[Path]) -> None:
    """Print the files and the steps that are left."""
    for path in written:
        print(f"Written: {path.relative_to(ROOT)}")
    steps = [filled(step, words) for slot in slots for step in SLOTS[slot].steps]
    for number, step in enumerate(
        dict.fromkeys([*steps, "Say it in CHANGELOG.md; then `make quick` and `make check`."])
    ):
        print(f"  {number + 1}. {step}")


def run(*command: object) -> None:
    """Run a program in the root of the tree; its failure ends this one."""
    if subprocess.run(list(map(str, command)), cwd=ROOT, check=False).returncode:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
