"""What a model did beside the champion: how many listings it scored, and of how many it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.records.deployment import Slot
from mimawari.records.measured import Figure, Measured, Source
from mimawari.service.releases.models import DeploymentChange, Generation
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from mimawari.records.manifest import Manifest

SAMPLE = 2_000


def in_shadow(version: str, topic: str) -> Measured | None:
    """Measure a model that is or was beside the champion; None where it never was.

    Listings are counted; of the newest 2,000 it is seen whether they have a score.
    """
    numbers = _beside(version, topic)
    if not numbers:
        return None
    scored = Score.objects.filter(generation__in=numbers)
    newest = list(scored.order_by("-pk").values_list("generation_id", "model_scores")[:SAMPLE])
    of_sample = Generation.objects.in_bulk({number for number, _ in newest})
    columns = {pk: _column(row.manifest, version, topic) for pk, row in of_sample.items()}
    missing = [bool(np.isnan(np.frombuffer(s, "<f4")[columns[number]])) for number, s in newest]
    figures = [Figure(measure="shadow_listings", value=float(scored.count()))]
    if missing:
        share = sum(missing) / len(missing)
        figures.append(Figure(measure="shadow_missing", value=share, over=len(missing)))
    return Measured(source=Source.SHADOW, figures=tuple(figures))


def _beside(version: str, topic: str) -> list[int]:
    """Give the generations under which the model was beside the topic's champion.

    Generations that changed nothing of the topic count too: they carried it on.
    """
    changes = DeploymentChange.objects.filter(model=version, topic=topic).order_by("generation_id")
    numbers: list[int] = []
    since: int | None = None
    for number, slot in changes.values_list("generation_id", "slot"):
        is_beside = slot in (Slot.SHADOW, Slot.CANARY)
        if since is not None and not is_beside:
            numbers += _between(since, number)
            since = None
        elif since is None and is_beside:
            since = number
    return numbers if since is None else numbers + _between(since, None)


def _between(first: int, after: int | None) -> list[int]:
    during = Generation.objects.filter(pk__gte=first)
    during = during if after is None else during.filter(pk__lt=after)
    return list(during.values_list("pk", flat=True))


def _column(manifest: Manifest, version: str, topic: str) -> int:
    return [(of, d.model) for of, d in manifest.columns].index((topic, version))
