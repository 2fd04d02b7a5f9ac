"""The synchronous answer before a listing goes live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.listings.batch import ListingBatch
from mimawari.records.action import GateAction
from mimawari.records.standing import Standing
from mimawari.service.actions.gating import Gate, RuleHit, gate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mimawari.detectors.base import Explanation
    from mimawari.detectors.suite import Suite
    from mimawari.listings.listing import Listing
    from mimawari.records.manifest import Manifest
    from mimawari.service.catalogue.standings import Standings

# Reasons cost more than the score: they are given where a score might be acted on.
EXPLAINED_FROM = 0.1
MOST_REASONS = 10


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """A marked word (with its place in the listing's text) or a feature behind a score."""

    text: str | None = None
    start: int | None = None
    end: int | None = None
    source: str | None = None
    feature: str | None = None
    value: float | None = None
    weight: float | None = None


class CheckedTopic(msgspec.Struct, frozen=True):
    """Probability that the listing violates a topic, and why; and what its policy asks for.

    ``action`` follows from a score that reached ``threshold``, which ``by`` (a rule, bank or
    model) gave; ``clause`` is what it violates, where the policy says so. In a ``dry_run`` it
    asks for nothing. ``seller`` is there where policy says that the seller is trusted or exempt.
    """

    topic: str
    score: float
    model_score: float | None
    rule_score: float | None
    rules: list[str]
    reasons: list[Reason]
    action: GateAction = GateAction.ALLOW
    threshold: float | None = None
    by: str | None = None
    clause: str | None = None
    policy_version: int | None = None
    dry_run: bool = False
    seller: Standing | None = None


class Checked(msgspec.Struct, frozen=True):
    """Scores of a listing, highest first, under a generation of rules and models.

    ``action`` is the strongest that any topic asks for, dry runs apart.
    """

    generation: int
    topics: list[CheckedTopic]
    failures: dict[str, str]
    action: GateAction = GateAction.ALLOW


def check_listing(
    suite: Suite,
    listing: Listing,
    wanted: Collection[str] | None = None,
    manifest: Manifest | None = None,
    standings: Standings | None = None,
) -> Checked:
    """Score one listing, the highest score first, with reasons and what follows.

    Nothing is asked of the store: policies are those that the suite's rules were compiled from.

    Parameters
    ----------
    wanted
        The topics to tell of, and to follow; all of them where it is left out.
    manifest
        What the suite was built from; it names the versions of policies.
    standings
        What policy says of sellers.
    """
    batch = ListingBatch.of([listing])
    scores = suite.score(batch)
    hits = scores.hits.of(0)
    topics: list[CheckedTopic] = []
    now = datetime.now(UTC)
    for column, topic in enumerate(scores.topics):
        score = scores.score[0, column]
        if np.isnan(score) or (wanted is not None and topic not in wanted):
            continue
        explanation = suite.explain(batch, 0, topic) if score >= EXPLAINED_FROM else None
        mine = [hit for hit in hits if hit.startswith(f"{topic}/")]
        standing = standings.of(listing.seller_id, topic, now) if standings else None
        entry = manifest.topics.get(topic) if manifest else None
        checked = CheckedTopic(
            topic=topic,
            score=round(float(score), 6),
            model_score=_number(scores.model[0, column]),
            rule_score=_number(scores.rules[0, column]),
            rules=mine,
            reasons=_reasons(explanation, listing.text) if explanation else [],
            policy_version=entry.topic_file if entry else None,
            seller=standing,
        )
        topics.append(_with_gate(checked, _gate(suite, topic, float(score), mine, standing)))
    return Checked(suite.generation, _ordered(topics), scores.failures, _strongest(topics))


def _with_gate(checked: CheckedTopic, asked: Gate) -> CheckedTopic:
    """Add what the topic's policy asks for."""
    return msgspec.structs.replace(
        checked,
        action=asked.action,
        threshold=asked.threshold,
        by=asked.by,
        clause=asked.clause,
        dry_run=asked.dry_run,
    )


def _ordered(topics: Iterable[CheckedTopic]) -> list[CheckedTopic]:
    """Put the highest score first."""
    return sorted(topics, key=lambda checked: (-checked.score, checked.topic))


def _strongest(topics: Iterable[CheckedTopic]) -> GateAction:
    """Give the strongest action that any topic asks for, dry runs apart."""
    return max(
        (checked.action for checked in topics if not checked.dry_run),
        key=list(GateAction).index,
        default=GateAction.ALLOW,
    )


def _gate(
    suite: Suite, topic: str, score: float, names: Sequence[str], standing: Standing | None
) -> Gate:
    """Say what a topic's policy asks for."""
    rules = suite.rules
    file = next((f for f in rules.topic_files if f.topic == topic), None) if rules else None
    if rules is None or file is None or file.actions is None:
        return Gate()
    of_banks = {bank.name_of(topic): bank.hit_score for bank in suite.banks if topic in bank.topics}
    hits = [
        RuleHit(name, "", of_banks[name])
        if name in of_banks
        else RuleHit(name, name.partition("/")[2], float(rules.precision[rules.names.index(name)]))
        for name in names
    ]
    model = next((m.version for m in suite.models if topic in m.topics), None)
    return gate(file, score, hits, model, standing)


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _reasons(explanation: Explanation, text: str) -> list[Reason]:
    spans = [span for span in explanation.spans if span.weight >= 0]
    spans.sort(key=lambda span: (not span.source, -round(span.weight, 4)))
    words = [
        Reason(
            text=text[span.start : span.end],
            start=span.start,
            end=span.end,
            weight=round(span.weight, 4),
            source=span.source,
        )
        for span in spans[:MOST_REASONS]
    ]
    features = [
        Reason(feature=feature.name, value=_finite(feature.value), weight=round(feature.weight, 4))
        for feature in explanation.features[: MOST_REASONS // 2]
    ]
    return [*words, *features]


def _finite(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None
