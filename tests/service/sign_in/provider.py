"""A real OpenID Connect provider, run as a process on the loopback."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings

from mimawari.service.project import sign_in

RUNNING = re.compile(r"running on (http://[\d.:]+)")
MAPPING = ("market-admins=admin", "market-leads=lead", "market-moderators=moderator")


class Provider:
    """Its address, and what it tells of people."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, subject: str, name: str, *groups: str) -> None:
        """Have somebody be there, with a name and groups."""
        claims = {"preferred_username": name, "groups": groups, "email": f"{name}@shop.example"}
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def agree(self, there: str, subject: str) -> str:
        """Sign in at its page, as a person does; gives the address that it sends back to."""
        answer = httpx.post(there, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Start one on a free port."""
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            found = next(match for line in lines if (match := RUNNING.search(line)))
            yield Provider(found[1])
        finally:
            process.terminate()


def use(settings: Settings, issuer: str, **others: object) -> None:
    """Set it up as the environment would."""
    wanted = {
        "oidc_issuer": issuer,
        "oidc_client_id": "mimawari",
        "oidc_client_secret": "secret",
        "oidc_name": "Market ID",
        "oidc_roles": MAPPING,
        **others,
    }
    settings.CONFIG = msgspec.structs.replace(django_settings.CONFIG, **wanted)
    assert sign_in.problems(settings.CONFIG) == []
    settings.SOCIALACCOUNT_PROVIDERS = sign_in.providers(settings.CONFIG)


def onward(client: Client, next_page: str = "") -> str:
    """Press the button of the log-in page; gives the provider's address that it leads to."""
    answer = client.post("/login/provider", {"next": next_page})
    assert answer.status_code == 200, answer.text
    found = re.search(r'href="(http[^"]+/authorize[^"]+)"', answer.text)
    assert found, answer.text
    return found[1].replace("&amp;", "&")


def sign_in_there(client: Client, provider: Provider, subject: str, next_page: str = "") -> object:
    """Go there and back; gives the last answer."""
    return come_back(client, provider.agree(onward(client, next_page), subject))


def come_back(client: Client, address: str) -> object:
    """Follow the provider's redirect, with the page in between that has the cookies sent."""
    parts = urlsplit(address)
    assert parts.path == "/login/provider/back"
    return client.get(f"{parts.path}?{parts.query}")


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
