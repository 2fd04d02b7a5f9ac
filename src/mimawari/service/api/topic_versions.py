"""Which version scored a topic at a time, and why that one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Nothing
from mimawari.service.api.examples import topic_versions as examples
from mimawari.service.api.examples.topic_versions import TopicVersions
from mimawari.service.api.operation import Answer, Call, Operation, RefusedError
from mimawari.service.releases.versions import MOST, version_at, versions

GREATEST = 2**63 - 1


class VersionsAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which versions of which topic."""

    topic: Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=40, description="A topic.")]
    at: Annotated[
        str,
        Meta(
            max_length=40,
            pattern=r"^[^\x00]*$",
            description="Only what was in force at this time (ISO 8601; UTC without a zone).",
        ),
    ] = ""
    before: Annotated[
        int, Meta(ge=0, le=GREATEST, description="Only older ones than this generation; 0: all.")
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = 20


@Operation(
    method="GET",
    path="/api/v1/topics/{topic}/versions",
    id="listTopicVersions",
    tag=tags.RELEASES,
    summary="What was in force for a topic, the newest first, with by whom and why.",
    permission=Permission.QUALITY,
    parameters=VersionsAddress("weapons", "", 0, 20),
    body=NO_BODY,
    answers=(Answer(200, "The versions", TopicVersions, examples.VERSIONS),),
    refusals={404: "Nothing was ever in force for it, or the key has nothing to do with it"},
)
def topic_versions(call: Call[VersionsAddress, Nothing]) -> TopicVersions:
    """Say what was in force for a topic, or at one time."""
    asked = call.parameters
    concerns = call.holder.authority.concerns(asked.topic)
    if not concerns or not versions(asked.topic, most=1):
        problem = FieldProblem("topic", f"{asked.topic!r} was never in force", "see the list")
        raise RefusedError(404, problem)
    if asked.at:
        version = version_at(asked.topic, _time(asked.at))
        return TopicVersions(asked.topic, [version] if version else [])
    older = asked.before or None
    return TopicVersions(asked.topic, versions(asked.topic, older, asked.limit))


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = "write 2026-11-02T09:30:00Z"
        raise InvalidInputError(FieldProblem("at", f"is {text!r}", remedy)) from error
    return at.replace(tzinfo=at.tzinfo or UTC)


ENDPOINTS = (topic_versions,)
