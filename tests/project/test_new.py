"""`make new`: what it writes into each slot passes the checks, its own test, and the tests of the slot, as it is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FOLDERS = (".ci", "bench", "docs", "domain", "migrations", "samples", "service", "tests")
COPIED = (*FOLDERS, *(path.name for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")))
CONTRACTS = {
    "KIND": ("tests/domain/test_kinds.py", "tests/domain/test_facts.py", "tests/domain/test_trusted.py"),
    "POLICY": ("tests/domain/test_policy_properties.py",),
    "VIEW": ("tests/domain/test_view_contract.py", "tests/domain/test_view_properties.py"),
    "IMPORTER": ("tests/service/test_importers.py",),
    "EXPORTER": ("tests/service/test_exporters_contract.py",),
    "TABLE": ("tests/service/test_read_models.py",),
    "RESOURCE": ("tests/service/test_api_contract.py",),
}
"""The tests that hold every file of a slot. Of those, the ones of the new file's name run here."""
SLOTS = [slot for slot in CONTRACTS if slot != "RESOURCE" or (ROOT / "service" / "api" / "resources").is_dir()]


def name_of(slot: str) -> str:
    """Return the name of the file that a slot gets."""
    return f"siege_{slot.lower()}"


class Tree:
    """A copy of this tree in which every slot got one more file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, root / name)

    def run(self, *words: str, status: int = 0) -> str:
        """Run a program in the copy and return what it printed, on either stream."""
        environment = {**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1", "POSTGRES": "18"}
        done = subprocess.run(
            words, cwd=self.root, env=environment, check=False, encoding="utf-8", stdout=-1, stderr=subprocess.STDOUT
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def new(self, slot: str, name: str, status: int = 0) -> str:
        """Fill a slot."""
        return self.run(sys.executable, ".ci/new.py", slot, name, status=status)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    tree = Tree(tmp_path_factory.mktemp("filled"))
    for slot in SLOTS:
        tree.new(slot, name_of(slot))
    tree.run(sys.executable, "-m", "docs.generate")
    yield tree
    shutil.rmtree(tree.root)


def written(tree: Tree) -> list[str]:
    """Return the paths of the files that the copy has more than this tree."""
    files = (path.relative_to(tree.root) for path in tree.root.rglob("*.py"))
    return sorted(str(path) for path in files if not (ROOT / path).exists())


def test_each_slot_gets_one_file_and_its_test(filled: Tree) -> None:
    files = written(filled)
    assert len(files) == 2 * len(SLOTS)
    assert len([path for path in files if path.startswith("tests/")]) == len(SLOTS)
    assert not [path for path in files if "new_name" in (filled.root / path).read_text("utf-8")]


def test_what_is_written_passes_style_types_layers_and_documents(filled: Tree) -> None:
    files = written(filled)
    modules = [path for path in files if not path.startswith("tests/")]
    filled.run(str(BIN / "ruff"), "check", "--no-cache", *files)
    filled.run(str(BIN / "ruff"), "format", "--check", "--no-cache", *files)
    filled.run(str(BIN / "basedpyright"), "--pythonpath", sys.executable, *modules)
    filled.run(str(BIN / "lint-imports"), "--no-cache")
    filled.run(sys.executable, "-m", "docs.generate", "--check")


@pytest.mark.parametrize("slot", SLOTS)
def test_what_is_written_passes_its_own_test_and_those_of_its_slot(slot: str, filled: Tree) -> None:
    own = next(path for path in written(filled) if path.startswith("tests/") and name_of(slot) in path)
    options = ("-q", "-p", "no:cacheprovider", "-k", name_of(slot))
    assert " passed" in filled.run(sys.executable, "-m", "pytest", *options, own, *CONTRACTS[slot])


def test_the_golden_row_of_a_kind_is_added_and_printed_and_no_other_changes(filled: Tree) -> None:
    name = "tests/domain/golden/facts.json"
    before, after = ((root / name).read_text("utf-8") for root in (ROOT, filled.root))
    assert after.startswith(before.removesuffix("\n]\n"))
    row = json.loads(filled.run(sys.executable, "-m", "tests.project.golden_row", name_of("KIND")))
    assert json.loads(after) == [*json.loads(before), row]
    assert row["topic"] == f"{name_of('KIND')}.v1"


def test_a_kind_that_there_is_not_has_no_golden_row(bare: Tree) -> None:
    assert "did you mean “attack_launched”?" in bare.run(
        sys.executable, "-m", "tests.project.golden_row", "attack_lanched", status=1
    )


@pytest.mark.parametrize(
    ("slot", "name", "told"),
    [
        ("", "", "Say what to make: make new KIND|"),
        ("PLANET", "x", "Say what to make: make new KIND|"),
        ("KIND", "", "NAME=“” is no name of a file"),
        ("KIND", "Siege-Laid", "NAME=“Siege-Laid” is no name of a file"),
        ("KIND", "toll_revised", "domain/reports/kinds/toll_revised.py is there already"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(slot: str, name: str, told: str, bare: Tree) -> None:
    assert told in bare.new(slot, name, status=1)
    assert written(bare) == []
