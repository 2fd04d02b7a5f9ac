"""The worked example of docs/sign-in.md is one: read by the service, it signs somebody in."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings
from tests.service.sign_in.acting import in_console
from tests.service.sign_in.provider import running_provider, sign_in_there

from mimawari.records.event import kinds
from mimawari.service.accounts import sign_in_events
from mimawari.service.project import config, sign_in

PAGE = (Path(__file__).parents[2] / "docs" / "sign-in.md").read_text("utf-8")


def example(folder: Path) -> config.Config:
    """Read it as it stands, but for where the secret lies."""
    found = re.search(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
    assert found
    secret = folder / "secret"
    secret.write_text("a secret\n", "utf-8")
    file = folder / "mimawari.toml"
    file.write_text(found[1].replace("/run/secrets/mimawari-oidc", str(secret)), "utf-8")
    return config.load({"MIMAWARI_CONFIG": str(file)})


@pytest.mark.django_db(transaction=True)
def test_the_example_signs_a_lead_in(tmp_path: Path, settings: Settings) -> None:
    read = example(tmp_path)
    assert sign_in.client_secret(read) == "a secret"
    with running_provider() as provider:
        ours = {n: getattr(read, n) for n in sign_in.SignIn.__struct_fields__}
        settings.CONFIG = msgspec.structs.replace(
            django_settings.CONFIG, **{**ours, "oidc_issuer": provider.url}
        )
        settings.SOCIALACCOUNT_PROVIDERS = sign_in.providers(settings.CONFIG)
        provider.tell("7", "anna", "market-leads")
        client = Client()
        assert "Log in with Market ID" in client.get("/login").text
        sign_in_there(client, provider, "7")
        assert in_console(client)


def test_the_page_names_every_kind_of_event() -> None:
    ours = {kind.name for kind in vars(sign_in_events).values() if kind in kinds()}
    assert ours
    assert all(f"`{name}`" in PAGE for name in ours)


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    from mimawari.service.accounts import code_uses, throttle

    assert f"{code_uses.MOST} in an hour" in PAGE
    assert code_uses.WINDOW.total_seconds() == 3600
    assert throttle.NAMES == 4
