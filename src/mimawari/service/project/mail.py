"""Settings of e-mail: whether they make sense. Nothing is sent where they are unset."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.project.sign_in import SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


class Mail(SignIn, frozen=True, kw_only=True):
    """What of the settings is about e-mail (records have one base); docs/operate.md says more."""

    mail_server: str = ""
    mail_port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 587
    mail_tls: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = ""
    mail_to: tuple[str, ...] = ()
    mail_user: str = ""
    mail_password_file: str = ""


def problems(config: Mail) -> Iterator[FieldProblem]:
    """Give what is wrong with them."""
    if not config.mail_to:
        for name in ("mail_server", "mail_from", "mail_user", "mail_password_file"):
            if getattr(config, name):
                yield FieldProblem(name, "is set, but mail_to is not", "say who gets the mail")
        return
    for name in ("mail_server", "mail_from"):
        if not getattr(config, name):
            yield FieldProblem(name, "is missing", "set it, or leave mail_to out")
    for name, addresses in (("mail_from", (config.mail_from,)), ("mail_to", config.mail_to)):
        for text in addresses:
            if text and not ADDRESS.fullmatch(text):
                yield FieldProblem(name, f"{text!r} is no address", "write it as ops@shop.example")
    if bool(config.mail_user) != bool(config.mail_password_file):
        remedy = "set both, or neither"
        yield FieldProblem("mail_password_file", "and mail_user belong together", remedy)
    elif config.mail_user and config.mail_tls == "none":
        problem, remedy = "is none, so the password would be readable on its way", "use starttls"
        yield FieldProblem("mail_tls", problem, remedy)
    try:
        password(config)
    except InvalidInputError as error:
        yield from error.problems


def password(config: Mail) -> str:
    """Give the password, of the file that the settings name; empty where there is none.

    Raises
    ------
    InvalidInputError
        The file cannot be read.
    """
    if not config.mail_password_file:
        return ""
    try:
        return Path(config.mail_password_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            FieldProblem("mail_password_file", str(error), "name a readable file")
        ) from error
