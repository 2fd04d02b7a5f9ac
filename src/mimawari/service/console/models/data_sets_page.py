"""The page that lists data sets: series by name, each with its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils.http import urlencode

from mimawari.service.catalogue.models import DataSetErasure, DataSetVersion
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.service.accounts.permissions import Authority

MOST_SERIES, MOST_OF_EACH, MOST = 25, 3, 50


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version as a line of the list."""

    version: str
    topics: str
    labels: int
    violating: int
    listings: int
    until: datetime | None
    at: datetime
    by: str
    erased: bool


class Series(msgspec.Struct, frozen=True):
    """The versions under one name, the newest first; ``more`` is where the others are."""

    name: str
    rows: list[VersionRow]
    more: str


class DataSetsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Series; ``following`` is the address of the page that follows."""

    name: str
    series: list[Series]
    following: str


def all_series(authority: Authority, after: str) -> DataSetsPage:
    """Give series by name, each with its newest versions."""
    names = DataSetVersion.objects.filter(name__gt=after).order_by("name")
    listed = list(names.values_list("name", flat=True).distinct()[: MOST_SERIES + 1])
    rank = Window(
        RowNumber(), partition_by=F("name"), order_by=(F("created_at").desc(), F("id").desc())
    )
    newest = DataSetVersion.objects.filter(name__in=listed[:MOST_SERIES]).annotate(rank=rank)
    mine = _mine(newest.filter(rank__lte=MOST_OF_EACH + 1).order_by("name", "rank"), authority)
    by_name: dict[str, list[DataSetVersion]] = {}
    for stored in mine:
        by_name.setdefault(stored.name, []).append(stored)
    rows = _rows([version for of in by_name.values() for version in of[:MOST_OF_EACH]])
    series = [
        Series(
            name,
            [rows[version.pk] for version in of[:MOST_OF_EACH]],
            f"?{urlencode({'name': name})}" if len(of) > MOST_OF_EACH else "",
        )
        for name, of in by_name.items()
    ]
    last = listed[MOST_SERIES - 1] if len(listed) > MOST_SERIES else ""
    following = f"?{urlencode({'after': last})}" if last else ""
    return DataSetsPage(name="", series=series, following=following)


def one_series(name: str, authority: Authority, before: str) -> DataSetsPage:
    """Give the versions of one series, the newest first."""
    stored = DataSetVersion.objects.filter(name=name).order_by("-created_at", "-pk")
    last = DataSetVersion.objects.filter(pk=before).first() if before else None
    if last is not None:
        at = last.created_at
        stored = stored.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=last.pk))
    listed = list(stored[: MOST + 1])
    shown = _mine(listed[:MOST], authority)
    rows = _rows(shown)
    older = f"?{urlencode({'name': name, 'before': listed[MOST - 1].pk})}" if listed[MOST:] else ""
    series = [Series(name, [rows[version.pk] for version in shown], "")] if shown else []
    return DataSetsPage(name=name, series=series, following=older)


def concerns(authority: Authority, stored: DataSetVersion) -> bool:
    """Whether all of its topics concern somebody: their labels stand in one row."""
    return all(authority.concerns(topic) for topic in stored.card.topics)


def _mine(
    stored: Iterable[DataSetVersion] | QuerySet[DataSetVersion], authority: Authority
) -> list[DataSetVersion]:
    return [version for version in stored if concerns(authority, version)]


def _rows(stored: list[DataSetVersion]) -> dict[str, VersionRow]:
    erased = set(
        DataSetErasure.objects.filter(pk__in=[version.pk for version in stored]).values_list(
            "pk", flat=True
        )
    )
    names = titles_in_force()
    return {
        version.pk: VersionRow(
            version=version.pk,
            topics=", ".join(names.get(topic, topic) for topic in version.card.topics),
            labels=sum(topic.labels for topic in version.card.topics.values()),
            violating=sum(topic.violating for topic in version.card.topics.values()),
            listings=version.card.rows,
            until=version.card.origin.until,
            at=version.created_at,
            by=version.actor,
            erased=version.pk in erased,
        )
        for version in stored
    }
