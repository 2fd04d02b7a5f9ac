"""Whether a topic's probabilities can be trusted, for programs that act on scores."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem
from mimawari.evaluation.trust import ADVICE
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Nothing
from mimawari.service.api.examples import probabilities as examples
from mimawari.service.api.examples.probabilities import Probabilities
from mimawari.service.api.operation import Answer, Call, Operation, RefusedError
from mimawari.service.monitoring.figures import topic_quality
from mimawari.service.releases import generations


class TopicAddress(msgspec.Struct, frozen=True):
    """Which topic."""

    topic: Annotated[str, Meta(pattern=r"^[^\x00]*$", description="A topic in force.")]


@Operation(
    method="GET",
    path="/api/v1/probabilities/{topic}",
    id="getProbabilities",
    tag=tags.QUALITY,
    summary="Whether the probabilities of a topic's model hold, and how they are corrected.",
    permission=Permission.QUALITY,
    parameters=TopicAddress("weapons"),
    body=NO_BODY,
    answers=(Answer(200, "What labels say of them", Probabilities, examples.CORRECTED),),
    refusals={404: "The topic is not in force, or the key has nothing to do with it"},
)
def probabilities(call: Call[TopicAddress, Nothing]) -> Probabilities:
    """Say what labels say of a topic's probabilities, as of when the figures were made."""
    topic, newest = call.parameters.topic, generations.serving()
    in_force = newest.manifest.topics if newest else {}
    if topic not in in_force or not call.holder.authority.concerns(topic):
        raise RefusedError(404, FieldProblem("topic", f"{topic!r} is not in force", "see the list"))
    kept = topic_quality(topic).latest()
    measured = kept.value.probabilities
    return Probabilities(
        topic=topic,
        at=kept.at,
        trust=measured.trust,
        advice=ADVICE[measured.trust],
        model=measured.model,
        labels=measured.labels,
        violations=measured.violations,
        sellers=measured.sellers,
        intercept=measured.correction.intercept,
        slope=measured.correction.slope,
        evidence=measured.evidence,
        evidence_shown=measured.evidence_shown,
    )


ENDPOINTS = (probabilities,)
