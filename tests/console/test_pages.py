"""What the console answers, whatever it is asked: headers, errors, odd numbers, log-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from bench.server import Server
from django.contrib.auth.models import User
from django.test import Client
from tests.acting import TESTS
from tests.service.conftest import listing, new_server
from tests.service.working import work

from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review.blind_item import blind_item
from mimawari.service.review.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long password of the tests"


@pytest.fixture
def anna(client: Client, generation: int) -> Client:
    """Give a client that is logged in, with three alerts waiting."""
    log.append([listing(i, "a pistol") for i in range(3)])
    work()
    client.force_login(User.objects.create_user("anna", password=PASSWORD))
    return client


@pytest.mark.parametrize(
    "path", ["/", "/review", "/review/next", "/history", "/listing", "/password"]
)
def test_nobody_sees_a_page_without_logging_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/login?next={path}"


@pytest.mark.parametrize("path", ["/review/decide", "/review/undo", "/review/again", "/logout"])
def test_nothing_changes_by_a_link(anna: Client, path: str) -> None:
    assert anna.get(path).status_code == 405


@pytest.mark.parametrize("path", ["/login", "/", "/review", "/nowhere"])
def test_every_page_has_the_headers(anna: Client, path: str) -> None:
    headers = anna.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "no-store" in headers["Cache-Control"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(anna: Client) -> None:
    anna.post("/logout")
    anna.post("/login", {"username": "anna", "password": PASSWORD})
    anna.post("/i18n/setlang/", {"language": "ja"})
    for name in ("sessionid", "csrftoken", "django_language"):
        assert anna.cookies[name]["httponly"], name
        assert anna.cookies[name]["samesite"] == "Strict", name


def test_a_form_from_elsewhere_is_refused(generation: int) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("anna"))
    answer = client.post("/review/decide", {"alert": "1", "verdict": "violates"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.text
    assert not Decision.objects.exists()


def test_an_unknown_page_and_an_unknown_host_have_pages_of_their_own(client: Client) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    answer = client.get("/login", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "MIMAWARI_ALLOWED_HOSTS" in answer.text


def test_a_failure_has_a_page_and_is_logged(
    anna: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mimawari.service.console.first_page.topics_today", lambda: 1 / 0)
    anna.raise_request_exception = False
    answer = anna.get("/")
    assert answer.status_code == 500
    assert "Something failed here" in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_too_many_failed_log_ins_lock_the_account_for_a_while(client: Client) -> None:
    User.objects.create_user("anna", password=PASSWORD)
    for _ in range(4):
        assert client.post("/login", {"username": "anna", "password": "x"}).status_code == 200
    for password in ("x", PASSWORD):
        answer = client.post("/login", {"username": "anna", "password": password})
        assert answer.status_code == 429
        assert "Too many failed log-ins" in answer.text
    assert client.get("/").status_code == 302


def test_a_listing_without_a_title_shows_its_description(client: Client, generation: int) -> None:
    untitled = msgspec.structs.replace(listing(), title="", description="a pistol\nas new")
    log.append([untitled])
    work()
    client.force_login(User.objects.create_user("anna", password=PASSWORD))
    alert = Alert.objects.get()
    page = client.get("/review/next", follow=True).text
    assert "No title." in page
    assert ">pistol</mark>" in page
    proof = client.get("/review").context["proof"]
    client.post("/review/decide", {"alert": alert.pk, "verdict": "violates", "proof": proof})
    assert "a pistol" in client.get("/history").text
    assert ">pistol</mark>" in client.get("/listing?id=L1").text


def test_the_login_page_sends_nobody_to_another_site(client: Client) -> None:
    User.objects.create_user("anna", password=PASSWORD)
    answer = client.post(
        "/login?next=https://evil.example/",
        {"username": "anna", "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


def test_logging_out_ends_the_session_and_shows_the_login_page(anna: Client) -> None:
    assert anna.post("/logout")["Location"] == "/login"
    assert anna.get("/").status_code == 302


def test_a_changed_password_is_confirmed_and_ends_other_sessions(anna: Client) -> None:
    other = Client()
    other.force_login(User.objects.get(username="anna"))
    fresh = "another long password 1"
    form = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}
    assert "Your password is changed." in anna.post("/password", form, follow=True).text
    assert other.get("/").status_code == 302


def test_the_icon_is_there(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 301
    icon = client.get(answer["Location"])
    assert icon.headers["Content-Type"] == "image/svg+xml"
    icon.close()


ODD = ["", "0", "-1", "²", "１", "1e3", "9" * 18, "9" * 40, "1\x00", "\x00", "null", "1 OR 1=1"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_numbers_are_answered(anna: Client, odd: str) -> None:
    assert anna.get("/review/next", {"besides": [odd, "1"]}).status_code == 200
    assert anna.get("/review", {"topic": odd}).status_code == 200
    assert anna.get("/listing", {"id": odd}).status_code == 200
    assert anna.post("/review/again", {"topic": odd}).status_code == 302
    for verdict in ("violates", "skip"):
        answer = anna.post("/review/decide", {"alert": odd, "verdict": verdict})
        assert answer.status_code == 410
    assert not Decision.objects.exists()


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "1e9", "", "soon"])
def test_odd_times_count_as_none(anna: Client, seconds: str) -> None:
    proof = anna.get("/review").context["proof"]
    alert = Alert.objects.exclude(leased_by=None).get()
    said = {"alert": alert.pk, "verdict": "violates", "seconds": seconds, "proof": proof}
    assert anna.post("/review/decide", said).status_code == 204
    assert Decision.objects.get().seconds == 0


@pytest.mark.parametrize("verdict", ["", "undone", "maybe", "v" * 10_000])
def test_odd_verdicts_change_nothing(anna: Client, verdict: str) -> None:
    proof = anna.get("/review").context["proof"]
    alert = Alert.objects.exclude(leased_by=None).get()
    said = {"alert": alert.pk, "verdict": verdict, "proof": proof}
    answer = anna.post("/review/decide", said)
    assert answer.status_code == 409
    assert answer.json()["text"].startswith("verdict: ")
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 3


def test_an_undone_decision_is_shown_as_undone(anna: Client) -> None:
    proof = anna.get("/review").context["proof"]
    alert = Alert.objects.exclude(leased_by=None).get()
    anna.post("/review/decide", {"alert": alert.pk, "verdict": "violates", "proof": proof})
    assert "(undone)" not in anna.get("/history").text
    anna.post("/review/undo", {"alert": alert.pk})
    assert "(undone)" in anna.get("/history").text


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that is told to expect TLS in front of it."""
    with new_server(tmp_path_factory.mktemp("https")) as server:
        server.environ["MIMAWARI_HTTPS"] = "true"
        server.environ["MIMAWARI_HSTS_SECONDS"] = "3600"
        server.start()
        yield server


def test_behind_a_proxy_with_tls_pages_are_served_and_others_sent_to_https(
    behind_a_proxy: Server,
) -> None:
    plain = httpx.get(f"{behind_a_proxy.address}/login")
    assert (plain.status_code, plain.headers["Location"][:8]) == (301, "https://")
    proxied = httpx.get(f"{behind_a_proxy.address}/login", headers={"X-Forwarded-Proto": "https"})
    assert proxied.status_code == 200
    assert proxied.headers["Strict-Transport-Security"] == "max-age=3600"
    assert "Secure" in proxied.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "ule, no measurement yet"), ("ja", "未測定")]
)
@pytest.mark.parametrize("path", ["/review?topic=weapons", "/listing?id={id}"])
def test_a_severity_is_shown_as_no_probability(
    anna: Client, path: str, language: str, said: str
) -> None:
    """A rule that nobody has measured gives the score its severity stands for."""
    anna.cookies["django_language"] = language
    listing_id = Alert.objects.first().listing_version.listing_id  # type: ignore[union-attr]
    page = anna.get(path.format(id=listing_id)).content.decode()
    assert said in page
    for number in ("20%", "50%", "20.0%", "50.0%"):
        assert number not in page
    assert "Probability that it violates" not in page
    assert "違反の確率" not in page


def test_a_note_is_shown_in_the_moderators_language(
    client: Client, db: None, topic_file: Callable[..., Path]
) -> None:
    path = topic_file()
    note = 'note = { ja = "銃を指す語。", en = "A word for a gun." }'
    path.write_text(path.read_text("utf-8").replace("when =", f"{note}\nwhen ="), "utf-8")
    activate_topic_files([path], TESTS, "set-up")
    log.append([listing(title="a pistol")])
    work()
    client.force_login(User.objects.create_user("anna", password=PASSWORD))
    shown = {}
    for language in ("en", "ja"):
        client.cookies["django_language"] = language
        shown[language] = client.get("/review/next", follow=True).text
    assert "A word for a gun." in shown["en"]
    assert "A word for a gun." not in shown["ja"]
    assert "銃を指す語。" in shown["ja"]
    assert [hit.note for hit in blind_item(Alert.objects.get()).rules] == ["A word for a gun."]
