"""Requests of the API's group 'releases', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, body_of, one
from mimawari.records.json import JsonObject


class ModelRow(TypedDict):
    """A registered model; ``slot`` is what it scores as now, empty where it scores nothing."""

    version: str
    topic: str
    kind: str
    registered_at: str
    registered_by: str
    data_set: str
    slot: str


class ModelRows(TypedDict):
    """Models, the newest first; ``next_before`` asks for older ones, null where there are none."""

    models: list[ModelRow]
    next_before: str | None


class ModelReleased(TypedDict):
    """What came of it; ``request`` is set where a second person has to approve it first."""

    version: str
    stage: str
    generation: int | None
    request: int | None


class ModelCardForms(TypedDict):
    """A model's card: ``cyclonedx`` is a bill of materials of CycloneDX 1.6."""

    version: str
    markdown: str
    cyclonedx: JsonObject


class EnteredStage(TypedDict):
    """A stage that a model entered."""

    at: str
    stage: str
    generation: int | None
    by: str
    reason: str
    override: str
    back: bool


class Figure(TypedDict):
    """One figure about a model."""

    measure: str
    value: float
    low: float | None
    high: float | None
    over: int | None
    against: str | None
    statement: str


class KnownFigure(TypedDict):
    """A figure of a model, and when it was measured."""

    at: str
    figure: Figure


class GateSays(TypedDict):
    """What one gate says; ``stage`` is whose it is, ``reason`` is for programs."""

    stage: str
    gate: str
    passed: bool
    reason: Literal[
        "within_limits",
        "outside",
        "not_measured",
        "other_champion",
        "too_old",
        "reached",
        "not_reached",
        "overridden",
    ]
    statement: str
    remedy: str


class StageGates(TypedDict):
    """What every gate on the way to a stage says of a model now."""

    stage: str
    open: bool
    findings: list[GateSays]


class GuardStanding(TypedDict):
    """What was seen, what is allowed, and how much speaks for a breach: from 1 on it is one."""

    guard: str
    share: float
    limit: float
    evidence: float


class ModelGuard(TypedDict):
    """A slot in which the model is or was watched; ``act`` is what a breach does."""

    topic: str
    slot: str
    act: str
    since: str
    until: str | None
    ended_at: str | None
    looked_at: str
    standings: list[GuardStanding]
    breach: str
    breached_at: str | None


class ModelDetails(TypedDict):
    """Everything about a model and its way."""

    model: ModelRow
    fingerprint: str
    lineage: JsonObject
    entered: list[EnteredStage]
    figures: list[KnownFigure]
    gates: list[StageGates]
    guards: list[ModelGuard]


class Deployment(TypedDict):
    """A model version in a slot of a topic."""

    model: str
    slot: Literal["champion", "canary", "shadow"]
    share: float


class TopicVersion(TypedDict):
    """What was in force for a topic, from when to when, and who decided so."""

    topic: str
    generation: int
    since: str
    until: str | None
    changed: list[str]
    topic_file: int | None
    champion: str | None
    beside: list[Deployment]
    trial: int | None
    by: str
    reason: str
    evidence: JsonObject


class TopicVersions(TypedDict):
    """What was in force for a topic, the newest first."""

    topic: str
    versions: list[TopicVersion]


class TopicCard(TypedDict):
    """What a data set holds of one topic; ``policy_versions`` counts labels by policy version."""

    labels: int
    violating: int
    sellers: int
    violating_sellers: int
    searched: int
    policy_versions: dict[str, int]
    unsettled: int
    unjoined: int


class LabelOrigin(TypedDict):
    """Where the labels came from, and by which terms."""

    until: str | None
    generation: int | None
    maturity_seconds: float
    confirmed: list[str]
    by: str
    at: str | None


class Finding(TypedDict):
    """One measurement of one check."""

    check: str
    value: float
    limit: float
    level: Literal["passed", "caution", "stops"]
    topic: str
    problem: str
    remedy: str


class AcceptedFinding(TypedDict):
    """A finding that somebody accepted nevertheless."""

    check: str
    by: str
    reason: str


class Card(TypedDict):
    """All that a version says of itself beside its rows."""

    name: str
    rows: int
    sellers: int
    first: str | None
    last: str | None
    languages: dict[str, int]
    topics: dict[str, TopicCard]
    origin: LabelOrigin
    findings: list[Finding]
    accepted: list[AcceptedFinding]


class DataSetSummary(TypedDict):
    """A data set; ``rows_removed`` says that an erasure took its rows."""

    version: str
    made_at: str
    made_by: str
    rows_removed: bool
    card: Card


class DataSetList(TypedDict):
    """Data sets, the newest first."""

    data_sets: list[DataSetSummary]


class Difference(TypedDict):
    """One label that differs; its value before and after, None where there was none."""

    listing: str
    version: int
    topic: str
    change: Literal["added", "dropped", "relabelled"]
    why: Literal[
        "decided since",
        "decided before, and not old enough or not confirmed then",
        "taken back, or no longer agreed on",
        "erased",
        "decided again under another policy version",
        "decided again",
        "the same decisions under other terms",
    ]
    before: int | None
    after: int | None


class DataSetChanges(TypedDict):
    """How many labels differ between two versions, and the first of them."""

    before: str
    after: str
    count: int
    changes: list[Difference]


def list_models(
    *,
    topic: str | None = None,
    before: str | None = None,
    part: str | None = None,
    limit: int | None = None,
) -> Asked[ModelRows]:
    """Registered models, the newest first, and what each scores as now."""
    path = address(
        "/api/v1/models", {}, {"topic": topic, "before": before, "part": part, "limit": limit}
    )
    return Asked("GET", path, None, False, one(ModelRows))


def promote_model(
    version: str,
    *,
    to: Literal["shadow", "canary", "champion"],
    reason: str,
    share: float | None = None,
    override: str | None = None,
) -> Asked[ModelReleased]:
    """Let a model enter a stage where its gates hold, or past them by the key's name."""
    path = address("/api/v1/models/{version}:promote", {"version": version})
    return Asked(
        "POST",
        path,
        body_of({"to": to, "reason": reason, "share": share, "override": override}),
        True,
        one(ModelReleased),
    )


def get_model_card(version: str) -> Asked[ModelCardForms]:
    """A model's card, as Markdown and as CycloneDX."""
    path = address("/api/v1/models/{version}/card", {"version": version})
    return Asked("GET", path, None, False, one(ModelCardForms))


def get_model(version: str) -> Asked[ModelDetails]:
    """A model: its lineage, figures, the stages it entered and what closes the next ones."""
    path = address("/api/v1/models/{version}", {"version": version})
    return Asked("GET", path, None, False, one(ModelDetails))


def roll_back_topic(topic: str, *, reason: str, to: str | None = None) -> Asked[ModelReleased]:
    """Put in force what scored a topic before, at once."""
    path = address("/api/v1/topics/{topic}:rollback", {"topic": topic})
    return Asked("POST", path, body_of({"reason": reason, "to": to}), True, one(ModelReleased))


def list_topic_versions(
    topic: str, *, at: str | None = None, before: int | None = None, limit: int | None = None
) -> Asked[TopicVersions]:
    """What was in force for a topic, the newest first, with by whom and why."""
    path = address(
        "/api/v1/topics/{topic}/versions",
        {"topic": topic},
        {"at": at, "before": before, "limit": limit},
    )
    return Asked("GET", path, None, False, one(TopicVersions))


def list_data_sets(*, name: str | None = None, limit: int | None = None) -> Asked[DataSetList]:
    """The data sets that were kept, the newest first."""
    path = address("/api/v1/data-sets", {}, {"name": name, "limit": limit})
    return Asked("GET", path, None, False, one(DataSetList))


def get_data_set_changes(
    version: str, *, before: str, limit: int | None = None
) -> Asked[DataSetChanges]:
    """Which labels came, went and changed since another version, and why."""
    path = address(
        "/api/v1/data-sets/{version}/changes",
        {"version": version},
        {"before": before, "limit": limit},
    )
    return Asked("GET", path, None, False, one(DataSetChanges))


def get_data_set(version: str) -> Asked[DataSetSummary]:
    """What a data set holds, and what its checks found."""
    path = address("/api/v1/data-sets/{version}", {"version": version})
    return Asked("GET", path, None, False, one(DataSetSummary))
