"""A topic with clauses, actions and strikes, its alerts, and moderators who decide them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.records.action import Action
from mimawari.service.accounts import roles
from mimawari.service.actions.reading import actions_of
from mimawari.service.admission.models import Alert
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review import queue
from mimawari.service.review.queue import Judgement

CLAUSES = """
[[clauses]]
key = "firearm"
severity = "critical"
text = { en = "Firearms", ja = "銃器" }
[[clauses]]
key = "blade"
text = { en = "Blades" }
[actions]
medium = "warn"
high = "hide"
critical = ["delete", "restrict"]
automatic = ["high", "critical"]
"""
STRIKES = """
[strikes]
high = 2
critical = 5
restrict_at = 4
automatic = true
"""
Activate = Callable[..., int]


@pytest.fixture
def activate(db: None, tmp_path: Path) -> Activate:
    """Give what puts topics in force, each with more than the usual file."""

    def put(
        more: str = CLAUSES, topic: str = "weapons", word: str = "pistol", head: str = ""
    ) -> int:
        path = tmp_path / f"{topic}.toml"
        text = TOPIC.format(topic=topic, word=word, capacity=20)
        path.write_text(text.replace("[title]", f"{head}\n[title]", 1) + more, "utf-8")
        return activate_topic_files([path], TESTS, "tests")

    return put


def offer(number: int = 1, title: str = "a pistol", version: int = 1, seller: str = "s") -> None:
    """Send a listing, score it, and open its alerts."""
    sent = listing(number, title, version)
    log.append([Listing(id=sent.id, version=version, seller_id=seller, title=title)])
    work()


def moderator(name: str, role: str = "moderator") -> User:
    return User.objects.filter(username=name).first() or roles.add(name, None, role, TESTS)


def judge(
    who: str, verdict: str = "violates", clause: str = "blade", topic: str = "weapons"
) -> Alert:
    """Take the next item of a topic and decide it."""
    user = moderator(who)
    alert = queue.next_alert(user, [topic])
    assert alert is not None
    named = clause if verdict == "violates" else ""
    queue.decide(alert, user, Judgement(verdict, named), 1.0)
    return alert


def taken(listing_id: str = "L1") -> list[str]:
    """Say in short what was recorded of a listing, oldest first."""
    return [short(action) for action in reversed(actions_of(listing=listing_id))]


def short(action: Action) -> str:
    """Say in short what an action is."""
    words = [
        "dry" if action.dry_run else "",
        "" if action.origin == "automatic" else action.origin,
        "un" if action.reverses else "",
        action.kind,
        f"for {action.replaces}" if action.replaces else "",
        f"-> {action.standing}",
    ]
    return " ".join(word for word in words if word)
