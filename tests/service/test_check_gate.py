"""What `check` says is to be done with a listing before it is published, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db.backends.utils import CursorWrapper
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.actions.conftest import Activate, activate, offer, taken  # noqa: F401

from mimawari.service.accounts import keys
from mimawari.service.accounts.keys import Scope
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge

pytestmark = pytest.mark.django_db(transaction=True)
Check = Callable[..., dict[str, Any]]
CLAUSES = """
[[clauses]]
key = "firearm"
text = { en = "Firearms" }
[[clauses]]
key = "blade"
text = { en = "Blades" }
"""
SWORD = """
[[rules]]
id = "sword"
severity = "critical"
clause = "blade"
when = { words = ["sword"] }
[rules.examples]
match = ["a sword"]
no_match = ["a cup"]
"""
# The rule "word" has the severity high, which stands for 0.5, "sword" critical: 0.9.
POLICY = f"""{CLAUSES}
[actions]
high = "hide"
hide_until_reviewed = 0.5
refuse_at = 0.9
{SWORD}"""


@pytest.fixture
def check(db: None) -> Check:
    """Give what checks a title, with a key for some topics."""
    edge = Edge()
    client = TestClient(application(edge, ASGIHandler()), base_url="http://localhost")

    def ask(title: str, topics: tuple[str, ...] = ()) -> dict[str, Any]:
        edge.suites.refresh()
        key = keys.create("shop", [Scope.CHECK], TESTS, topics=topics)
        body = {"id": "draft", "version": 1, "seller_id": "s", "title": title}
        headers = {"Authorization": f"Bearer {key}"}
        answer = client.post("/api/v1/check", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        checked: dict[str, Any] = answer.json()
        return checked

    return ask


def asked(checked: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [(one["topic"], one["action"], one["by"], one["clause"]) for one in checked["topics"]]


def test_it_is_let_through_held_or_refused(activate: Activate, check: Check) -> None:  # noqa: F811
    activate(POLICY)
    assert (check("a cup")["action"], check("a cup")["topics"]) == ("allow", [])
    held = check("a pistol")
    assert held["action"] == "hold"
    assert asked(held) == [("weapons", "hold", "weapons/word", None)]
    refused = check("a sword")
    assert refused["action"] == "refuse"
    assert asked(refused) == [("weapons", "refuse", "weapons/sword", "blade")]
    (topic,) = refused["topics"]
    assert (topic["threshold"], topic["policy_version"], topic["dry_run"]) == (0.9, 1, False)


def test_the_surest_rule_says_why(activate: Activate, check: Check) -> None:  # noqa: F811
    activate(POLICY)
    assert asked(check("a pistol and a sword")) == [("weapons", "refuse", "weapons/sword", "blade")]


def test_a_policy_without_thresholds_lets_through(activate: Activate, check: Check) -> None:  # noqa: F811
    activate(CLAUSES + '[actions]\nhigh = "hide"\n' + SWORD)
    checked = check("a sword")
    assert checked["action"] == "allow"
    assert asked(checked) == [("weapons", "allow", None, None)]


def test_a_dry_run_says_what_it_would_ask_for(activate: Activate, check: Check) -> None:  # noqa: F811
    activate(POLICY.replace("[actions]", "[actions]\ndry_run = true"))
    checked = check("a sword")
    assert checked["action"] == "allow"
    (topic,) = checked["topics"]
    assert (topic["action"], topic["dry_run"]) == ("refuse", True)


def test_the_strongest_of_all_topics_counts(activate: Activate, check: Check) -> None:  # noqa: F811
    activate(POLICY)
    activate("[actions]\nhide_until_reviewed = 0.4\n", topic="drugs", word="weed")
    checked = check("a sword and weed")
    assert checked["action"] == "refuse"
    assert {(t, a) for t, a, _, _ in asked(checked)} == {("weapons", "refuse"), ("drugs", "hold")}
    assert check("a sword and weed", ("drugs",))["action"] == "hold", "the key sees no other topic"


def test_the_only_clause_needs_no_rule_to_name_it(activate: Activate, check: Check) -> None:  # noqa: F811
    clause = '[[clauses]]\nkey = "blade"\ntext = { en = "Blades" }\n'
    activate(clause + "[actions]\nhide_until_reviewed = 0.5\n")
    assert asked(check("a pistol")) == [("weapons", "hold", "weapons/word", "blade")]


def test_what_is_held_is_what_would_be_hidden(activate: Activate, check: Check) -> None:  # noqa: F811
    """Also where the threshold is the score: 0.9 as a float32 is a little less."""
    assert float(np.float32(0.9)) < 0.9
    activate(CLAUSES + "[actions]\nhide_until_reviewed = 0.9\n" + SWORD)
    assert check("a sword")["action"] == "hold"
    offer(title="a sword")
    assert taken() == ["hide -> hide"]


def test_it_asks_the_store_nothing(
    activate: Activate,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    activate(POLICY)
    edge = Edge()
    edge.suites.refresh()
    key = keys.create("shop", [Scope.CHECK], TESTS)
    client = TestClient(application(edge, ASGIHandler()), base_url="http://localhost")
    headers = {"Authorization": f"Bearer {key}"}
    queries: list[str] = []
    before = CursorWrapper.execute

    def execute(self: CursorWrapper, sql: str, params: object = None) -> object:
        queries.append(sql)
        return before(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", execute)
    counts = []
    for title in ("a cup", "a sword", "a pistol and a sword"):
        body = {"id": "draft", "version": 1, "seller_id": "s", "title": title}
        queries.clear()
        assert client.post("/api/v1/check", json=body, headers=headers).status_code == 200
        counts.append(len(queries))
    assert counts[1:] == [0, 0], "the first one looks up the key"
