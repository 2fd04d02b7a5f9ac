"""Settings of signing in that make no sense are named, with what to do."""

from __future__ import annotations

import pytest

from mimawari.errors import InvalidInputError
from mimawari.service.project import config

WHOLE = {
    "MIMAWARI_OIDC_ISSUER": "https://id.example/realms/market",
    "MIMAWARI_OIDC_CLIENT_ID": "mimawari",
    "MIMAWARI_OIDC_CLIENT_SECRET": "secret",
    "MIMAWARI_OIDC_ROLES": "market-leads=lead,staff=moderator",
}


def test_a_whole_set_is_read() -> None:
    read = config.load(WHOLE)
    assert read.oidc_roles == ("market-leads=lead", "staff=moderator")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"ISSUER": "http://id.example"}, "oidc_issuer: .* is no https address"),
        ({"ISSUER": "id.example"}, "oidc_issuer: .* is no https address"),
        ({"ISSUER": ""}, "oidc_client_id: is set, but oidc_issuer is not"),
        ({"CLIENT_ID": ""}, "oidc_client_id: is missing"),
        ({"CLIENT_SECRET": ""}, "oidc_client_secret_file: is missing"),
        ({"CLIENT_SECRET_FILE": "x"}, "oidc_client_secret_file: is set beside"),
        (
            {"CLIENT_SECRET": "", "CLIENT_SECRET_FILE": "/none"},
            "oidc_client_secret_file: .*No such file",
        ),
        ({"SCOPES": "profile"}, "oidc_scopes: lacks openid"),
        ({"ROLES": ""}, "oidc_roles: is missing"),
        ({"ROLES": "leads=leed"}, "oidc_roles: 'leed' is unknown"),
        ({"ROLES": "lead"}, "oidc_roles: 'lead' names no group"),
        ({"ROLES": "=lead"}, "oidc_roles: '=lead' names no group"),
    ],
)
def test_what_makes_no_sense_is_named(changed: dict[str, str], named: str) -> None:
    environ = WHOLE | {f"MIMAWARI_OIDC_{name}": value for name, value in changed.items()}
    with pytest.raises(InvalidInputError, match=named):
        config.load(environ)


@pytest.mark.parametrize("roles", ["lead", "all", "lead,admin"])
def test_roles_that_need_a_second_factor(roles: str) -> None:
    read = config.load({"MIMAWARI_SECOND_FACTOR_ROLES": roles})
    assert read.second_factor_roles == tuple(roles.split(","))


def test_a_role_that_does_not_exist_needs_none() -> None:
    with pytest.raises(InvalidInputError, match="second_factor_roles: 'leed' is no role"):
        config.load({"MIMAWARI_SECOND_FACTOR_ROLES": "leed"})
