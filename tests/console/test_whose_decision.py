"""A decision is saved for the account and the log-in that were shown its item, or refused."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.review import queue
from mimawari.service.review.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alerts(generation: int) -> None:
    """Put three alerts before moderators."""
    log.append([listing(i, "a pistol") for i in range(3)])
    work()


def account(name: str) -> User:
    return User.objects.filter(username=name).first() or roles.add(name, None, "moderator", TESTS)


def log_in(name: str) -> Client:
    client = Client()
    client.force_login(account(name))
    return client


def shown(client: Client) -> dict[str, str]:
    """Give what a page sends that decides the item it shows."""
    context = client.get("/review").context
    return {"alert": context["item"].alert_id, "verdict": "violates", "proof": context["proof"]}


def refused(client: Client, sent: dict[str, str]) -> tuple[str, str]:
    answer = client.post("/review/decide", sent)
    assert answer.status_code == 409
    told = answer.json()
    return told["kind"], told["text"]


def test_another_account_saves_nothing() -> None:
    anna, ben = log_in("anna"), log_in("ben")
    sent = shown(anna)
    ben.get("/review")
    Alert.objects.filter(pk=sent["alert"]).update(leased_by=account("ben"))
    kind, text = refused(ben, sent)
    assert (kind, text) == (
        "account",
        "One decision of anna is not saved. Log in as anna to save it.",
    )
    assert refused(ben, {**sent, "confirmed": "1"})[0] == "account"
    assert refused(ben, {**sent, "verdict": "skip"})[0] == "account"
    assert not Decision.objects.exists()


def test_another_log_in_saves_it_only_when_told_so() -> None:
    sent = shown(log_in("anna"))
    again = log_in("anna")
    kind, text = refused(again, sent)
    assert kind == "log_in"
    assert text.startswith("It was made before you logged in again.")
    assert not Decision.objects.exists()
    assert again.post("/review/decide", {**sent, "confirmed": "1"}).status_code == 204
    assert Decision.objects.get().moderator == account("anna")


def test_a_change_of_the_password_is_no_other_log_in() -> None:
    account("anna").set_password("a long password of the tests")
    anna = log_in("anna")
    sent = shown(anna)
    key = anna.session.session_key
    session = anna.session
    session.cycle_key()
    session.save()
    anna.cookies["sessionid"] = str(session.session_key)
    assert session.session_key != key
    assert anna.post("/review/decide", sent).status_code == 204


@pytest.mark.parametrize("proof", ["", "x", "a:b:c", "\0", "é" * 4_000])
def test_what_nothing_proves_is_refused(proof: str) -> None:
    anna = log_in("anna")
    sent = {**shown(anna), "proof": proof}
    assert refused(anna, sent)[0] == "unproven"
    assert not Decision.objects.exists()


def test_a_proof_is_of_one_item_and_of_this_purpose() -> None:
    anna = log_in("anna")
    sent = shown(anna)
    ahead = anna.get("/review/next", {"besides": sent["alert"]}).context
    assert refused(anna, {**sent, "proof": ahead["proof"]})[0] == "unproven"
    other_purpose = signing.dumps(signing.loads(sent["proof"], salt="mimawari.painted"), salt="x")
    assert refused(anna, {**sent, "proof": other_purpose})[0] == "unproven"
    odd = signing.dumps(["a", None], salt="mimawari.painted")
    assert refused(anna, {**sent, "proof": odd})[0] == "unproven"


def test_a_page_of_another_log_in_gets_no_item_and_undoes_nothing() -> None:
    anna = log_in("anna")
    log_in_of_page = anna.get("/review").context["log_in"]
    decided = shown(anna)
    anna.post("/review/decide", decided)
    same, other = {"X-Log-In": log_in_of_page}, {"X-Log-In": "of before"}
    for path, ask in (("/review/next", anna.get), ("/review/undo", anna.post)):
        assert ask(path, headers=other).status_code == 412
    assert anna.post("/review/decide", shown(anna), headers=other).status_code == 412
    assert list(Decision.objects.values_list("verdict", flat=True)) == ["violates"]
    for path, ask in (("/review/next", anna.get), ("/review/undo", anna.post)):
        assert ask(path, {"alert": decided["alert"]}, headers=same).status_code == 200


@pytest.mark.parametrize(
    ("name", "header", "status"),
    [("", {"X-Log-In": "x"}, 401), ("ben", {"X-Log-In": "x"}, 412), ("ben", {}, 403)],
)
def test_an_old_token_is_told_from_another_log_in(
    name: str, header: dict[str, str], status: int
) -> None:
    client = Client(enforce_csrf_checks=True)
    if name:
        client.force_login(account(name))
    assert client.post("/review/decide", {}, headers=header).status_code == status


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (AlertState.SUPERSEDED, "The seller had edited the listing"),
        (AlertState.DISPLACED, "Listings with higher scores had taken its place"),
        (AlertState.EXPIRED, "It had left the list"),
    ],
)
def test_what_became_of_an_item_is_said(state: AlertState, says: str) -> None:
    anna = log_in("anna")
    sent = shown(anna)
    Alert.objects.filter(pk=sent["alert"]).update(state=state)
    kind, text = refused(anna, sent)
    assert kind == "gone"
    assert text.startswith(says)


def test_who_has_it_or_decided_it_is_said() -> None:
    anna, ben = log_in("anna"), account("ben")
    sent = shown(anna)
    alert = Alert.objects.get(pk=sent["alert"])
    Alert.objects.filter(pk=alert.pk).update(leased_by=None, leased_until=None)
    assert "it went back to the queue" in refused(anna, sent)[1]
    Alert.objects.filter(pk=alert.pk).update(leased_by=ben)
    assert "another moderator has it" in refused(anna, sent)[1]
    queue.decide(alert, ben, "does_not_violate", 1.0)
    assert refused(anna, sent)[1] == "Another moderator had decided it."


def test_two_tabs_of_one_account() -> None:
    anna = log_in("anna")
    first, second = shown(anna), shown(anna)
    assert first["alert"] == second["alert"]
    assert anna.post("/review/decide", first).status_code == 204
    assert anna.post("/review/decide", second).status_code == 204  # said the same again
    kind, text = refused(anna, {**second, "verdict": "does_not_violate"})
    assert (kind, text) == ("gone", "You had decided it already, in another tab; that stands.")
    assert Decision.objects.count() == 1


def test_a_topic_taken_away_is_said() -> None:
    anna = log_in("anna")
    sent = shown(anna)
    roles.restrict("anna", ["drugs"], TESTS)
    assert refused(anna, sent)[1] == "Your account does not review this topic any more."
