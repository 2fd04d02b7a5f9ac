"""What a moderator is shown of one alert."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.service.catalogue.topic_files import topic_file
from mimawari.service.console.action_words import following
from mimawari.service.console.chips import Chip, chip
from mimawari.service.console.item_pictures import pictures
from mimawari.service.console.item_reasons import (
    FeatureNote,
    RelistingNote,
    RuleNote,
    explained,
    feature_notes,
    known_pictures,
    relisting_note,
    rule_notes,
)
from mimawari.service.console.presentation import mark
from mimawari.service.console.price_strip import price_box
from mimawari.service.console.texts import (
    condition_text,
    in_language,
    percent,
    topic_names,
    verdict_text,
)
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.monitoring.calibrations import shown_score
from mimawari.service.monitoring.figures import prices
from mimawari.service.review.earlier import repeated
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.columns import scores_by_topic
from mimawari.service.scoring.measured import unmeasured
from mimawari.service.trials.blind_topics import blind_topics

if TYPE_CHECKING:
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.listing import Listing
    from mimawari.service.admission.models import Alert
    from mimawari.service.console.presentation import MarkedListing, Picture
    from mimawari.service.console.price_strip import PriceBox


class Fact(msgspec.Struct, frozen=True):
    """Something known of the goods or the seller."""

    name: str
    value: str | int


class ClauseChoice(msgspec.Struct, frozen=True):
    """A clause that a violation may be said to break, in the user's language.

    ``follows`` are the actions, where they differ from those of the topic.
    """

    key: str
    text: str
    follows: str = ""


class Item(msgspec.Struct, frozen=True):
    """What a moderator is shown of one alert.

    ``score`` is empty where they judge blind, and where it would be the severity of a rule of
    which nothing is ``measured`` yet.
    """

    alert_id: int
    topic_name: str
    received_at: datetime
    seller: str
    sensitive: bool
    blind: bool
    erased: bool
    chip: Chip
    score: str
    measured: bool
    marked: MarkedListing
    pictures: list[Picture]
    covered: bool
    price: PriceBox
    policy: str
    policy_version: int
    rules: list[RuleNote]
    features: list[FeatureNote]
    facts: list[Fact]
    earlier: list[str]
    clauses: list[ClauseChoice]
    clause_optional: bool
    relistings: list[RelistingNote]
    follows: list[str]


def build_item(alert: Alert) -> Item:
    """Gather the listing, its marks and reasons, the policy and the seller's history."""
    version = alert.listing_version
    scored = alert.scored
    listing = scored_listing(version.payload, scored.picture_text)
    generation = alert.generation
    blind = alert.topic in blind_topics()
    explanation = explained(alert, listing, blind)
    entry = generation.manifest.topics[alert.topic]
    topic = topic_file(alert.topic, entry.topic_file)
    shown, given = pictures(version, listing), _score(alert, blind)
    return Item(
        alert_id=alert.pk,
        topic_name=in_language(topic.title),
        received_at=version.received_at,
        seller=version.seller_id,
        sensitive=topic.sensitive,
        chip=chip(given.text, given.by_model, blind),
        blind=blind,
        erased=version.state == State.ERASED,
        score=given.text,
        measured=given.measured,
        marked=mark(listing, explanation.spans),
        pictures=shown,
        covered=topic.sensitive and any(picture.url for picture in shown),
        price=price_box(listing, prices().latest().value),
        policy=in_language(topic.policy),
        policy_version=entry.topic_file,
        rules=[
            *rule_notes(topic, explanation),
            *known_pictures(generation, listing, alert.topic),
        ],
        features=feature_notes(explanation),
        facts=facts(listing),
        earlier=earlier(version, alert.topic),
        clauses=clauses(topic),
        clause_optional=topic.clause_optional,
        relistings=[
            relisting_note(decision, topic) for decision in repeated(scored.rule_hits, alert.topic)
        ],
        follows=following(topic, topic.severity),
    )


def clauses(topic: TopicFile) -> list[ClauseChoice]:
    """Give the clauses of a policy, each with what follows where that is special to it."""
    usual = following(topic, topic.severity)
    choices = []
    for clause in topic.clauses:
        follows = following(topic, clause.severity or topic.severity)
        own = " · ".join(follows) if follows != usual else ""
        choices.append(ClauseChoice(clause.key, in_language(clause.text), own))
    return choices


class ShownScore(NamedTuple):
    """A score as it is written, empty where it is not shown, and where it comes from."""

    text: str
    by_model: bool
    measured: bool


def _score(alert: Alert, blind: bool) -> ShownScore:
    """Write how probable it is that an alert's listing violates, where that may be said."""
    scored = alert.scored
    stored = scores_by_topic(scored).get(alert.topic)
    measured = stored is None or not unmeasured(stored, scored.manifest)
    has_one = stored is not None or alert.judged_under is None
    text = ""
    if has_one and measured and not blind:
        text = percent(shown_score(scored, alert.topic, alert.score))
    by_model = stored is not None and stored.model_score == stored.score
    return ShownScore(text, by_model, measured)


def facts(listing: Listing) -> list[Fact]:
    """Give what is known of the goods and of the seller."""
    same = ListingVersion.objects.filter(seller_id=listing.seller_id)
    violations = Decision.objects.filter(
        alert__listing_version__seller_id=listing.seller_id,
        verdict=Verdict.VIOLATES,
        replaced_by=None,
    )
    since = listing.seller_created_at
    days = max(0, (timezone.now() - since).days) if since else 0
    age = ngettext("%(days)s day", "%(days)s days", days) % {"days": days} if since else ""
    rows: list[tuple[str, str | int]] = [
        (_("Listing"), listing.id),
        (_("Seller"), listing.seller_id),
        (_("Seller's age"), age),
        (_("Seller's listings"), same.values("listing_id").distinct().count()),
        (_("Seller's violations"), violations.count()),
        (_("Brand"), listing.brand or ""),
        (_("Category"), " › ".join(listing.category)),
        (_("Condition"), condition_text(listing.condition)),
        *((name, str(value)) for name, value in listing.attributes.items()),
    ]
    if not listing.seller_id:  # erased: nothing is known of whoever it was
        rows = rows[:1]
    return [Fact(name, value) for name, value in rows if value != ""]


def earlier(version: ListingVersion, topic: str) -> list[str]:
    """Give the decisions on other versions and topics of the same listing, newest first.

    Not those on the case itself: who judges a second time judges for themselves.
    """
    decisions = (
        Decision.objects.filter(
            alert__listing_version__listing_id=version.listing_id, replaced_by=None
        )
        .exclude(verdict=Verdict.UNDONE)
        .exclude(alert__listing_version=version, alert__topic=topic)
        .select_related("alert__listing_version")
        .order_by("-id")[:10]
    )
    names = topic_names((d.alert.topic, d.policy_version) for d in decisions)
    return [
        f"v{d.alert.listing_version.version} · {names[d.alert.topic, d.policy_version]} · "
        f"{verdict_text(d.verdict)} · {d.decided_at:%Y-%m-%d}"
        for d in decisions
    ]
