"""Versions of the moderators' labels: what was kept, and how two differ."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Nothing
from mimawari.service.api.examples import data_sets as examples
from mimawari.service.api.examples.data_sets import DataSetChanges, DataSetList, DataSetSummary
from mimawari.service.api.operation import Answer, Call, Operation, RefusedError
from mimawari.service.catalogue.models import DataSetErasure, DataSetVersion
from mimawari.service.data_sets.reading import by_version, changes

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority

NAME = r"^[a-z0-9][a-z0-9_-]{0,60}$"
UNKNOWN = {404: "Nothing is kept under this name, or the key has nothing to do with it"}
MOST = 1_000
Version = Annotated[
    str, Meta(pattern=NAME, description="A version, or a name: then its newest version.")
]


class ListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which to list."""

    name: Annotated[
        str, Meta(pattern=r"^[a-z0-9_-]{0,40}$", description="Only versions under this name.")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many.")] = 100


class DataSetAddress(msgspec.Struct, frozen=True):
    """Which data set."""

    version: Version


class ChangesAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which two."""

    version: Version
    before: Annotated[str, Meta(pattern=NAME, description="The version that it is compared with.")]
    limit: Annotated[int, Meta(ge=1, le=MOST, description="At most so many labels.")] = 100


@Operation(
    method="GET",
    path="/api/v1/data-sets",
    id="listDataSets",
    tag=tags.RELEASES,
    summary="The data sets that were kept, the newest first.",
    permission=Permission.EXPORT,
    parameters=ListQuery("", 100),
    body=NO_BODY,
    answers=(Answer(200, "The list", DataSetList, examples.LIST),),
)
def list_data_sets(call: Call[ListQuery, Nothing]) -> DataSetList:
    """List data sets of topics that the key has to do with."""
    rows = DataSetVersion.objects.order_by("-created_at", "-pk")
    if call.parameters.name:
        rows = rows.filter(name=call.parameters.name)
    read = rows.iterator(chunk_size=100)
    mine = list(
        islice((r for r in read if _concerns(call.holder.authority, r)), call.parameters.limit)
    )
    removed = set(
        DataSetErasure.objects.filter(pk__in=[row.pk for row in mine]).values_list("pk", flat=True)
    )
    return DataSetList([_summary(row, row.pk in removed) for row in mine])


@Operation(
    method="GET",
    path="/api/v1/data-sets/{version}",
    id="getDataSet",
    tag=tags.RELEASES,
    summary="What a data set holds, and what its checks found.",
    permission=Permission.EXPORT,
    parameters=DataSetAddress("weapons-0123456789ab"),
    body=NO_BODY,
    answers=(Answer(200, "Its card", DataSetSummary, examples.SUMMARY),),
    refusals=UNKNOWN,
)
def get_data_set(call: Call[DataSetAddress, Nothing]) -> DataSetSummary:
    """Give a data set's card."""
    stored = _kept(call.holder.authority, call.parameters.version)
    return _summary(stored, DataSetErasure.objects.filter(pk=stored.pk).exists())


@Operation(
    method="GET",
    path="/api/v1/data-sets/{version}/changes",
    id="getDataSetChanges",
    tag=tags.RELEASES,
    summary="Which labels came, went and changed since another version, and why.",
    permission=Permission.EXPORT,
    parameters=ChangesAddress("weapons-0123456789ab", "weapons-ba9876543210", 100),
    body=NO_BODY,
    answers=(Answer(200, "What differs", DataSetChanges, examples.CHANGES),),
    refusals={**UNKNOWN, 409: "The rows of one were removed or are damaged"},
)
def get_changes(call: Call[ChangesAddress, Nothing]) -> DataSetChanges:
    """Compare two data sets."""
    asked = call.parameters
    after = _kept(call.holder.authority, asked.version)
    before = _kept(call.holder.authority, asked.before)
    try:
        changed = changes(before, after)
    except InvalidInputError as error:
        raise RefusedError(409, error.problems[0]) from error
    return DataSetChanges(before.pk, after.pk, len(changed), changed[: asked.limit])


def _kept(authority: Authority, version: str) -> DataSetVersion:
    try:
        stored = by_version(version)
    except InvalidInputError as error:
        raise RefusedError(404, error.problems[0]) from error
    if not _concerns(authority, stored):
        problem = FieldProblem("data set", f"{version!r} is not there", "see the list")
        raise RefusedError(404, problem)
    return stored


def _concerns(authority: Authority, stored: DataSetVersion) -> bool:
    """Whether all of its topics concern whoever asks: their labels stand in one row."""
    return all(authority.concerns(topic) for topic in stored.card.topics)


def _summary(stored: DataSetVersion, removed: bool) -> DataSetSummary:
    return DataSetSummary(stored.pk, stored.created_at, stored.actor, removed, stored.card)


# The longer path first: a version could end with it.
ENDPOINTS = (list_data_sets, get_changes, get_data_set)
