"""Settings an operator may give: environment ``MIMAWARI_*`` over one TOML file."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import tomllib
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise import Readings, use_readings

PREFIX = "MIMAWARI_"
# The settings' file, the key of 'mimawari rank', and variables of the test suite: no settings.
OTHERS = (
    "MIMAWARI_CONFIG",
    "MIMAWARI_DATA",
    "MIMAWARI_REMOTE_KEY",
    "MIMAWARI_REQUIRE_POSTGRES",
    "MIMAWARI_TEST_DATABASE_URL",
    "MIMAWARI_TEST_POSTGRES",
)
ORIGIN = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?")
Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
# Three are held by the loops of the process that answers requests.
Connections = Annotated[int, msgspec.Meta(ge=5)]
Share = Annotated[float, msgspec.Meta(ge=0, le=0.5)]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default; each is described in docs/operate.md."""

    database_url: str = "sqlite:///var/mimawari.db"
    database_timeout_seconds: NotNegative = 60
    database_connections: Connections = 20
    state_dir: str = "var"
    artifact_url: str = ""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    trusted_origins: tuple[str, ...] = ()
    image_origins: tuple[str, ...] = ()
    image_snapshots: bool = True
    image_private_networks: tuple[str, ...] = ()
    image_wait_seconds: NotNegative = 10
    image_text: bool = False
    https: bool = False
    hsts_seconds: NotNegative = 0
    language: Literal["en", "ja"] = "en"
    lease_seconds: Positive = 120
    label_maturity_seconds: NotNegative = 0
    readings: tuple[str, ...] = ()
    login_attempts: Positive = 5
    pause_after: int = 100
    exploration_share: Share = 0.03
    second_share: Share = 0.02
    golden_share: Share = 0.01


def load(environ: dict[str, str] | None = None) -> Config:
    """Read the file named by ``MIMAWARI_CONFIG``, then the environment over it.

    Raises
    ------
    InvalidInputError
        Where a setting is unknown, of the wrong type, or the file unreadable.

    Examples
    --------
    >>> load({"MIMAWARI_LEASE_SECONDS": "60"}).lease_seconds
    60
    """
    env = dict(os.environ) if environ is None else environ
    _refuse_unknown(env)
    values = _file(env["MIMAWARI_CONFIG"]) if env.get("MIMAWARI_CONFIG") else {}
    for field in msgspec.structs.fields(Config):
        text = env.get(f"MIMAWARI_{field.name.upper()}")
        if text is not None:
            listed = isinstance(field.default, tuple)
            values[field.name] = [t for t in text.split(",") if t] if listed else text
    try:
        config = msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInputError(
            FieldProblem("configuration", str(error), "see docs/operate.md for every setting")
        ) from error
    _refuse_odd_origins(config)
    _refuse_odd_networks(config)
    _refuse_reading_nothing(config)
    return config


def _refuse_odd_origins(config: Config) -> None:
    """Refuse what no page could ever match: origins have no path, and hosts no wildcard."""
    problems = [
        FieldProblem(name, f"{text!r} is no origin", "write it as https://img.example, no path")
        for name in ("image_origins", "trusted_origins")
        for text in getattr(config, name)
        if not ORIGIN.fullmatch(text)
    ]
    if problems:
        raise InvalidInputError(*problems)


def _refuse_odd_networks(config: Config) -> None:
    problems = []
    for text in config.image_private_networks:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            remedy = "write it as 10.1.0.0/16 or fd00:1::/32"
            problems.append(FieldProblem("image_private_networks", str(error), remedy))
    if problems:
        raise InvalidInputError(*problems)


def _refuse_reading_nothing(config: Config) -> None:
    """Refuse to read the text in pictures where none is kept, or nothing can read it."""
    if not config.image_text:
        return
    if not (config.image_snapshots and config.image_origins):
        problem, remedy = "is on, but no picture is kept", "set image_origins and image_snapshots"
        raise InvalidInputError(FieldProblem("image_text", problem, remedy))
    if find_spec("rapidocr") is None:
        problem, remedy = "needs the extra ocr", "pip install 'mimawari[ocr]'"
        raise InvalidInputError(FieldProblem("image_text", problem, remedy))


def apply_readings(config: Config) -> None:
    """Fold texts by the package's readings and those of the operator's files.

    Raises
    ------
    InvalidInputError
        Where a file is missing or wrong, or contradicts another.
    """
    if not config.readings:
        return
    try:
        use_readings(Readings.extended(*map(Path, config.readings)))
    except InvalidInputError as error:
        problems = (
            FieldProblem(f"readings: {p.field}", p.problem, p.remedy) for p in error.problems
        )
        raise InvalidInputError(*problems) from error


def _refuse_unknown(env: dict[str, str]) -> None:
    """Refuse misspelt variables, which would leave a default in force unnoticed."""
    known = [f"{PREFIX}{name.upper()}" for name in Config.__struct_fields__]
    problems = []
    for name in sorted(env):
        if not name.startswith(PREFIX) or name in known or name in OTHERS:
            continue
        near = get_close_matches(name, known, 1)
        remedy = f"did you mean {near[0]}?" if near else f"use {', '.join(known)}"
        problems.append(FieldProblem(name, "is no setting", remedy))
    if problems:
        raise InvalidInputError(*problems)


def _file(path: str) -> dict[str, object]:
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(
            FieldProblem("MIMAWARI_CONFIG", str(error), "name a readable TOML file")
        ) from error


def secret_key(state_dir: str) -> str:
    """Read the secret key, made at the first start and readable by its owner only."""
    path = Path(state_dir) / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"secret_key.{secrets.token_hex(8)}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(fresh, path)  # atomic: of two first starts, one key wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text("utf-8")
