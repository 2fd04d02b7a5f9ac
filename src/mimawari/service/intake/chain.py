"""All that happened to a listing: versions, pictures, scores, alerts, decisions."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from mimawari.service.intake.models import ListingVersion, Score, State
from mimawari.service.media.models import SnapshotState


def scores_by_topic(score: Score) -> dict[str, dict[str, Any]]:
    """Unpack a score row by the topic order of its generation."""
    manifest = score.generation.manifest
    order = manifest["topic_order"]
    columns = {
        name: np.frombuffer(bytes(packed), "<f4")
        for name, packed in (
            ("score", score.scores),
            ("model_score", score.model_scores),
            ("rule_score", score.rule_scores),
        )
    }
    bits = np.unpackbits(np.frombuffer(bytes(score.refined), np.uint8), bitorder="little")
    found = {}
    for i, topic in enumerate(order):
        if np.isnan(columns["score"][i]):
            continue
        values = {name: _number(column[i]) for name, column in columns.items()}
        entry = manifest["topics"][topic]
        found[topic] = {
            **values,
            "refined": bool(bits[i]),
            # One that did not load or failed gave nothing, whatever the generation names.
            "model": entry.get("model") if values["model_score"] is not None else None,
            "policy_version": entry["topic_file"],
            "rules": [h for h in score.rule_hits if h.startswith(f"{topic}/")],
        }
    return found


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


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
            "topics": scores_by_topic(score),
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
