"""Erasure in exports and restores, and what the database itself permits of it."""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

from domain.views import timeline
from service.console import export, import_
from service.formats.export.incidents import ExportRequest
from service.settings import read_settings
from tests.service.erased import Told
from tests.service.sealed import erase, key_file, read_sealed, sealing_service
from tests.service.serving import problem

pytest_plugins = ("tests.service.erased_fixtures",)

CREATED, OK, NOT_MODIFIED = 201, 200, 304


def test_an_exported_log_carries_the_holes_and_restores_them(
    told: Told, sealed_url: str, database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    position = erase(told.client, told.report, "text", "sealed").json()["position"]
    path = tmp_path / "log.ndjson"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", sealed_url)
        assert export.export(read_settings(), export.ExportOptions("ndjson", ExportRequest(), path, json=True)) == 0
        assert '"sealed part"' in capfd.readouterr().out, "it says what it leaves out"
        patch.setenv("DATABASE_URL", database_url)
        assert import_.import_(read_settings(), import_.ImportOptions("ndjson", [path], restore=True)) == 0
    assert told.mark not in path.read_text()
    before = told.answers(position)
    commitments = "SELECT notification_id, state, text, text_commitment, sealed_commitment FROM facts ORDER BY 1"
    with psycopg.connect(sealed_url) as one, psycopg.connect(database_url) as other:
        assert one.execute(commitments).fetchall() == other.execute(commitments).fetchall()
    with sealing_service(database_url, None) as restored:
        for asked, answer in before.items():
            again = restored.get(asked, params={"as_of": f"@{position}"})
            assert again.json().get("digest") == answer.json().get("digest")
            assert again.json().get("text") == answer.json().get("text")
        problem(read_sealed(restored, told.report), "sealed-part-erased")
        problem(read_sealed(restored, told.kept), "nothing-sealed")


def test_a_view_that_is_exported_has_the_hole(told: Told, sealed_url: str, tmp_path: Path) -> None:
    position = erase(told.client, told.report, "text").json()["position"]
    path = tmp_path / "timeline.ndjson"
    what = ExportRequest(view=timeline.VIEW.id, only=[told.other])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", sealed_url)
        assert export.export(read_settings(), export.ExportOptions("ndjson", what, path)) == 0
    (line,) = path.read_text().splitlines()
    assert {"erased": position} in json.loads(line)["text"].values()


def test_the_database_lets_nobody_erase_but_beside_the_fact_that_says_so(told: Told, sealed_url: str) -> None:
    blank = "UPDATE facts SET text = NULL, text_salt = NULL WHERE fact_id = %s"
    with psycopg.connect(sealed_url, autocommit=True) as connection:
        ((position,),) = connection.execute("SELECT notification_id FROM facts WHERE fact_id = %s", (told.report,))
        for role in ("knownwhen_service", "knownwhen_eraser", "none"):
            connection.execute(SQL("SET ROLE {}").format(SQL(role)))
            for statement, given in (
                (blank, (told.report,)),
                ("SELECT access.erase_parts(%s, '{}')", ([position],)),
                ("SELECT access.destroy_source_key(%s, 1)", (told.source,)),
            ):
                with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
                    connection.execute(statement.encode(), given)
            connection.execute("RESET ROLE")
    assert told.mark in told.client.get(f"/v1/reports/{told.report}").text


def test_beside_that_fact_too_nothing_but_text_and_sealed_part_with_their_salts_may_go(
    told: Told, sealed_url: str
) -> None:
    copied = """
        INSERT INTO facts SELECT (r).* FROM (
            SELECT jsonb_populate_record(facts, jsonb_build_object(
                'notification_id', (SELECT max(notification_id) + 1 FROM facts), 'fact_id', gen_random_uuid(),
                'originator_id', gen_random_uuid(), 'originator_version', 1, 'topic', 'parts_erased.v1'
            )) AS r FROM facts WHERE fact_id = %s
        ) AS made
    """
    changes = (
        "state = '{}'",
        "topic = 'x.v1'",
        "text = NULL, text_salt = NULL, text_commitment = NULL",
        "text = '{}'",
        "text = NULL, text_salt = NULL, recorded_by = 'somebody'",
        "sealed = '{}'",
        "sealed_salt = state_salt",
    )
    for change in changes:
        with psycopg.connect(sealed_url) as connection:
            connection.execute(copied, (told.report,))
            connection.execute("GRANT UPDATE ON facts TO knownwhen_eraser; SET LOCAL ROLE knownwhen_eraser")
            with pytest.raises(psycopg.errors.RestrictViolation):
                update = f"UPDATE facts SET {change} WHERE fact_id = %s"  # noqa: S608 - constants only
                connection.execute(update.encode(), (told.report,))
            connection.rollback()
    with psycopg.connect(sealed_url) as connection:
        connection.execute(copied, (told.report,))
        connection.execute("SET LOCAL ROLE knownwhen_eraser")
        connection.execute("UPDATE facts SET text = NULL, text_salt = NULL WHERE fact_id = %s", (told.report,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM facts WHERE fact_id = %s", (told.report,))
        connection.rollback()


def test_without_the_functions_of_the_eraser_erasure_is_refused_and_says_why(
    migrated_template: str, create_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = create_database(migrated_template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP FUNCTION access.erase_parts(bigint[], bigint[])")
    with sealing_service(url, key_file(tmp_path)) as client:
        told = Told(client)
        problem(erase(client, told.report, "text"), "erasure-unavailable")
        body = {"reason": "Asked for."}
        problem(client.post(f"/v1/sources/{told.source}/erasure", json=body), "erasure-unavailable")
