"""The settings: environment variables read once at start, each with its meaning, default and error sentence."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.runtime.hosts import ANY, Hosts, host_name, origin

_PREFIX = "KNOWNWHEN_"


class SettingsError(ValueError):
    """Settings are invalid; one sentence for each, and never a password in it."""


def _postgresql(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        message = "another scheme"
        raise ValueError(message)
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as problem:
        raise ValueError(str(problem)) from problem
    return url


def _not_blank(text: str) -> str:
    if not text.strip():
        message = "blank"
        raise ValueError(message)
    return text


def _hosts(text: str) -> str:
    for name in _listed(text):
        if name != ANY:
            host_name(name)
    return text


def _networks(text: str) -> str:
    for name in _listed(text):
        ipaddress.ip_network(name)  # a ValueError of it names what is wrong
    return text


def _origins(text: str) -> str:
    for each in _listed(text):
        origin(each)
    return text


def _issuer(url: str) -> str:
    parts = urlsplit(url)
    loopback = parts.scheme == "http" and Hosts().includes(parts.netloc)
    if not (loopback or parts.scheme == "https") or not parts.netloc or parts.query or parts.fragment:
        message = "another scheme"
        raise ValueError(message)
    return url


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as problem:  # "~name" of a user this machine does not know
        raise ValueError(str(problem)) from problem


@dataclass(frozen=True, slots=True)
class MustBe:
    """The valid values of a setting, in the words that end its error sentence."""

    words: str


class Settings(BaseSettings):
    """The settings of the process, immutable. An empty variable counts as one that is not set."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: Annotated[
        Annotated[str, AfterValidator(_postgresql)] | None,
        MustBe("an address such as postgresql://user:password@host:5432/database"),
    ] = Field(
        default=None,
        validation_alias="DATABASE_URL",
        repr=False,
        description="The PostgreSQL to use, 15 or newer. Without it, the bundled server runs in the data folder.",
    )
    data: Annotated[Path, AfterValidator(_expanded), MustBe("the path of a folder")] = Field(
        default=Path("data"),
        description="The data folder: the bundled server's files and what Knownwhen keeps outside the database.",
    )
    host: Annotated[str, AfterValidator(_not_blank), MustBe("an address of this machine, such as 127.0.0.1")] = Field(
        default="127.0.0.1",
        description="The address to listen on. 127.0.0.1 answers this machine only.",
    )
    hosts: Annotated[str, AfterValidator(_hosts), MustBe("names without ports, separated by commas, or “*”")] = Field(
        default="",
        description="Further names that the service answers for, separated by commas, such as a proxy's before it;"
        " `*` for every name. Requests for other names, and writes from pages of other sites, are refused. Names and"
        " addresses of loopback and `KNOWNWHEN_HOST` always count.",
    )
    port: Annotated[int, MustBe("a whole number from 1 to 65535")] = Field(
        default=8000,
        ge=1,
        le=65_535,
        description="The TCP port to listen on.",
    )
    proxies: Annotated[str, AfterValidator(_networks), MustBe("addresses or networks, separated by commas")] = Field(
        default="",
        description="The proxies in front of the service, addresses or networks separated by commas, such as"
        " `127.0.0.1, 10.0.0.0/8`. What they say of a client's address and of TLS (`X-Forwarded-For`,"
        " `X-Forwarded-Proto`) is believed; of nobody else.",
    )
    connections: Annotated[int, MustBe("a whole number from 10 to 100000")] = Field(
        default=1_000,
        ge=10,
        le=100_000,
        description="How many connections one process keeps. Beyond, it closes the one that has waited longest for its"
        " client.",
    )
    log: Annotated[Literal["console", "json"], MustBe("“console” or “json”")] = Field(
        default="console",
        description="How the log is written: `console` for people, `json` for machines, one object a line.",
    )
    kek_file: Annotated[Annotated[Path, AfterValidator(_expanded)] | None, MustBe("the path of a file")] = Field(
        default=None,
        description="The file of the key-encryption keys, which protect the sealed parts of reports; `knownwhen keys"
        " create` makes it. Keep it apart from the database and its backups.",
    )
    kek_command: Annotated[
        Annotated[str, AfterValidator(_not_blank)] | None, MustBe("a command, such as /usr/local/bin/our-kms")
    ] = Field(
        default=None,
        repr=False,
        description="A command that wraps and unwraps keys in place of the file, for a key service: it is run with"
        " `wrap` or `unwrap`, and has base64 for standard input and output.",
    )
    log_keys: Annotated[Annotated[Path, AfterValidator(_expanded)] | None, MustBe("the path of a file")] = Field(
        default=None,
        description="The file of the keys that sign the log; `knownwhen keys log create` makes it. Without it, nothing"
        " is signed, and nothing can be proved to others.",
    )
    published: Annotated[Annotated[Path, AfterValidator(_expanded)] | None, MustBe("the path of a folder")] = Field(
        default=None,
        description="A folder for the signed log as static files (C2SP tlog-tiles), for a web server to publish:"
        " checkpoint, tiles, entries. None of them holds content of a report.",
    )
    witnesses: Annotated[Annotated[Path, AfterValidator(_expanded)] | None, MustBe("the path of a file")] = Field(
        default=None,
        description="A file that names witnesses: services that cosign a checkpoint only if it continues the last that"
        " they saw; and how many must have done so before it is published (docs/verify.md).",
    )
    traces: Annotated[bool, MustBe("“true” or “false”")] = Field(
        default=False,
        description="Whether requests are traced with OpenTelemetry, which `OTEL_EXPORTER_OTLP_ENDPOINT` and its other"
        " variables set up. Needs the extra `opentelemetry`. A span holds method, operation and status, and nothing"
        " of a report.",
    )
    access: Annotated[Literal["tokens", "open"], MustBe("“tokens” or “open”")] = Field(
        default="tokens",
        description="Who may ask: `tokens` for holders of a token, `open` for whoever reaches the service, who may then"
        " do everything; that is refused where it listens for other machines. `demo` is always open.",
    )
    public_read: Annotated[bool, MustBe("“true” or “false”")] = Field(
        default=False,
        description="Whether anyone may read the collection `public` without a token.",
    )
    origins: Annotated[
        str, AfterValidator(_origins), MustBe("origins such as https://app.example.org, separated by commas")
    ] = Field(
        default="",
        description="Sites whose pages may ask this service with a token (CORS), and write, separated by commas:"
        " `https://app.example.org`.",
    )
    token_rate: Annotated[int, MustBe("a whole number from 1 to 10,000,000")] = Field(
        default=60_000,
        ge=1,
        le=10_000_000,
        description="The requests that one token may send in a minute, to each process of the service.",
    )
    oidc_issuer: Annotated[
        Annotated[str, AfterValidator(_issuer)] | None, MustBe("an https address such as https://id.example.org")
    ] = Field(
        default=None,
        description="The OpenID Connect issuer whose JWTs are taken as tokens. Without it, none are.",
    )
    oidc_audience: Annotated[str, AfterValidator(_not_blank), MustBe("the audience that its tokens name")] = Field(
        default="knownwhen",
        description="The audience that a JWT must be made for (`aud`).",
    )
    oidc_scopes: Annotated[str, AfterValidator(_not_blank), MustBe("the name of a claim")] = Field(
        default="scope",
        description="The claim of a JWT with its scopes: a list, or words with blanks between them. Words that are no"
        " scopes here are left out.",
    )
    oidc_collections: Annotated[str, AfterValidator(_not_blank), MustBe("the name of a claim")] = Field(
        default="collections",
        description="The claim of a JWT with the collections that it sees, `*` for all of them. A JWT without it sees"
        " `public`.",
    )

    @property
    def is_open(self) -> bool:
        """Whether no token is needed."""
        return self.access == "open"

    def trusted_proxies(self) -> list[str]:
        """Return the addresses and networks of the proxies that are believed."""
        return _listed(self.proxies)

    def served_hosts(self) -> Hosts:
        """Return the hosts that the service answers for."""
        return Hosts(self.host, _listed(self.hosts), map(origin, _listed(self.origins)))


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the documentation: the variable's name, its default in words, its meaning."""

    name: str
    default: str
    meaning: str


def read_settings() -> Settings:
    """Read the settings from the environment. Raises SettingsError."""
    try:
        return Settings()
    except ValidationError as problem:
        raise SettingsError("\n".join(_error_sentence(error) for error in problem.errors())) from None


def documented_settings() -> tuple[Setting, ...]:
    """Return every setting, in the order of the class, for the documentation and its test."""
    fields = Settings.model_fields
    return tuple(
        Setting(_variable(name), _default_text(field.default), field.description or "")
        for name, field in fields.items()
    )


def _variable(field: str) -> str:
    return str(Settings.model_fields[field].validation_alias or f"{_PREFIX}{field.upper()}")


def _default_text(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)


def _error_sentence(error: Any) -> str:  # noqa: ANN401 - pydantic's error, whose type it keeps to itself
    where = str(error["loc"][0])
    name = next(name for name in Settings.model_fields if where in {name, _variable(name)})
    must = next(note.words for note in Settings.model_fields[name].metadata if isinstance(note, MustBe))
    value = "set to something else" if name == "database_url" else f"“{error['input']}”"
    return f"{_variable(name)} is {value}, but must be {must}."
