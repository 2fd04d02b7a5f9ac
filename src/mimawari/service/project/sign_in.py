"""Settings of signing in: whether they make sense, and what allauth is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.permissions import EVERYBODY, Role
from mimawari.service.accounts.provider_claims import PROVIDER_ID, provider_name, read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What of the settings is about signing in; docs/sign-in.md describes each."""

    second_factor_roles: tuple[str, ...] = ()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_client_secret_file: str = ""
    oidc_name: str = ""
    oidc_scopes: tuple[str, ...] = ("openid", "profile")
    oidc_name_claim: str = "preferred_username"
    oidc_groups_claim: str = "groups"
    oidc_roles: tuple[str, ...] = ()


def problems(config: SignIn) -> list[FieldProblem]:
    """Give what is wrong with them."""
    return [*_odd_roles(config), *_odd_provider(config)]


def providers(config: SignIn) -> dict[str, Any]:
    """Give allauth's setting: the one provider, or none."""
    if not config.oidc_issuer:
        return {}
    app = {
        "provider_id": PROVIDER_ID,
        "name": provider_name(config.oidc_name, config.oidc_issuer),
        "client_id": config.oidc_client_id,
        "secret": client_secret(config),
        "settings": {"server_url": config.oidc_issuer.rstrip("/"), "scope": config.oidc_scopes},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def client_secret(config: SignIn) -> str:
    """Give the client's secret, of the setting or the file that it names.

    Raises
    ------
    InvalidInputError
        The file cannot be read.
    """
    if not config.oidc_client_secret_file:
        return config.oidc_client_secret
    try:
        return Path(config.oidc_client_secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            FieldProblem("oidc_client_secret_file", str(error), "name a readable file")
        ) from error


def _odd_roles(config: SignIn) -> Iterator[FieldProblem]:
    for role in config.second_factor_roles:
        if role not in (*Role, EVERYBODY):
            remedy = f"use {EVERYBODY} or some of {', '.join(Role)}"
            yield FieldProblem("second_factor_roles", f"{role!r} is no role", remedy)


def _odd_provider(config: SignIn) -> Iterator[FieldProblem]:
    others = ("oidc_client_id", "oidc_client_secret", "oidc_client_secret_file", "oidc_roles")
    if not config.oidc_issuer:
        for name in others:
            if getattr(config, name):
                yield FieldProblem(name, "is set, but oidc_issuer is not", "set both, or neither")
        return
    issuer = urlsplit(config.oidc_issuer)
    if issuer.scheme != "https" and (issuer.scheme, issuer.hostname) not in [
        ("http", host) for host in LOOPBACK
    ]:
        remedy = "write it as https://id.example/realms/market"
        yield FieldProblem("oidc_issuer", f"{config.oidc_issuer!r} is no https address", remedy)
    if not config.oidc_client_id:
        yield FieldProblem("oidc_client_id", "is missing", "the identity provider gives it")
    if config.oidc_client_secret and config.oidc_client_secret_file:
        problem = "is set beside oidc_client_secret"
        yield FieldProblem("oidc_client_secret_file", problem, "set one of the two")
    elif not (config.oidc_client_secret or config.oidc_client_secret_file):
        yield FieldProblem("oidc_client_secret_file", "is missing", "name the file of the secret")
    if "openid" not in config.oidc_scopes:
        yield FieldProblem("oidc_scopes", "lacks openid", "add it")
    if not config.oidc_roles:
        yield FieldProblem("oidc_roles", "is missing", "write group=role; nobody else is let in")
    try:
        read_mapping(config.oidc_roles)
        client_secret(config)
    except InvalidInputError as error:
        yield from (
            FieldProblem("oidc_roles" if p.field == "role" else p.field, p.problem, p.remedy)
            for p in error.problems
        )
