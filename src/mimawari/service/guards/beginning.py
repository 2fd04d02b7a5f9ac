"""Which models are watched: what came into force along the paved way, and what was usual before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.evaluation.guards.judge import Counts
from mimawari.evaluation.guards.reference import LEAST, usual
from mimawari.records.deployment import Slot
from mimawari.service.audit.record import record
from mimawari.service.guards.event_kinds import GUARD, guard_details
from mimawari.service.guards.models import Guard, GuardCounts
from mimawari.service.guards.principal import GUARDS
from mimawari.service.guards.scores import Manifests, draws, rows_before
from mimawari.service.platform import clock
from mimawari.service.releases import gates, generations
from mimawari.service.releases.models import DeploymentChange, Release
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mimawari.evaluation.guards.policy import Guards
    from mimawari.evaluation.guards.reference import Reference
    from mimawari.records.manifest import Manifest

REFERENCE_ROWS = 40_000
WATCHED = (Slot.CHAMPION, Slot.CANARY)


class Deployed(msgspec.Struct, frozen=True):
    """A model in a slot of a topic, and since when."""

    topic: str
    model: str
    slot: str
    generation: int
    at: datetime


def unwatched(manifest: Manifest) -> list[Deployed]:
    """Give what is in force and has no guard; three queries, however much is in force.

    What the topic went back to is not watched: it served before.
    """
    deployed = _deployed(manifest)
    numbers = {d.generation for d in deployed}
    names = ("topic", "model", "slot", "generation_id")
    watched = set(Guard.objects.filter(generation__in=numbers).values_list(*names))
    back = Release.objects.filter(generation__in=numbers, back=True)
    returned = set(back.values_list("model", "generation_id"))
    return [
        d
        for d in deployed
        if (d.topic, d.model, d.slot, d.generation) not in watched
        and (d.model, d.generation) not in returned
    ]


def _deployed(manifest: Manifest) -> list[Deployed]:
    slots = {(t, d.model): d.slot for t, d in manifest.columns if d.slot in WATCHED}
    rows = DeploymentChange.objects.filter(model__in={model for _, model in slots})
    latest: dict[tuple[str, str], Deployed] = {}
    for change in rows.order_by("generation"):
        key, before = (change.topic, change.model), latest.get((change.topic, change.model))
        if before is not None and before.slot == change.slot:
            continue  # its share of the sellers changed
        latest[key] = Deployed(
            change.topic, change.model, change.slot, change.generation_id, change.at
        )
    return [
        latest[key] for key, slot in slots.items() if key in latest and latest[key].slot == slot
    ]


def begin(guard_lease: Callable[[], None]) -> int:
    """Begin to watch what came into force; gives how many guards began.

    Parameters
    ----------
    guard_lease
        Keeps other keepers out until the transaction ends.
    """
    serving = generations.serving()
    if serving is None:
        return 0
    policy, now, begun = None, clock.database_now(), 0
    for deployed in unwatched(serving.manifest):
        policy = policy or gates.gates_in_force()
        limits = policy.policy.guards_of(deployed.topic)
        if limits.act == "off" or _is_over(deployed.slot, deployed.at, limits, now):
            continue
        reference = _reference(deployed, serving.manifest, limits)
        with transaction.atomic():
            guard_lease()
            _begin(deployed, limits, policy.sha256, reference, now)
        begun += 1
    return begun


def _is_over(slot: str, at: datetime, limits: Guards, now: datetime) -> bool:
    return slot == Slot.CHAMPION and now - at > timedelta(days=limits.days)


def _begin(
    deployed: Deployed, limits: Guards, sha256: str, reference: Reference | None, now: datetime
) -> None:
    guard = Guard.objects.create(
        topic=deployed.topic,
        model=deployed.model,
        slot=deployed.slot,
        generation_id=deployed.generation,
        at=deployed.at,
        limits=limits,
        gates=sha256,
        reference=reference,
    )
    before = Score.objects.filter(generation__lt=deployed.generation).order_by("-pk")
    cursor = before.values_list("pk", flat=True).first() or 0
    GuardCounts.objects.create(guard=guard, cursor=cursor, counts=Counts(), looked_at=now)
    record(GUARD, guard.pk, GUARDS, guard_details(guard), f"{guard.slot} of {guard.topic}")


def _reference(deployed: Deployed, manifest: Manifest, limits: Guards) -> Reference | None:
    """Give what was usual: of the model itself where it scored before, else of whom it follows.

    None where rules alone were in force, or fewer sellers were seen than a reference takes.
    """
    rows, manifests = rows_before(deployed.generation, REFERENCE_ROWS), Manifests()
    manifests.read(rows)
    (file,) = generations.topic_files(manifest.only(deployed.topic)).values()
    topic, model, chance = deployed.topic, deployed.model, limits.error_chance / 2
    own = draws(rows, manifests, lambda m: model if _has(m, topic, model) else None, file)
    if len(own) >= LEAST:
        return usual(model, [draw.score for draw in own], chance)
    newest = manifests[rows[0].generation] if rows else None
    before = newest.topics[topic].champion if newest and topic in newest.topics else None
    if before is None:
        return None
    followed = draws(rows, manifests, lambda m: before if _has(m, topic, before) else None, file)
    return usual(before, [draw.score for draw in followed], chance)


def _has(manifest: Manifest, topic: str, model: str) -> bool:
    entry = manifest.topics.get(topic)
    return entry is not None and any(d.model == model for d in entry.deployments)
