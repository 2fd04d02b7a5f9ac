"""What a moderator is shown of one alert."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Condition
from mimawari.service.catalogue.topic_files import topic_file, topic_files
from mimawari.service.console.action_words import following
from mimawari.service.console.chips import Chip, chip
from mimawari.service.console.item_pictures import pictures
from mimawari.service.console.presentation import mark
from mimawari.service.console.price_strip import price_box
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.pictures import pictures_of
from mimawari.service.monitoring.calibrations import shown_score
from mimawari.service.monitoring.figures import prices
from mimawari.service.releases.suites import topic_suite
from mimawari.service.review.earlier import repeated
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.columns import competing_model, scores_by_topic
from mimawari.service.scoring.explaining import stored_explanation
from mimawari.service.scoring.measured import unmeasured
from mimawari.service.trials.blind_topics import blind_topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.detectors.banks.detector import Hit
    from mimawari.detectors.base import Explanation
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.listing import Listing
    from mimawari.service.admission.models import Alert
    from mimawari.service.console.presentation import MarkedListing, Picture
    from mimawari.service.console.price_strip import PriceBox
    from mimawari.service.releases.models import Generation
    from mimawari.service.review.earlier import EarlierDecision

MOST_FEATURES = 4
FEATURES = {
    "log_price": gettext_lazy("Price"),
    "log_price_over_median": gettext_lazy("Price within its category"),
    "seller_age_log_days": gettext_lazy("Seller's age"),
    "images": gettext_lazy("Number of images"),
    "rule_hits": gettext_lazy("Rules that hold"),
    "rule_severity": gettext_lazy("Severity of the rules"),
    "word_margin": gettext_lazy("Words"),
    "character_margin": gettext_lazy("Parts of words"),
    "text_margin": gettext_lazy("Text as a whole"),
    "gate_text": gettext_lazy("Text"),
    "gate_table": gettext_lazy("Price, brand, category"),
    "gate_picture": gettext_lazy("Pictures"),
    "member_gbdt": gettext_lazy("Trees' opinion"),
    "member_gmu": gettext_lazy("Network's opinion"),
    "member_linear": gettext_lazy("Opinion of the words"),
    "member_sentences": gettext_lazy("Opinion of the meaning"),
}


def in_language(texts: dict[str, str]) -> str:
    """Choose the text of the user's language, else English, else any."""
    return texts.get(get_language() or "en") or texts.get("en") or next(iter(texts.values()), "")


def topic_names(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Name topics in the user's language, as the given versions of their files do."""
    return {named: in_language(file.title) for named, file in topic_files(wanted).items()}


class RuleNote(msgspec.Struct, frozen=True):
    """A rule or bank that holds, and why it exists."""

    name: str
    note: str


class FeatureNote(msgspec.Struct, frozen=True):
    """A feature behind a score, and which way it speaks."""

    name: str
    speaks_for: bool
    weight: str


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


class RelistingNote(msgspec.Struct, frozen=True):
    """A listing that was found to violate, which this one repeats, and that decision."""

    listing_id: str
    clause: str
    text: str
    undone: bool


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
    stored = scores_by_topic(scored).get(alert.topic)
    measured = stored is None or not unmeasured(stored, scored.manifest)
    topic = topic_file(alert.topic, entry.topic_file)
    notes = {f"{topic.topic}/{rule.id}": in_language(rule.note) for rule in topic.rules}
    shown = pictures(version, listing)
    scores = stored is not None or alert.judged_under is None
    score = _probability(alert) if scores and measured and not blind else ""
    by_model = stored is not None and stored.model_score == stored.score
    return Item(
        alert_id=alert.pk,
        topic_name=in_language(topic.title),
        received_at=version.received_at,
        seller=version.seller_id,
        sensitive=topic.sensitive,
        chip=chip(score, by_model, blind),
        blind=blind,
        erased=version.state == State.ERASED,
        score=score,
        measured=measured,
        marked=mark(listing, explanation.spans),
        pictures=shown,
        covered=topic.sensitive and any(picture.url for picture in shown),
        price=price_box(listing, prices().latest().value),
        policy=in_language(topic.policy),
        policy_version=entry.topic_file,
        rules=[
            *(
                RuleNote(rule.partition("/")[2], notes[rule])
                for rule in explanation.rules
                if rule in notes
            ),
            *known_pictures(generation, listing, alert.topic),
        ],
        features=[
            FeatureNote(
                str(FEATURES.get(feature.name, feature.name)),
                feature.weight > 0,
                f"{feature.weight:+.2f}",
            )
            for feature in explanation.features[:MOST_FEATURES]
        ],
        facts=facts(listing),
        earlier=earlier(version, alert.topic),
        clauses=clauses(topic),
        clause_optional=topic.clause_optional,
        relistings=[
            _relisting(one, alert.topic) for one in repeated(scored.rule_hits, alert.topic)
        ],
        follows=following(topic, topic.severity),
    )


def _relisting(earlier: EarlierDecision, topic: str) -> RelistingNote:
    file = topic_file(topic, earlier.policy_version)
    clauses = {clause.key: in_language(clause.text) for clause in file.clauses}
    said = _("found to violate by moderator %(number)s on %(day)s")
    return RelistingNote(
        earlier.listing_id,
        clauses.get(earlier.clause or "", ""),
        said % {"number": earlier.moderator, "day": f"{earlier.decided_at:%Y-%m-%d}"},
        earlier.undone,
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


def _probability(alert: Alert) -> str:
    """Write how probable it is that an alert's listing violates, as it is shown."""
    return percent(shown_score(alert.scored, alert.topic, alert.score))


def explained(alert: Alert, listing: Listing, blind: bool) -> Explanation:
    """Say why a listing was alerted; blind: what the rules say, which are part of the policy.

    As it was stored with the score, where it was.
    """
    scored, topic = alert.scored, alert.topic
    asked = not blind and alert.rescore is None
    blind = blind or alert.judged_under is not None
    stored = stored_explanation(alert.listing_version_id, topic) if asked else None
    if stored is not None:
        return stored
    suite = topic_suite(alert.generation, topic)
    batch = ListingBatch.of([listing], pictures=pictures_of([listing]))
    if blind:
        return suite.explain_rules(batch, 0, topic)
    return suite.explain(batch, 0, topic, competing_model(scored, topic))


def known_pictures(generation: Generation, listing: Listing, topic: str) -> list[RuleNote]:
    """Say which banks know a picture of a listing, and why they hold it."""
    if not generation.manifest.banks:
        return []
    kept = pictures_of([listing])
    return [
        RuleNote(bank.bank.name, _known(hit))
        for bank in topic_suite(generation, topic).banks
        for hit in bank.hits(listing, kept)
        if hit.entry.topic == topic
    ]


def _known(hit: Hit) -> str:
    text = _("image %(image)s is nearly a known one (%(bits)s of 256 bits differ)")
    words = (hit.entry.note, hit.entry.by, f"{hit.entry.at:%Y-%m-%d}")
    seen = text % {"image": hit.picture, "bits": hit.distance}
    return " · ".join([seen, *(word for word in words if word)])


def percent(score: float) -> str:
    """Give a probability in whole per cent; never a certainty that the model cannot have.

    Examples
    --------
    >>> percent(0.4), percent(0.999), percent(0.001)
    ('40%', '>99%', '<1%')
    """
    if score > 0.99:
        return ">99%"
    return "<1%" if score < 0.01 else f"{score:.0%}"


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


def verdict_text(verdict: str) -> str:
    """Name a verdict in the user's language."""
    return {
        Verdict.VIOLATES: _("Violates"),
        Verdict.DOES_NOT_VIOLATE: _("Does not violate"),
        Verdict.CANNOT_TELL: _("Cannot tell"),
        Verdict.UNDONE: _("Undone"),
    }[Verdict(verdict)]


def condition_text(condition: Condition) -> str:
    """Name a condition in the user's language; nothing where it is unknown."""
    return {
        Condition.NEW: _("new"),
        Condition.LIKE_NEW: _("like new"),
        Condition.GOOD: _("good"),
        Condition.FAIR: _("fair"),
        Condition.POOR: _("poor"),
        Condition.UNKNOWN: "",
    }[condition]
