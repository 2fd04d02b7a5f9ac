"""Reads stored scores: a row's columns are those of its generation's manifest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.records.deployment import Slot

if TYPE_CHECKING:
    from mimawari.records.manifest import Manifest
    from mimawari.service.scoring.models import PackedScores


class TopicScore(msgspec.Struct, frozen=True):
    """What was stored of a version for one topic.

    Parameters
    ----------
    score
        What competed for the top K.
    model, model_score, refined
        The model that competed, what it gave, and whether its trees were asked; None where no
        model spoke.
    policy_version
        Version of the topic file in force.
    slots
        Of every deployment: its slot, model and score, in the manifest's order.
    """

    score: float
    model_score: float | None
    rule_score: float | None
    refined: bool
    model: str | None
    policy_version: int
    rules: list[str]
    slots: list[SlotScore]


class SlotScore(msgspec.Struct, frozen=True):
    """What one deployment gave."""

    slot: Slot
    model: str
    score: float | None
    refined: bool


def scores_by_topic(row: PackedScores) -> dict[str, TopicScore]:
    """Unpack a score row; topics of which nothing was said are left out."""
    manifest = row.manifest
    scores = np.frombuffer(bytes(row.scores), "<f4")
    rules = np.frombuffer(bytes(row.rule_scores), "<f4")
    in_canary = np.unpackbits(np.frombuffer(bytes(row.in_canary), np.uint8), bitorder="little")
    slots = _slots(row, manifest)
    return {
        topic: _topic_score(
            row,
            manifest,
            topic,
            slots[topic],
            (float(scores[at]), float(rules[at])),
            bool(len(in_canary) and in_canary[at]),
        )
        for at, topic in enumerate(manifest.topic_order)
        if not np.isnan(scores[at])
    }


def _slots(row: PackedScores, manifest: Manifest) -> dict[str, list[SlotScore]]:
    model_scores = np.frombuffer(bytes(row.model_scores), "<f4")
    refined = np.unpackbits(np.frombuffer(bytes(row.refined), np.uint8), bitorder="little")
    slots: dict[str, list[SlotScore]] = {topic: [] for topic in manifest.topics}
    for at, (topic, deployment) in enumerate(manifest.columns):
        score = number(float(model_scores[at]))
        slots[topic].append(SlotScore(deployment.slot, deployment.model, score, bool(refined[at])))
    return slots


def _topic_score(
    row: PackedScores,
    manifest: Manifest,
    topic: str,
    slots: list[SlotScore],
    score_and_rule: tuple[float, float],
    in_canary: bool,
) -> TopicScore:
    competed_in = Slot.CANARY if in_canary else Slot.CHAMPION
    competed = next((s for s in slots if s.slot == competed_in and s.score is not None), None)
    return TopicScore(
        score=round(score_and_rule[0], 6),
        model_score=competed.score if competed else None,
        rule_score=number(score_and_rule[1]),
        refined=competed.refined if competed else False,
        # One that did not load or failed gave nothing, whatever the generation names.
        model=competed.model if competed else None,
        policy_version=manifest.topics[topic].topic_file,
        rules=[hit for hit in row.rule_hits if hit.startswith(f"{topic}/")],
        slots=slots,
    )


def number(value: float) -> float | None:
    """Round a stored number; None where there is none.

    Examples
    --------
    >>> number(0.1234567), number(math.nan)
    (0.123457, None)
    """
    return None if math.isnan(value) else round(value, 6)


def competing_model(row: PackedScores, topic: str) -> str | None:
    """Name the model whose score competed where it was not the champion's; None where it was."""
    stored = scores_by_topic(row).get(topic)
    champion = row.manifest.topics[topic].champion
    return stored.model if stored and stored.model != champion else None


def model_score(row: PackedScores, topic: str, model: str) -> float:
    """Give what competes where a model is the champion: the larger of its score and the rules'.

    Without a model, that of the rules; NaN where nothing was said, or the model was not deployed.
    """
    manifest = row.manifest
    rule = float(np.frombuffer(bytes(row.rule_scores), "<f4")[manifest.topic_order.index(topic)])
    columns = [at for at, (t, d) in enumerate(manifest.columns) if t == topic and d.model == model]
    if not columns:
        return rule
    return float(np.fmax(np.frombuffer(bytes(row.model_scores), "<f4")[columns[0]], rule))


def competing_score(row: PackedScores, topic: str, model: str) -> float:
    """Give what a champion gave with its trees asked, where that and no rule competed; else NaN."""
    manifest = row.manifest
    if topic not in manifest.topics or manifest.topics[topic].champion != model:
        return math.nan
    at = manifest.topic_order.index(topic)
    column = next(i for i, (t, d) in enumerate(manifest.columns) if (t, d.model) == (topic, model))
    if _bit(row.in_canary, at) or not _bit(row.refined, column):
        return math.nan
    score = float(np.frombuffer(bytes(row.model_scores), "<f4")[column])
    rule = float(np.frombuffer(bytes(row.rule_scores), "<f4")[at])
    return math.nan if rule >= score else score


def _bit(packed: bytes | memoryview, at: int) -> bool:
    bits = bytes(packed)
    return at // 8 < len(bits) and bool(bits[at // 8] >> (at % 8) & 1)
