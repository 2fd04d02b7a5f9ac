"""Learns from decisions what answers are worth, for every second stage in force."""

from __future__ import annotations

from mimawari.detectors.second_stage.weighing import learn
from mimawari.service.admission.models import Answer, AnswerState, StageWeights
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.review.labels import labels

# The newest count: a seller's ways change, and so may the model behind its name.
MOST_DECISIONS = 20_000


def learn_weights() -> int:
    """Note new weights where decisions came since the last; gives for how many stages."""
    newest = generations.serving()
    stages = {
        topic: entry.stage
        for topic, entry in (newest.manifest.topics if newest else {}).items()
        if entry.stage
    }
    return sum(_learn(topic, stage.version) for topic, stage in stages.items())


def _learn(topic: str, stage: str) -> bool:
    rows = Answer.objects.filter(stage=stage, state=AnswerState.ANSWERED)
    columns = ("listing_version_id", "question__score", "violates")
    answers = {version: pair for version, *pair in rows.values_list(*columns)}
    if not answers:
        return False
    known = [
        (label.decided_at, label.version, label.value)
        for label in labels(topic)
        if label.version in answers and not label.searched
    ]
    known = sorted(known)[-MOST_DECISIONS:]
    violations = sum(value for *_, value in known)
    last = StageWeights.objects.filter(stage=stage).order_by("-id").first()
    counted = (last.decisions, last.violations) if last else (0, 0)
    if counted == (len(known), violations):
        return False
    pairs = [answers[version] for _, version, _ in known]
    weights = learn(
        [score for score, _ in pairs],
        [answer for _, answer in pairs],
        [value for *_, value in known],
    )
    StageWeights.objects.create(
        topic=topic,
        stage=stage,
        intercept=weights.intercept,
        slope=weights.slope,
        weight=weights.weight,
        decisions=len(known),
        violations=violations,
        at=clock.database_now(),
    )
    return True
