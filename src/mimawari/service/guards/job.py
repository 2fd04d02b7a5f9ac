"""What the keeper does each minute: begin, look, act, end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.records.deployment import Slot
from mimawari.service.alarms import watching
from mimawari.service.guards.acting import ALARMS, act, condition_of, note_breach, standings
from mimawari.service.guards.beginning import begin
from mimawari.service.guards.counting import begin_day, count, time
from mimawari.service.guards.models import GuardBreach, GuardCounts
from mimawari.service.guards.scores import Manifests, newest_rows
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.releases.models import GoldenCheck
from mimawari.service.scoring.models import DayVolume

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.records.manifest import Manifest
    from mimawari.service.platform.leases import HeldLease

EVERY_SECONDS = 60.0
KEPT_CHECKS = timedelta(days=30)


class GuardKeeper:
    """Watches models in force, for the whole installation.

    Parameters
    ----------
    lease
        Of the keeper: what another one did meanwhile counts, and this one's look does not.
    """

    def __init__(self, lease: HeldLease) -> None:
        self._lease = lease
        self._manifests = Manifests()

    def work(self) -> None:
        """Look once."""
        begin(self._lease.guard)
        serving = generations.serving()
        if serving is None:
            return
        now = clock.database_now()
        self._settle(now)
        numbers = self._open()
        if not numbers:
            return
        cursors = GuardCounts.objects.filter(pk__in=numbers).values_list("cursor", flat=True)
        rows = newest_rows(min(cursors))
        self._manifests.read(rows)
        files = generations.topic_files(serving.manifest)
        volumes = list(DayVolume.objects.filter(day=now.date()))
        for number in numbers:
            with transaction.atomic():
                self._lease.guard()
                open_ = GuardCounts.objects.select_for_update(of=("self",)).select_related("guard")
                row = open_.get(pk=number)
                guard = row.guard
                if _ended(row, serving.manifest, now) or guard.topic not in files:
                    row.ended_at = now
                    row.save(update_fields=("ended_at",))
                    continue
                begin_day(row, now.date())
                count(row, rows, self._manifests, files[guard.topic])
                time(row, volumes, now)
                breach = note_breach(row, standings(row))
                row.save()
            if breach is not None:
                GuardCounts.objects.filter(pk=number).update(problem=act(breach))

    @staticmethod
    def _open() -> list[int]:
        rows = GuardCounts.objects.filter(ended_at=None).order_by("pk")
        return list(rows.values_list("pk", flat=True))

    @staticmethod
    def _settle(now: datetime) -> None:
        """Say that what was breached is no more, where its model left; forget old checks."""
        wanted = {c for c in watching.open_conditions(*ALARMS.values()) if c.stream == "guard"}
        if wanted:
            left = GuardBreach.objects.exclude(guard__counted__ended_at=None)
            models = {condition.deployment for condition in wanted}
            for breach in left.filter(guard__model__in=models).select_related("guard"):
                if (condition := condition_of(breach)) in wanted:
                    watching.absent(condition, now)
        GoldenCheck.objects.filter(at__lt=now - KEPT_CHECKS).delete()


def _ended(row: GuardCounts, manifest: Manifest, now: datetime) -> bool:
    """Whether the model left its slot, or has been watched for long enough."""
    guard = row.guard
    entry = manifest.topics.get(guard.topic)
    in_slot = entry is not None and any(
        d.model == guard.model and d.slot == guard.slot for d in entry.deployments
    )
    over = guard.slot == Slot.CHAMPION and now - guard.at > timedelta(days=guard.limits.days)
    breached = GuardBreach.objects.filter(guard=guard).exists()
    return not in_slot or (over and not breached)
