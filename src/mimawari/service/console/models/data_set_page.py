"""What the page of a data set is given: its card, and who learnt from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.service.catalogue.models import DataSetErasure, DataSetVersion, ModelVersion
from mimawari.service.console.flows.runs_page import RunRow, runs_beside
from mimawari.service.console.models.data_set_words import (
    check_text,
    level_text,
    measure_text,
)
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.flows.models import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.datasets.card import Card, TopicCard
    from mimawari.datasets.finding import Finding
    from mimawari.service.accounts.permissions import Authority

MOST_MODELS, MOST_OTHERS = 50, 30


class TopicRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set holds of a topic."""

    name: str
    card: TopicCard
    other: int
    policy_versions: str


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A check, in words."""

    name: str
    topic: str
    level: str
    style: str
    measured: str
    limit: str
    problem: str
    remedy: str


class ModelRow(msgspec.Struct, frozen=True):
    """A model that learnt from it."""

    version: str
    topic: str
    kind: str


class DataSetPage(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its card in words."""

    stored: DataSetVersion
    card: Card
    erased: DataSetErasure | None
    topics: list[TopicRow]
    by_language: str
    findings: list[FindingRow]
    accepted: list[tuple[str, str, str]]
    models: list[ModelRow]
    others: list[str]
    runs: list[RunRow] | None


def data_set_page(stored: DataSetVersion, authority: Authority) -> DataSetPage:
    """Put a version's card into words."""
    card, names = stored.card, titles_in_force()
    return DataSetPage(
        stored=stored,
        card=card,
        erased=DataSetErasure.objects.filter(pk=stored.pk).first(),
        topics=[_topic(names.get(t, t), of) for t, of in card.topics.items()],
        by_language=", ".join(f"{name} {count:,}" for name, count in card.languages.items()),
        findings=[_finding(finding, names) for finding in card.findings],
        accepted=[
            (check_text(accepted.check), accepted.by, accepted.reason) for accepted in card.accepted
        ],
        models=_models(stored, authority, names),
        others=_others(stored),
        runs=runs_beside(ArtifactKind.DATA_SET, stored.pk, authority),
    )


def _topic(name: str, card: TopicCard) -> TopicRow:
    versions = ", ".join(f"v{number}: {count:,}" for number, count in card.policy_versions.items())
    return TopicRow(
        name=name, card=card, other=card.labels - card.violating, policy_versions=versions
    )


def _finding(finding: Finding, names: Mapping[str, str]) -> FindingRow:
    styles = {"passed": "promote", "caution": "undecided", "stops": "reject"}
    return FindingRow(
        name=check_text(finding.check),
        topic=names.get(finding.topic, finding.topic),
        level=level_text(finding.level),
        style=styles[finding.level],
        measured=measure_text(finding.check, finding.value),
        limit=measure_text(finding.check, finding.limit),
        problem=finding.problem,
        remedy=finding.remedy,
    )


def _models(
    stored: DataSetVersion, authority: Authority, names: Mapping[str, str]
) -> list[ModelRow]:
    rows = ModelVersion.objects.filter(data_set=stored.pk).order_by("-created_at", "-pk")
    if authority.topics is not None:
        rows = rows.filter(topic__in=authority.topics)
    listed = rows.values_list("pk", "topic", "kind")[:MOST_MODELS]
    return [ModelRow(version, names.get(topic, topic), kind) for version, topic, kind in listed]


def _others(stored: DataSetVersion) -> list[str]:
    rows = DataSetVersion.objects.filter(name=stored.name).exclude(pk=stored.pk)
    return list(rows.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST_OTHERS])
