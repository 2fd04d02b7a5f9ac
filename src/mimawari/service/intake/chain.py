"""All that happened to a listing: versions, pictures, scores, alerts, decisions."""

from __future__ import annotations

from typing import Any

import msgspec

from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.media.models import SnapshotState
from mimawari.service.scoring.columns import scores_by_topic


def chain(listing_id: str) -> dict[str, Any] | None:
    """Give the whole history of one listing, newest version first; None if unknown."""
    versions = (
        ListingVersion.objects.filter(listing_id=listing_id)
        .select_related("score__generation")
        .prefetch_related("alerts__decisions", "snapshots")
        .order_by("-version")
    )
    told = [_version(one) for one in versions]
    return {"listing_id": listing_id, "versions": told} if told else None


def _version(one: ListingVersion) -> dict[str, Any]:
    score = getattr(one, "score", None)
    return {
        "version": one.version,
        "received_at": one.received_at.isoformat(),
        "state": State(one.state).name.lower(),
        "error": one.error or None,
        "listing": msgspec.json.decode(one.payload),
        "pictures": [
            {
                "url": picture.url,
                "state": SnapshotState(picture.state).name.lower(),
                "sha256": picture.picture_id,
                "problem": picture.problem or None,
            }
            for picture in sorted(one.snapshots.all(), key=lambda p: p.position)
        ],
        "score": None
        if score is None
        else {
            "generation": score.generation_id,
            "scored_at": score.scored_at.isoformat(),
            "picture_text": score.picture_text or None,
            "topics": msgspec.to_builtins(scores_by_topic(score)),
        },
        "alerts": [
            {
                "topic": alert.topic,
                "day": alert.day.isoformat(),
                "score": round(alert.score, 6),
                "state": alert.state,
                "decisions": [
                    {
                        "verdict": d.verdict,
                        "moderator": f"moderator-{d.moderator_id}",
                        "policy_version": d.policy_version,
                        "generation": d.generation_id,
                        "decided_at": d.decided_at.isoformat(),
                    }
                    for d in sorted(alert.decisions.all(), key=lambda d: d.pk)
                ],
            }
            for alert in one.alerts.all()
        ],
    }
