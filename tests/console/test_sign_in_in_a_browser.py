"""Chromium signs in with passkeys of a virtual authenticator, codes, and an identity provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

import msgspec
import pytest
from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    expect,
)
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import in_menu
from tests.service.audit.world import recorded
from tests.service.sign_in.acting import PASSWORD, account, code
from tests.service.sign_in.provider import running_provider, use

from mimawari.service.accounts import roles

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOME = "Alerts to review"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
OWN = (
    "/account", "/account/app", "/account/passkeys/add", "/account/passkeys/N/remove",
    "/account/codes", "/account/codes/new", "/account/confirm",
)  # fmt: skip
SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})
Open = Callable[[], tuple[Page, list[str]]]
FAR = re.compile(r"^https?://(?!localhost:|127\.0\.0\.1:)")


def of_ours(message: ConsoleMessage) -> bool:
    return message.type == "error" and "//localhost:" in message.location["url"]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Give a maker of pages of browsers of their own, with what each complained about."""
    contexts: list[BrowserContext] = []

    def make() -> tuple[Page, list[str]]:
        contexts.append(browser.new_context())
        page, complaints = contexts[-1].new_page(), []
        page.on("console", lambda m: complaints.append(m.text) if of_ours(m) else None)
        # The provider's page wants a style sheet of the internet.
        page.route(FAR, lambda route: route.abort())
        return page, complaints

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def anna(transactional_db: None) -> User:
    return account()


def device(page: Page) -> CDPSession:
    """Put a device that makes and keeps passkeys beside a page."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    session.authenticator = made["authenticatorId"]  # type: ignore[attr-defined]
    return session


def give_password(page: Page, base: str) -> None:
    page.goto(f"{base}/login")
    page.fill("input[name=username]", "anna")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")


def confirm(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("Confirm that it is you")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")


def add_passkey(page: Page, base: str) -> None:
    page.goto(f"{base}/account")
    page.click("text=Add a passkey")
    confirm(page)
    page.fill("#name", "My <b>laptop</b>")
    page.click("main form button")
    expect(page.locator("h1")).to_have_text("Recovery codes")


def test_a_passkey_signs_in_without_a_password(
    anna: User, opened: Open, live_server: LiveServer
) -> None:
    page, complaints = opened()
    device(page)
    give_password(page, live_server.url)
    expect(page.locator("h1")).to_have_text(HOME)
    add_passkey(page, live_server.url)
    assert page.locator(".codes li").count() == 10
    page.click("text=Done")
    expect(page.locator("main")).to_contain_text("Passkey: My <b>laptop</b>")
    in_menu(page, "button:has-text('Log out')")
    page.click("text=Use a passkey")
    expect(page.locator("h1")).to_have_text(HOME)
    details = recorded("signed_in")[-1]["details"]
    assert (details["method"], details["factor"]) == ("passkey", "")
    assert complaints == []


def test_a_passkey_is_the_second_factor_after_the_password(
    anna: User, opened: Open, live_server: LiveServer
) -> None:
    page, complaints = opened()
    device(page)
    give_password(page, live_server.url)
    add_passkey(page, live_server.url)
    in_menu(page, "button:has-text('Log out')")
    give_password(page, live_server.url)
    expect(page.locator("h1")).to_have_text("Second factor")
    page.click("text=Use a passkey")
    expect(page.locator("h1")).to_have_text(HOME)
    details = recorded("signed_in")[-1]["details"]
    assert (details["method"], details["factor"]) == ("password", "webauthn")
    assert complaints == []


def test_a_passkey_that_was_removed_lets_nobody_in(
    anna: User, opened: Open, live_server: LiveServer
) -> None:
    page, _ = opened()
    device(page)
    give_password(page, live_server.url)
    add_passkey(page, live_server.url)
    page.goto(f"{live_server.url}/account")
    page.click("text=Remove >> nth=0")
    expect(page.locator("h1")).to_have_text("Remove a second factor")
    page.click("main form button")
    expect(page.locator("main")).to_contain_text("The passkey is removed.")
    assert not Authenticator.objects.exists()
    in_menu(page, "button:has-text('Log out')")
    page.click("text=Use a passkey")
    expect(page.locator("main")).to_contain_text("This passkey is not known here.")
    assert recorded("sign_in_refused")[-1]["details"]["why"] == "passkey"


def test_cancelling_is_said_and_can_be_tried_again(
    anna: User, opened: Open, live_server: LiveServer
) -> None:
    page, complaints = opened()
    session = device(page)
    give_password(page, live_server.url)
    add_passkey(page, live_server.url)
    in_menu(page, "button:has-text('Log out')")
    verified = {"authenticatorId": session.authenticator, "isUserVerified": False}  # type: ignore[attr-defined]
    session.send("WebAuthn.setUserVerified", verified)
    page.click("text=Use a passkey")
    expect(page.locator("[role=alert]")).to_contain_text("No passkey was used.")
    session.send("WebAuthn.setUserVerified", {**verified, "isUserVerified": True})
    page.click("text=Use a passkey")
    expect(page.locator("h1")).to_have_text(HOME)
    assert complaints == []


def test_an_app_is_added_and_asked_for(anna: User, opened: Open, live_server: LiveServer) -> None:
    page, complaints = opened()
    give_password(page, live_server.url)
    page.goto(f"{live_server.url}/account")
    page.click("text=Add an app")
    confirm(page)
    assert page.locator(".qr svg").bounding_box()["width"] > 150  # type: ignore[index]
    secret = page.locator(".secret").inner_text()
    page.fill("input[name=code]", code(secret, -1))
    page.click("main form button")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    in_menu(page, "button:has-text('Log out')")
    give_password(page, live_server.url)
    page.fill("input[name=code]", code(secret))
    page.click("main form button")
    expect(page.locator("h1")).to_have_text(HOME)
    assert complaints == []


def test_who_needs_a_second_factor_is_led_to_it(
    anna: User, opened: Open, live_server: LiveServer, settings: Settings
) -> None:
    roles.change("anna", "lead", TESTS)
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, second_factor_roles=("all",))
    page, complaints = opened()
    device(page)
    give_password(page, live_server.url)
    expect(page.locator("main")).to_contain_text("Your role requires a second factor.")
    add_passkey(page, live_server.url)
    page.click("header >> text=mimawari")
    expect(page.locator("h1")).to_have_text("Overview")
    assert complaints == []


def test_an_identity_provider_of_another_site(
    opened: Open, live_server: LiveServer, settings: Settings, transactional_db: None
) -> None:
    """Its redirect comes from another site, so that strict cookies are not sent at first."""
    with running_provider() as provider:
        use(settings, provider.url)
        provider.tell("7", "anna", "market-leads")
        page, complaints = opened()
        assert "//localhost:" in live_server.url
        assert "//127.0.0.1:" in provider.url
        page.goto(f"{live_server.url}/history")
        page.click("text=Log in with Market ID")
        page.fill("input[name=sub]", "7")
        page.click("text=Authorize >> nth=-1")
        expect(page.locator("h1")).to_have_text("My decisions")
        assert complaints == []
        page.goto(f"{live_server.url}/account")
        expect(page.locator("main")).to_contain_text("You log in with Market ID.")


def test_another_browser_is_signed_out(anna: User, opened: Open, live_server: LiveServer) -> None:
    (desk, _), (phone, _) = opened(), opened()
    for page in (desk, phone):
        give_password(page, live_server.url)
        expect(page.locator("h1")).to_have_text(HOME)
    desk.goto(f"{live_server.url}/account")
    desk.click("text=Log out this session")
    expect(desk.locator("main")).to_contain_text("That session is logged out.")
    phone.goto(f"{live_server.url}/")
    expect(phone.locator("h1")).to_have_text("Log in")


def test_no_page_of_signing_in_breaks_a_rule_of_axe(
    anna: User, opened: Open, live_server: LiveServer, settings: Settings
) -> None:
    use(settings, "https://id.example")
    page, complaints = opened()
    device(page)
    give_password(page, live_server.url)
    add_passkey(page, live_server.url)
    number = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN).pk
    entering, _ = opened()
    give_password(entering, live_server.url)
    broken = []
    for language, size in product(("en", "ja"), SIZES):
        for shown, paths in (
            (entering, ("/login/code", "/login")),
            (page, [path.replace("N", str(number)) for path in OWN]),
        ):
            shown.context.set_extra_http_headers({"Accept-Language": language})
            shown.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of playwright's
            for path in paths:
                shown.goto(live_server.url + path)
                assert shown.url == live_server.url + path
                assert shown.locator("html").get_attribute("lang") == language
                sideways = shown.evaluate("document.documentElement.scrollWidth > innerWidth")
                broken += [(path, language, size["width"], "sideways")] if sideways else []
                broken += [
                    (path, language, size["width"], rule["id"])
                    for rule in Axe().run(shown).response["violations"]
                ]
    assert broken == []
    assert complaints == []
