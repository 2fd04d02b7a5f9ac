"""Why a listing is before a moderator: rules, features, known pictures, what it repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mimawari.listings.batch import ListingBatch
from mimawari.service.catalogue.topic_files import topic_file
from mimawari.service.console.texts import in_language
from mimawari.service.media.pictures import pictures_of
from mimawari.service.releases.suites import topic_suite
from mimawari.service.scoring.columns import competing_model
from mimawari.service.scoring.explaining import stored_explanation

if TYPE_CHECKING:
    from mimawari.detectors.banks.detector import Hit
    from mimawari.detectors.base import Explanation
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.listing import Listing
    from mimawari.service.admission.models import Alert
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


class RuleNote(msgspec.Struct, frozen=True):
    """A rule or bank that holds, and why it exists."""

    name: str
    note: str


class FeatureNote(msgspec.Struct, frozen=True):
    """A feature behind a score, and which way it speaks."""

    name: str
    speaks_for: bool
    weight: str


class RelistingNote(msgspec.Struct, frozen=True):
    """A listing that was found to violate, which this one repeats, and that decision."""

    listing_id: str
    clause: str
    text: str
    undone: bool
    in_log: bool


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


def rule_notes(topic: TopicFile, explanation: Explanation) -> list[RuleNote]:
    """Give the rules that hold, each with its note."""
    notes = {f"{topic.topic}/{rule.id}": in_language(rule.note) for rule in topic.rules}
    return [
        RuleNote(rule.partition("/")[2], notes[rule]) for rule in explanation.rules if rule in notes
    ]


def feature_notes(explanation: Explanation) -> list[FeatureNote]:
    """Give the features that weigh most, in words."""
    return [
        FeatureNote(
            str(FEATURES.get(feature.name, feature.name)),
            feature.weight > 0,
            f"{feature.weight:+.2f}",
        )
        for feature in explanation.features[:MOST_FEATURES]
    ]


def relisting_note(earlier: EarlierDecision, topic: TopicFile) -> RelistingNote:
    """Give a listing that was found to violate, and that decision, in words.

    Parameters
    ----------
    topic
        The policy of now, whose clauses a decision names that was taken under none of ours.
    """
    version = earlier.policy_version
    file = topic if version is None else topic_file(topic.topic, version)
    clauses = {clause.key: in_language(clause.text) for clause in file.clauses}
    text = _("found to violate by moderator %(number)s on %(day)s")
    if earlier.past:
        text = _("found to violate elsewhere, by imported reviewer %(number)s on %(day)s")
    return RelistingNote(
        earlier.listing_id,
        clauses.get(earlier.clause or "", ""),
        text % {"number": earlier.moderator, "day": f"{earlier.decided_at:%Y-%m-%d}"},
        earlier.undone,
        earlier.in_log,
    )
