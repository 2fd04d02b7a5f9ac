"""An alert without a hint of what any model thought of it.

What a moderator sees must not depend on who put the item there: no score, no rank, no model's
reasons, no purpose. Rules are part of the policy and stay.
"""

from __future__ import annotations

import threading
from datetime import datetime  # read by msgspec when the type is used
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import TopicFile, parse
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.service.catalogue.models import TopicFileVersion
from mimawari.service.intake.scored import scored_listing
from mimawari.service.review.earlier import repeated

if TYPE_CHECKING:
    from mimawari.service.admission.models import Alert

MOST_KEPT = 64
_topics: dict[str, tuple[TopicFile, RuleSet]] = {}
_compiling = threading.Lock()


class RuleHit(msgspec.Struct):
    """A rule of the topic that holds for the listing."""

    rule: str
    note: str


class RuleMark(msgspec.Struct):
    """Words that made a rule hold: characters of title, description and text in pictures.

    A line break stands between any two of these.
    """

    rule: str
    start: int
    end: int


class ClauseText(msgspec.Struct):
    """A clause of the policy that a violation may be said to break; texts by language."""

    key: str
    text: dict[str, str]
    severity: str


class RelistingOf(msgspec.Struct):
    """A listing that was found to violate, which the item repeats, and that decision."""

    listing_id: str
    version: int
    clause: str | None
    moderator: str
    decided_at: datetime
    undone: bool


class ReviewItem(msgspec.Struct):
    """What a moderator judges: a listing, the policy, and the rules that hold.

    ``title`` and ``policy`` are texts by language. The item stays with the moderator until
    ``leased_until``. A violation names one of ``clauses``; with ``clause_optional`` it may.
    """

    alert: int
    topic: str
    title: dict[str, str]
    policy: dict[str, str]
    policy_version: int
    sensitive: bool
    listing: Listing
    rules: list[RuleHit]
    marks: list[RuleMark]
    leased_until: datetime | None
    clauses: list[ClauseText] = []
    clause_optional: bool = False
    relisting_of: list[RelistingOf] = []


def blind_item(alert: Alert) -> ReviewItem:
    """Gather what may be shown of an alert whatever is on trial."""
    version = alert.listing_version
    scored = alert.scored
    listing = scored_listing(version.payload, scored.picture_text)
    entry = alert.generation.manifest.topics[alert.topic]
    topic, rules = _topic(entry.sha256)
    explanation = rules.explain(ListingBatch.of([listing]), 0, alert.topic)
    notes = {f"{topic.topic}/{rule.id}": rule.note_in_english for rule in topic.rules}
    # A bank is part of the policy as rules are; what it said was stored with the score.
    banks = [hit for hit in scored.rule_hits if hit.startswith(f"{topic.topic}/bank ")]
    return ReviewItem(
        alert=alert.pk,
        topic=alert.topic,
        title=topic.title,
        policy=topic.policy,
        policy_version=entry.topic_file,
        sensitive=topic.sensitive,
        listing=listing,
        rules=[RuleHit(name, notes.get(name, "")) for name in (*explanation.rules, *banks)],
        marks=[RuleMark(span.source, span.start, span.end) for span in explanation.spans],
        leased_until=alert.leased_until,
        clauses=[
            ClauseText(clause.key, clause.text, topic.severity_of([clause.key]))
            for clause in topic.clauses
        ],
        clause_optional=topic.clause_optional,
        relisting_of=[
            RelistingOf(
                earlier.listing_id,
                earlier.version,
                earlier.clause,
                earlier.by,
                earlier.decided_at,
                earlier.undone,
            )
            for earlier in repeated(scored.rule_hits, alert.topic)
        ],
    )


def _topic(sha256: str) -> tuple[TopicFile, RuleSet]:
    """Give a topic's policy and its compiled rules; the hash names them for good.

    Compiled by whoever asks first, while all who ask for the same wait for that.
    """
    known = _topics.get(sha256)
    if known is not None:
        return known
    with _compiling:
        if sha256 not in _topics:
            if len(_topics) >= MOST_KEPT:
                _topics.pop(next(iter(_topics)), None)
            _topics[sha256] = _compiled(sha256)
        return _topics[sha256]


def _compiled(sha256: str) -> tuple[TopicFile, RuleSet]:
    stored = TopicFileVersion.objects.filter(sha256=sha256).first()
    assert stored is not None, "a generation names a topic file that is not stored"
    topic_file = parse(stored.text, f"{stored.topic}.{stored.format}")
    patterns = Path(settings.CONFIG.state_dir) / "patterns"
    return topic_file, RuleSet.compile([topic_file], run_examples=False, cache=patterns)
