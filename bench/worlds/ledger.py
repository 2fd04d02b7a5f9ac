"""A store with listings, scores and decisions in it, written as the service writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from operator import attrgetter

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from bench.acting import BENCH
from mimawari.listings.listing import Listing
from mimawari.records.manifest import Manifest
from mimawari.records.principal import Principal
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert
from mimawari.service.audit.bulk import commit
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import prepared
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases import generations
from mimawari.service.releases.models import Generation
from mimawari.service.review.event_kinds import DECISION, decision_details
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.scoring.models import Score


def prepare(listings: int = 100) -> Alert:
    """Put a generation in force, take listings in, score them, and open an alert."""
    anna.cache_clear()
    generation_in_force.cache_clear()
    roles.add("anna", None, "moderator", BENCH)
    generations.advance(Manifest(), BENCH, "set-up")
    log.append(drawn(listings))
    with transaction.atomic():
        versions = list(ListingVersion.objects.order_by("pk"))
        made = Score.objects.bulk_create(scored(versions))
        commit(SCORES, map(attrgetter(SCORES.key, *SCORES.columns), made))
    now = timezone.now()
    return Alert.objects.create(
        listing_version=versions[0],
        topic="weapons",
        day=now.date(),
        score=0.5,
        priority=0.5,
        created_at=now,
    )


def drawn(count: int, first: int = 0) -> list[Listing]:
    """Listings with a text of the usual length."""
    text = "a cup of the usual kind, hardly used, from a home without pets " * 8
    return [
        Listing(id=f"L{i}", version=1, seller_id=f"s{i % 50}", title=f"cup {i}", description=text)
        for i in range(first, first + count)
    ]


def scored(versions: Sequence[ListingVersion]) -> Iterator[Score]:
    """Scores of twenty topics for each."""
    generation, now = generation_in_force(), timezone.now()
    for version in versions:
        yield Score(
            listing_version=version,
            generation=generation,
            day=now.date(),
            scored_at=now,
            scores=version.pk.to_bytes(4, "little") * 20,
            model_scores=b"\0" * 80,
            rule_scores=b"\0" * 80,
            refined=b"\0" * 3,
        )


@cache
def anna() -> User:
    """The moderator who decides everything."""
    return roles.find("anna")


@cache
def generation_in_force() -> Generation:
    """The generation every decision names."""
    return Generation.objects.latest("pk")


def decide(alert: Alert, count: int) -> None:
    """Write decisions with their events, within the caller's transaction."""
    generation, moderator, now = generation_in_force(), anna(), timezone.now()
    principal = Principal("user", str(moderator.pk), moderator.username)
    decisions = Decision.objects.bulk_create(
        Decision(
            alert=alert,
            moderator_id=moderator.pk,
            verdict=Verdict.VIOLATES,
            policy_version=1,
            generation=generation,
            decided_at=now,
            seconds=1.5,
        )
        for _ in range(count)
    )
    Event.objects.bulk_create(
        prepared(DECISION, row.pk, principal, decision_details(row)) for row in decisions
    )
