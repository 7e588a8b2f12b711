"""Files for those who run, build and join the project: what they name is there, and actions are pinned."""

import json
import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from service import cli
from service.settings import documented_settings

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TARGETS = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
YAML = [*WORKFLOWS, *(ROOT / ".github").rglob("*.yml"), *ROOT.glob("*.yaml"), ROOT / "CITATION.cff"]
ISSUES = "https://github.com/knownwhen/knownwhen/issues"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        yield from ((f"{path.stem}-{name}", job) for name, job in read(path)["jobs"].items())


@pytest.mark.parametrize("path", dict.fromkeys(YAML), ids=lambda path: path.name)
def test_a_file_of_yaml_can_be_read(path: Path) -> None:
    assert isinstance(read(path), dict)


@pytest.mark.parametrize(("name", "job"), list(jobs()), ids=[name for name, _ in jobs()])
def test_a_job_runs_targets_that_there_are_by_actions_of_one_commit(name: str, job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] > 0
    for step in job["steps"]:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + 40 * "0")), name
        assert set(re.findall(r"^make ([a-z]+)", step.get("run", ""), re.MULTILINE)) <= TARGETS
    assert set(job.get("strategy", {}).get("matrix", {}).get("target", ())) <= TARGETS


def test_a_workflow_may_read_and_only_the_release_may_write() -> None:
    assert all(read(path)["permissions"] == {"contents": "read"} for path in WORKFLOWS)
    assert {name for name, job in jobs() if "permissions" in job} == {"release-publish"}


def test_every_python_that_is_promised_is_tested() -> None:
    tested = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    promised = [each.rsplit(" ", 1)[1] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert tested == promised
    assert PROJECT["requires-python"] == f">={tested[0]}"


def test_containers_set_only_settings_that_there_are() -> None:
    settings = {each.name for each in documented_settings()}
    compose = read(ROOT / "compose.yaml")["services"]
    assert set(compose["knownwhen"]["environment"]) <= settings
    named = set(re.findall(r"\bKNOWNWHEN_\w+", (ROOT / "Dockerfile").read_text("utf-8")))
    assert named
    assert named <= settings


def test_what_a_container_is_built_from_is_not_ignored() -> None:
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    needed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
            "only-include"
        ]
    )
    assert needed | {"pyproject.toml", "requirements.lock", PROJECT["readme"], *PROJECT["license-files"]} <= kept
    assert all((ROOT / name).exists() for name in kept)


def test_hooks_and_editors_use_the_tools_of_the_environment() -> None:
    for hook in read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]:
        program, *words = hook["entry"].split()
        assert (hook["language"], (ROOT / program).exists()) == ("system", True)
        assert all((ROOT / word).exists() for word in words if word.endswith(".py"))
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"].removeprefix("make ") in TARGETS


def test_the_citation_the_types_and_the_addresses_are_those_of_the_project() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["repository-code"] == PROJECT["urls"]["Homepage"] == ISSUES.removesuffix("/issues")
    assert PROJECT["urls"]["Issues"] == ISSUES
    assert all((ROOT / package / "py.typed").exists() for package in ("domain", "service"))


def test_commits_that_blame_looks_through_are_named_by_their_whole_hash() -> None:
    lines = (ROOT / ".git-blame-ignore-revs").read_text().splitlines()
    assert all(re.fullmatch(r"[0-9a-f]{40}|#.*|", line) for line in lines)


def test_the_unit_of_systemd_runs_commands_and_names_settings_that_there_are() -> None:
    unit = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # pyright: ignore[reportAttributeAccessIssue] - names keep their case
    unit.read(ROOT / "docs" / "systemd" / "knownwhen.service", "utf-8")
    served = unit["Service"]
    for line in (served["ExecStartPre"], served["ExecStart"]):
        program, command, *_ = line.split()
        assert program == "/opt/knownwhen/bin/knownwhen"
        assert command in CliRunner().invoke(cli.app, ["--help"]).output
    named = {each.partition("=")[0] for each in served["Environment"].split()}
    assert named <= {each.name for each in documented_settings()}
    assert served["StateDirectory"] in served["Environment"]
