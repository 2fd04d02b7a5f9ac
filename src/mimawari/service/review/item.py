"""What a moderator is shown of one alert."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mimawari.detectors.base import Explanation
from mimawari.detectors.topicfile import TopicFile, parse
from mimawari.listings.batch import ListingBatch
from mimawari.listings.currency import from_minor
from mimawari.listings.listing import Listing
from mimawari.listings.prices import PriceReference
from mimawari.service.intake.models import ListingVersion
from mimawari.service.ops.commands import recent_listings
from mimawari.service.ops.models import TopicFileVersion
from mimawari.service.ops.suites import suite_of
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.review.on_trial import blind_topics
from mimawari.service.review.presentation import mark, picture
from mimawari.service.review.price_strip import price_strip

if TYPE_CHECKING:
    from mimawari.service.review.models import Alert

MOST_FEATURES = 4
PRICES_FROM = 20_000
PRICES_KEPT_SECONDS = 300.0
_prices: dict[str, tuple[float, PriceReference]] = {}


def in_language(texts: dict[str, str]) -> str:
    """Choose the text of the user's language, else English, else any."""
    return texts.get(get_language() or "en") or texts.get("en") or next(iter(texts.values()), "")


def topic_file(topic: str, version: int) -> TopicFile:
    """Read a stored topic file."""
    stored = TopicFileVersion.objects.get(topic=topic, version=version)
    return parse(stored.text, f"{topic}.{stored.format}")


def prices() -> PriceReference:
    """Give the prices of recent listings, at most a few minutes old."""
    until, reference = _prices.get("recent", (0.0, None))
    if reference is None or until < time.monotonic():
        reference = PriceReference.fit(recent_listings(PRICES_FROM))
        _prices["recent"] = (time.monotonic() + PRICES_KEPT_SECONDS, reference)
    return reference


def build_item(alert: Alert) -> dict[str, Any]:
    """Gather the listing, its marks and reasons, the policy and the seller's history."""
    version = alert.listing_version
    listing = msgspec.json.decode(version.payload, type=Listing)
    generation = version.score.generation
    blind = alert.topic in blind_topics()
    told = explained(generation.number, listing, alert.topic, blind)
    entry = generation.manifest["topics"][alert.topic]
    topic = topic_file(alert.topic, entry["topic_file"])
    notes = {f"{topic.topic}/{rule.id}": rule.note for rule in topic.rules}
    level = prices().level(listing)
    shown = [picture(url, settings.CONFIG.image_origins) for url in listing.image_urls]
    return {
        "alert_id": alert.pk,
        "topic_name": in_language(topic.title),
        "sensitive": topic.sensitive,
        "blind": blind,
        "score": "" if blind else f"{alert.score:.0%}",
        "marked": mark(listing, told.spans),
        "pictures": shown,
        "strip": price_strip(listing.price_minor or 0, level.quantiles) if level else None,
        "price": price_text(listing),
        "policy": in_language(topic.policy),
        "policy_version": entry["topic_file"],
        "rules": [{"name": r.partition("/")[2], "note": notes.get(r, "")} for r in told.rules],
        "features": [
            {"name": f.name, "value": f"{f.value:.3g}", "weight": f"{f.weight:+.2f}"}
            for f in told.features[:MOST_FEATURES]
        ],
        "facts": facts(listing),
        "earlier": earlier(version, alert.topic),
    }


def explained(generation: int, listing: Listing, topic: str, blind: bool) -> Explanation:
    """Say why a listing was alerted; blind: what the rules say, which are part of the policy."""
    suite, batch = suite_of(generation), ListingBatch.of([listing])
    if not blind:
        return suite.explain(batch, 0, topic)
    return suite.rules.explain(batch, 0, topic) if suite.rules else Explanation()


def price_text(listing: Listing) -> str:
    """Give the price in major units, as '12.50 USD'."""
    if listing.price_minor is None or listing.currency is None:
        return ""
    return f"{from_minor(listing.price_minor, listing.currency):,} {listing.currency}"


def facts(listing: Listing) -> list[dict[str, Any]]:
    """Give what is known of the goods and of the seller."""
    same = ListingVersion.objects.filter(seller_id=listing.seller_id)
    violations = Decision.objects.filter(
        alert__listing_version__seller_id=listing.seller_id,
        verdict=Verdict.VIOLATES,
        replaced_by=None,
    )
    since = listing.seller_created_at
    age = _("%s days") % (timezone.now() - since).days if since else ""
    rows = [
        (_("Listing"), listing.id),
        (_("Seller"), listing.seller_id),
        (_("Seller's age"), age),
        (_("Seller's listings"), same.values("listing_id").distinct().count()),
        (_("Seller's violations"), violations.count()),
        (_("Brand"), listing.brand or ""),
        (_("Category"), " › ".join(listing.category)),
        (_("Condition"), listing.condition),
        *listing.attributes.items(),
    ]
    return [{"name": name, "value": value} for name, value in rows if value != ""]


def earlier(version: ListingVersion, topic: str) -> list[str]:
    """Give the decisions on other versions and topics of the same listing, newest first.

    Not those on the case itself: who judges a second time judges for themselves.
    """
    found = (
        Decision.objects.filter(
            alert__listing_version__listing_id=version.listing_id, replaced_by=None
        )
        .exclude(verdict=Verdict.UNDONE)
        .exclude(alert__listing_version=version, alert__topic=topic)
        .select_related("alert__listing_version")
        .order_by("-id")[:10]
    )
    return [
        f"v{d.alert.listing_version.version} · {d.alert.topic} · {verdict_text(d.verdict)} · "
        f"{d.decided_at:%Y-%m-%d}"
        for d in found
    ]


def verdict_text(verdict: str) -> str:
    """Name a verdict in the user's language."""
    return {
        Verdict.VIOLATES: _("Violates"),
        Verdict.DOES_NOT_VIOLATE: _("Does not violate"),
        Verdict.CANNOT_TELL: _("Cannot tell"),
        Verdict.UNDONE: _("Undone"),
    }[Verdict(verdict)]
