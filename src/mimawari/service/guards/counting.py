"""Counts what a watched model gave since the last look."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from mimawari.evaluation.guards.minutes import LEAST_SELLERS
from mimawari.service.guards.scores import draws

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.manifest import Manifest
    from mimawari.service.guards.models import GuardCounts
    from mimawari.service.guards.scores import Draw, Manifests, ScoredRow
    from mimawari.service.scoring.models import DayVolume

SEEN_BITS = 1 << 17
"""Of sellers who were counted today: one who shares a bit is passed over, whatever they sell."""
LEAST_ASKED = 50
"""Listings without which a look says nothing of how long the model takes."""


def count(
    row: GuardCounts, rows: Sequence[ScoredRow], manifests: Manifests, file: TopicFile
) -> None:
    """Count the rows behind the cursor as a minute, each seller once a day; the caller saves."""
    guard = row.guard
    new = [scored for scored in rows if scored.version > row.cursor]
    if not new:
        return
    drawn = draws(
        new,
        manifests,
        lambda m: guard.model if _holds(m, guard.topic, guard.model, guard.slot) else None,
        file,
    )
    taken, seen = _unseen(row, drawn)
    if len(taken) < LEAST_SELLERS:
        return  # the minute goes on
    scores = np.array([draw.score for draw in taken])
    row.counts = row.counts.with_minute(guard.limits, guard.reference, scores)
    row.cursor, row.seen = new[-1].version, seen


def begin_day(row: GuardCounts, day: date) -> None:
    """Forget whom was counted on another day, and what the model had taken by then."""
    if row.day != day:
        row.day, row.seen, row.asked, row.seconds = day, bytes(SEEN_BITS // 8), 0, 0.0


def time(row: GuardCounts, volumes: Sequence[DayVolume], now: datetime) -> None:
    """Count a look as slow where the model took longer than allowed; the caller saves.

    Parameters
    ----------
    volumes
        Of the day, of every scorer.
    """
    of_model = [v.model_seconds.get(row.guard.model, (0, 0.0)) for v in volumes]
    asked, seconds = sum(n for n, _ in of_model), sum(s for _, s in of_model)
    more, took = asked - row.asked, seconds - row.seconds
    row.looked_at = now
    if more < LEAST_ASKED:
        return
    row.asked, row.seconds = asked, seconds
    slow = 1000 * took / more > row.guard.limits.milliseconds
    row.counts = row.counts.with_time(slow)


def _unseen(row: GuardCounts, drawn: Sequence[Draw]) -> tuple[list[Draw], bytes]:
    seen = np.unpackbits(np.frombuffer(bytes(row.seen), np.uint8))
    key = settings.SECRET_KEY.encode()[:64]
    taken = []
    for draw in drawn:
        digest = hashlib.blake2b(
            draw.seller.encode("utf-8", "surrogatepass"), digest_size=8, key=key
        )
        bit = int.from_bytes(digest.digest(), "little") % SEEN_BITS
        if not seen[bit]:
            seen[bit] = 1
            taken.append(draw)
    return taken, np.packbits(seen).tobytes()


def _holds(manifest: Manifest, topic: str, model: str, slot: str) -> bool:
    entry = manifest.topics.get(topic)
    return entry is not None and any(d.model == model and d.slot == slot for d in entry.deployments)
