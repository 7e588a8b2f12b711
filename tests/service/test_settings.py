"""The environment: read once, checked, documented."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.runtime import package_files
from service.settings import MustBe, Settings, SettingsError, documented_settings, read_settings

NAMES = (
    "DATABASE_URL",
    "KNOWNWHEN_DATA",
    "KNOWNWHEN_HOST",
    "KNOWNWHEN_HOSTS",
    "KNOWNWHEN_PORT",
    "KNOWNWHEN_PROXIES",
    "KNOWNWHEN_CONNECTIONS",
    "KNOWNWHEN_LOG",
    "KNOWNWHEN_KEK_FILE",
    "KNOWNWHEN_KEK_COMMAND",
    "KNOWNWHEN_LOG_KEYS",
    "KNOWNWHEN_PUBLISHED",
    "KNOWNWHEN_WITNESSES",
    "KNOWNWHEN_TRACES",
    "KNOWNWHEN_ACCESS",
    "KNOWNWHEN_PUBLIC_READ",
    "KNOWNWHEN_ORIGINS",
    "KNOWNWHEN_TOKEN_RATE",
    "KNOWNWHEN_OIDC_ISSUER",
    "KNOWNWHEN_OIDC_AUDIENCE",
    "KNOWNWHEN_OIDC_SCOPES",
    "KNOWNWHEN_OIDC_COLLECTIONS",
)
ORIGINS = "origins such as https://app.example.org, separated by commas"
ISSUER = "an https address such as https://id.example.org"
NAMED = "names without ports, separated by commas, or “*”"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_with_nothing_set_the_bundled_server_serves_this_machine_only() -> None:
    settings = read_settings()
    assert (settings.database_url, settings.host, settings.port) == (None, "127.0.0.1", 8000)
    assert (settings.data, settings.log, settings.public_read) == (Path("data"), "console", False)


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    served = (
        "postgresql://me@db/kw",
        "~/kw",
        "::1",
        "log.example.org, *",
        "9000",
        "127.0.0.1, 10.0.0.0/8",
        "50",
        "json",
    )
    sealed = ("~/keys", "our-kms --region x")
    signed = ("~/log-keys", "~/published", "~/witnesses", "true")
    asked_by = ("open", "true", "https://App.example.org:443, http://localhost:3000", "100")
    issuer = ("https://id.example.org/realm", "log", "roles", "desks")
    values = (*served, *sealed, *signed, *asked_by, *issuer)
    for name, value in zip(NAMES, values, strict=True):
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.database_url == "postgresql://me@db/kw"
    assert settings.data == Path.home() / "kw"
    assert settings.hosts == "log.example.org, *"
    assert (settings.trusted_proxies(), settings.connections) == (["127.0.0.1", "10.0.0.0/8"], 50)
    assert settings.traces
    files = (settings.log_keys, settings.published, settings.witnesses)
    assert files == tuple(Path.home() / name for name in ("log-keys", "published", "witnesses"))
    assert (settings.kek_file, settings.kek_command) == (Path.home() / "keys", "our-kms --region x")
    assert (settings.host, settings.port, settings.log, settings.public_read) == ("::1", 9000, "json", True)
    assert settings.served_hosts().origins == {"https://app.example.org", "http://localhost:3000"}
    assert (settings.is_open, settings.token_rate, settings.oidc_issuer) == (True, 100, issuer[0])
    assert (settings.oidc_audience, settings.oidc_scopes, settings.oidc_collections) == issuer[1:]


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert read_settings() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KNOWNWHEN_PORT", "http", "KNOWNWHEN_PORT is “http”, but must be a whole number from 1 to 65535."),
        ("KNOWNWHEN_PORT", "65536", "KNOWNWHEN_PORT is “65536”, but must be a whole number from 1 to 65535."),
        (
            "KNOWNWHEN_PROXIES",
            "nginx",
            "KNOWNWHEN_PROXIES is “nginx”, but must be addresses or networks, separated by commas.",
        ),
        ("KNOWNWHEN_CONNECTIONS", "9", "KNOWNWHEN_CONNECTIONS is “9”, but must be a whole number from 10 to 100000."),
        ("KNOWNWHEN_LOG", "xml", "KNOWNWHEN_LOG is “xml”, but must be “console” or “json”."),
        ("KNOWNWHEN_PUBLIC_READ", "maybe", "KNOWNWHEN_PUBLIC_READ is “maybe”, but must be “true” or “false”."),
        ("KNOWNWHEN_ACCESS", "all", "KNOWNWHEN_ACCESS is “all”, but must be “tokens” or “open”."),
        *(
            ("KNOWNWHEN_ORIGINS", text, f"KNOWNWHEN_ORIGINS is “{text}”, but must be {ORIGINS}.")
            for text in (
                "*",
                "null",
                "app.example.org",
                "https://app.example.org/",
                "https://a.example https://b.example",
            )
        ),
        *(
            ("KNOWNWHEN_OIDC_ISSUER", text, f"KNOWNWHEN_OIDC_ISSUER is “{text}”, but must be {ISSUER}.")
            for text in (
                "http://id.example.org",
                "id.example.org",
                "https://",
                "https://id.example.org?a=b",
                "http://[",
            )
        ),
        ("KNOWNWHEN_HOST", " ", "KNOWNWHEN_HOST is “ ”, but must be an address of this machine, such as 127.0.0.1."),
        *(
            ("KNOWNWHEN_HOSTS", name, f"KNOWNWHEN_HOSTS is “{name}”, but must be {NAMED}.")
            for name in ("a.example, http://b.example", "a.example:8000", "a b", "a..b")
        ),
        ("KNOWNWHEN_DATA", "~nobody-here/x", "KNOWNWHEN_DATA is “~nobody-here/x”, but must be the path of a folder."),
    ],
)
def test_a_wrong_value_gets_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value) == told


@pytest.mark.parametrize("url", ["mysql://me:hunter2@db/kw", "postgresql://me:hunter2@db/kw?colour=red"])
def test_a_wrong_database_address_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value).startswith("DATABASE_URL is set to something else, but must be an address such as")
    assert "hunter2@" not in str(refused.value).replace("user:password@", "")


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWNWHEN_PORT", "x")
    monkeypatch.setenv("KNOWNWHEN_LOG", "y")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert len(str(refused.value).splitlines()) == 2


def test_settings_are_fixed_and_do_not_show_the_password() -> None:
    settings = Settings(database_url="postgresql://me:hunter2@db/kw")
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # pyright: ignore[reportAttributeAccessIssue]
    assert "hunter2" not in repr(settings)


def test_every_setting_is_documented_and_says_what_it_must_be() -> None:
    assert tuple(setting.name for setting in documented_settings()) == NAMES
    assert all(setting.meaning.endswith(".") for setting in documented_settings())
    for name, field in Settings.model_fields.items():
        assert [note for note in field.metadata if isinstance(note, MustBe)], name


def test_the_files_that_are_not_python_are_found() -> None:
    assert list(package_files.migrations().glob("*.sql"))
    assert package_files.samples().name == "samples"


def test_an_installed_wheel_carries_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service" / "migrations").mkdir(parents=True)
    monkeypatch.setattr(package_files, "_HERE", tmp_path / "service")
    assert package_files.migrations() == tmp_path / "service" / "migrations"
