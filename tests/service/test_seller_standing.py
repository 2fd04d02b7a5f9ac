"""Trusted and exempt sellers: what is alerted, hidden, refused and sampled nevertheless."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.db import IntegrityError, transaction
from django.test import override_settings
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.actions.conftest import Activate, activate, offer, taken  # noqa: F401
from tests.service.working import work

from mimawari.cli.main import main
from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.records.standing import Standing
from mimawari.service.accounts import keys, roles
from mimawari.service.accounts.authority import account
from mimawari.service.accounts.keys import Scope
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.catalogue.models import SellerStanding
from mimawari.service.catalogue.seller_policy import record_standing, recorded_standings
from mimawari.service.catalogue.standings import standings_of
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.platform import clock
from mimawari.service.review import queue
from mimawari.service.review.gone import Gone, ItemGoneError

pytestmark = pytest.mark.django_db(transaction=True)
# The rule "word" has the severity high, which stands for 0.5, "sword" critical: 0.9.
POLICY = """
[actions]
high = "hide"
hide_until_reviewed = 0.4
refuse_at = 0.95
[[rules]]
id = "sword"
severity = "critical"
when = { words = ["sword"] }
[rules.examples]
match = ["a sword"]
no_match = ["a cup"]
"""
HEAD = "trusted_from = 0.8"


@pytest.fixture(autouse=True)
def no_exploration() -> Iterator[None]:
    """Have nothing drawn by chance."""
    config = msgspec.structs.replace(settings.CONFIG, exploration_share=0.0)
    with override_settings(CONFIG=config):
        yield


def alerts(**more: object) -> list[str]:
    rows = Alert.objects.filter(**more).order_by("pk")
    return list(rows.values_list("listing_version__listing_id", flat=True))


def trust(standing: Standing = Standing.TRUSTED, *topics: str, **more: Any) -> None:
    record_standing("s", standing, topics, TESTS, "a known dealer", **more)


def test_trusted_is_alerted_from_the_threshold_on_and_never_hidden_unseen(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY, head=HEAD)
    trust(Standing.TRUSTED, "weapons")
    offer(1)
    offer(2, "a sword")
    offer(3, seller="other")
    assert alerts() == ["L2", "L3"]
    assert (taken("L2"), taken("L3")) == ([], ["hide -> hide"])


def test_exempt_is_not_alerted_until_it_is_cleared_or_over(
    activate: Activate,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    activate(POLICY)
    now = clock.database_now()
    trust(Standing.EXEMPT, expires_at=now + timedelta(days=1))
    offer(1, "a sword")
    assert alerts() == []
    trust(Standing.CLEARED, "weapons")
    offer(2, "a sword")
    assert alerts() == ["L2"], "what is said of the topic later counts"
    trust(Standing.EXEMPT, expires_at=now + timedelta(days=1))
    later = now + timedelta(days=2)
    assert standings_of(["s"]).of("s", "weapons", now) == Standing.EXEMPT
    assert standings_of(["s"]).of("s", "weapons", later) is None
    monkeypatch.setattr(clock, "database_now", lambda: later)
    offer(3, "a sword")
    assert "L3" in alerts()


def test_what_is_open_for_a_score_that_policy_now_spares_is_closed(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY, head=HEAD)
    offer(1)
    offer(2, "a sword")
    offer(3, seller="other")
    trust(Standing.TRUSTED, "weapons")
    work()
    assert (alerts(state="spared"), alerts(state="open")) == (["L1"], ["L2", "L3"])
    assert taken("L1")[-1] == "un hide -> none", "what was hidden for it is shown again"
    trust(Standing.EXEMPT)
    work()
    assert (alerts(state="spared"), alerts(state="open")) == (["L1", "L2"], ["L3"])
    bodies = Event.objects.filter(kind="alert_spared").order_by("pk").values_list("body", flat=True)
    standings = [msgspec.json.decode(body)["details"]["standing"] for body in bodies]
    assert standings == ["trusted", "exempt"]
    seal_all()
    assert verify().problems == ()
    trust(Standing.CLEARED)
    work()
    assert alerts(state="open") == ["L3"], "what was closed stays closed"


def test_what_policy_spares_stays_with_whoever_looks_at_it(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY)
    offer(1)
    offer(2)
    moderators = [roles.add(name, None, "moderator", TESTS) for name in ("anna", "ben")]
    held = queue.next_alert(moderators[0])
    assert held is not None
    trust(Standing.EXEMPT)
    work()
    assert alerts(state="open") == [held.listing_version.listing_id]
    assert queue.next_alert(moderators[1]) is None
    queue.decide(held, moderators[0], "violates", 1.0)
    work()
    assert Alert.objects.get(pk=held.pk).state == "decided"


def test_a_lease_that_is_over_holds_nothing_that_policy_spares(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY)
    offer(1)
    anna = roles.add("anna", None, "moderator", TESTS)
    held = queue.next_alert(anna)
    assert held is not None
    Alert.objects.update(leased_until=clock.database_now())
    trust(Standing.EXEMPT)
    work()
    with pytest.raises(ItemGoneError) as refused:
        queue.decide(held, anna, "violates", 1.0)
    assert refused.value.gone == Gone.SPARED


def test_what_chance_chose_stays_open_whoever_is_exempted(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY)
    config = msgspec.structs.replace(settings.CONFIG, exploration_share=500.0)
    with override_settings(CONFIG=config):
        offer(1)
    (before,) = Alert.objects.all()
    assert (before.purpose, before.probability is None) == (Purpose.TOP_K, False)
    trust(Standing.EXEMPT)
    work()
    after = Alert.objects.get()
    assert (after.state, after.purpose) == ("open", Purpose.EXPLORATION)


def test_an_exempt_seller_takes_nobody_elses_place(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY)
    trust(Standing.EXEMPT)
    many = [Listing(id=f"E{n}", version=1, seller_id="s", title="a sword") for n in range(40)]
    log.append([*many, Listing(id="L1", version=1, seller_id="other", title="a pistol")])
    work()
    assert alerts() == ["L1"]


def test_the_exploration_slice_still_sees_an_exempt_seller(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY)
    trust(Standing.EXEMPT)
    config = msgspec.structs.replace(
        settings.CONFIG, exploration_share=500.0
    )  # all that can be drawn is
    with override_settings(CONFIG=config):
        many = [Listing(id=f"E{n}", version=1, seller_id="s", title="a sword") for n in range(30)]
        log.append(many)
        work()
    drawn = alerts(purpose=Purpose.EXPLORATION)
    assert drawn
    assert alerts(purpose=Purpose.TOP_K) == []
    assert all(taken(name) == [] for name in drawn), "nothing is hidden unseen"


def test_check_answers_accordingly(activate: Activate) -> None:  # noqa: F811
    activate(POLICY.replace("0.95", "0.9"))
    edge = Edge()
    client = TestClient(application(edge, ASGIHandler()), base_url="http://localhost")
    headers = {"Authorization": f"Bearer {keys.create('shop', [Scope.CHECK], TESTS)}"}

    def ask(title: str) -> tuple[str, str | None]:
        edge.suites.refresh()
        edge.sellers.refresh()
        body = {"id": "draft", "version": 1, "seller_id": "s", "title": title}
        answer = client.post("/api/v1/check", json=body, headers=headers).json()
        return answer["action"], answer["topics"][0]["seller"]

    assert (ask("a pistol"), ask("a sword")) == (("hold", None), ("refuse", None))
    trust()
    assert (ask("a pistol"), ask("a sword")) == (("allow", "trusted"), ("refuse", "trusted"))
    trust(Standing.EXEMPT, "weapons")
    assert (ask("a pistol"), ask("a sword")) == (("allow", "exempt"), ("allow", "exempt"))


def test_the_ledger_keeps_who_and_why_until_the_seller_is_erased(
    activate: Activate,  # noqa: F811
) -> None:
    activate(POLICY)
    offer(1, "a cup")
    roles.add("eda", None, "policy_editor", TESTS)
    record_standing("s", Standing.TRUSTED, ["weapons"], account("eda"), "a known dealer")
    (event,) = Event.objects.filter(kind="seller_standing")
    assert (event.principal, "a known dealer" in (event.body or "")) == (account("eda").id, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        SellerStanding.objects.update(standing="exempt")
    seal_all()
    assert verify().problems == ()
    erase_seller("s", TESTS, "asked for it")
    assert recorded_standings() == []
    assert "s" not in SellerStanding.objects.values_list("seller_id", flat=True)
    event.refresh_from_db()
    assert event.body is None
    seal_all()
    assert verify().problems == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seller": " "}, "seller"),
        ({"reason": ""}, "reason"),
        ({"topics": ["weapon"]}, "topic"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "until"),
    ],
)
def test_what_is_refused(activate: Activate, change: dict[str, Any], field: str) -> None:  # noqa: F811
    activate(POLICY)
    words: dict[str, Any] = {"seller": "s", "standing": Standing.EXEMPT, "topics": ["weapons"]}
    words |= {"principal": TESTS, "reason": "why"} | change
    with pytest.raises(InvalidInputError) as refused:
        record_standing(**words)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not SellerStanding.objects.exists()


def test_who_may(activate: Activate) -> None:  # noqa: F811
    activate(POLICY)
    roles.add("mo", None, "moderator", TESTS)
    roles.add("eda", None, "policy_editor", TESTS, ["weapons"])
    with pytest.raises(ForbiddenError):
        record_standing("s", Standing.EXEMPT, ["weapons"], account("mo"), "why")
    with pytest.raises(InvalidInputError, match="topic"):
        record_standing("s", Standing.EXEMPT, [], account("eda"), "why")
    record_standing("s", Standing.EXEMPT, ["weapons"], account("eda"), "why")
    assert User.objects.count() == 2


def test_the_command(
    activate: Activate,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    activate(POLICY)
    run = _runner(monkeypatch, capsys)
    text = run("trust", "s", "--topic", "weapons", "--until", "2199-01-31", "--reason", "dealer")
    assert text.strip() == "The seller is trusted in weapons until 2199-01-31 00:00 UTC."
    assert "dealer" in run("list")
    run("clear", "s", "--reason", "no dealer any more")
    assert run("list").strip() == "No seller is trusted or exempt."
    assert "no dealer any more" in run("list", "--all", "--seller", "s")
    assert "is 'soon'" in run("exempt", "s", "--until", "soon", "--reason", "x", code=1)


def _runner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["mimawari", "sellers", *words])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert (ended.value.code or 0) == code, captured
        return captured.out + captured.err

    return run
