"""Settings an operator may give: environment ``MIMAWARI_*`` over one TOML file."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from mimawari.detectors.outside.installed import NAME as KIND_NAME
from mimawari.detectors.outside.installed import allow_kinds
from mimawari.detectors.outside.limits import Limits
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise import Readings, use_readings
from mimawari.service.project import mail, sign_in
from mimawari.service.project.private import make_folder
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX = "MIMAWARI_"
SEE = "see docs/operate.md for every setting"
# The settings' file, the key of 'mimawari rank', and variables of the test suite: no settings.
OTHERS = (
    "MIMAWARI_CONFIG",
    "MIMAWARI_DATA",
    "MIMAWARI_PICTURES",
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


class Config(mail.Mail, frozen=True, kw_only=True):
    """Every setting with its default; each is described in docs/operate.md."""

    database_url: str = "sqlite:///var/mimawari.db"
    database_timeout_seconds: NotNegative = 60
    database_connections: Connections = 20
    http_connections: Connections = 1_000
    state_dir: str = "var"
    artifact_url: str = ""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    trusted_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    image_origins: tuple[str, ...] = ()
    image_snapshots: bool = True
    image_private_networks: tuple[str, ...] = ()
    image_wait_seconds: NotNegative = 10
    image_text: bool = False
    webhook_private_hosts: tuple[str, ...] = ()
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
    actions_dry_run: bool = False
    history_after_days: NotNegative = 30
    history_moves: bool = False
    detector_kinds: tuple[str, ...] = ()
    detector_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0


def load(environ: dict[str, str] | None = None) -> Config:
    """Read the file named by ``MIMAWARI_CONFIG``, then the environment over it.

    Raises
    ------
    InvalidInputError
        With every setting that is unknown or wrong; where the file is unreadable, with that.

    Examples
    --------
    >>> load({"MIMAWARI_LEASE_SECONDS": "60"}).lease_seconds
    60
    """
    env = dict(os.environ) if environ is None else environ
    values = _file(env["MIMAWARI_CONFIG"]) if env.get("MIMAWARI_CONFIG") else {}
    problems = [*_unknown_variables(env), *_unknown_names(values)]
    known: dict[str, object] = {}
    for field in msgspec.structs.fields(Config):
        value = env.get(f"{PREFIX}{field.name.upper()}", values.get(field.name))
        if isinstance(value, str) and isinstance(field.default, tuple):
            value = [part for part in value.split(",") if part]
        if value is None:
            continue
        try:
            known[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError as error:
            problems.append(FieldProblem(field.name, str(error), SEE))
    config = Config(**known)  # type: ignore[arg-type]  # converted just now
    problems += [*_odd_origins(config), *_odd_networks(config), *_reading_nothing(config)]
    problems += [*sign_in.problems(config), *mail.problems(config), *_odd_kinds(config)]
    if problems:
        raise InvalidInputError(*problems)
    return config


def _unknown_variables(env: dict[str, str]) -> Iterator[FieldProblem]:
    """Give misspelt variables, which would leave a default in force unnoticed."""
    known = [f"{PREFIX}{name.upper()}" for name in Config.__struct_fields__]
    given = {name for name in env if name.startswith(PREFIX)}
    for name in sorted(given.difference(known, OTHERS)):
        yield _unknown(name, known)


def _unknown_names(values: dict[str, object]) -> Iterator[FieldProblem]:
    for name in sorted(values.keys() - set(Config.__struct_fields__)):
        yield _unknown(name, Config.__struct_fields__)


def _unknown(name: str, known: Sequence[str]) -> FieldProblem:
    near = nearest(name, known)
    remedy = f"did you mean {near}?" if near else SEE
    return FieldProblem(name, "is no setting", remedy)


def _odd_origins(config: Config) -> Iterator[FieldProblem]:
    """Give what no page could ever match: origins have no path, and hosts no wildcard."""
    for name in ("image_origins", "trusted_origins"):
        for text in getattr(config, name):
            if not ORIGIN.fullmatch(text):
                remedy = "write it as https://img.example, no path"
                yield FieldProblem(name, f"{text!r} is no origin", remedy)


def _odd_networks(config: Config) -> Iterator[FieldProblem]:
    for name in ("image_private_networks", "trusted_proxies"):
        for text in getattr(config, name):
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                remedy = "write it as 10.1.0.0/16 or fd00:1::/32"
                yield FieldProblem(name, str(error), remedy)


def _reading_nothing(config: Config) -> Iterator[FieldProblem]:
    """Give why the text in pictures cannot be read: none is kept, or nothing can read it."""
    if not config.image_text:
        return
    if not (config.image_snapshots and config.image_origins):
        problem, remedy = "is on, but no picture is kept", "set image_origins and image_snapshots"
        yield FieldProblem("image_text", problem, remedy)
    elif find_spec("rapidocr") is None:
        problem, remedy = "needs the extra ocr", "pip install 'mimawari[ocr]'"
        yield FieldProblem("image_text", problem, remedy)


def _odd_kinds(config: Config) -> Iterator[FieldProblem]:
    for name in config.detector_kinds:
        if not KIND_NAME.fullmatch(name):
            remedy = "write PACKAGE:KIND, as 'mimawari models kinds' shows it"
            yield FieldProblem("detector_kinds", f"{name[:80]!r} names no kind", remedy)


def apply_kinds(config: Config) -> None:
    """Allow the kinds of detectors of other packages that the settings name, and no others."""
    allow_kinds(config.detector_kinds, Limits(seconds=config.detector_seconds))


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
    make_folder(path.parent)
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
