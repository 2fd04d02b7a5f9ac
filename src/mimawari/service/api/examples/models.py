"""Examples of models on their way, and the types of what the API says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mimawari.evaluation.gates import GateReason
from mimawari.records.json import JsonObject
from mimawari.records.measured import Figure


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A registered model; ``slot`` is what it scores as now, empty where it scores nothing."""

    version: str
    topic: str
    kind: str
    registered_at: datetime
    registered_by: str
    data_set: str
    slot: str


class ModelRows(msgspec.Struct, frozen=True):
    """Models, the newest first; ``next_before`` asks for older ones, null where there are none."""

    models: list[ModelRow]
    next_before: str | None


class EnteredStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that a model entered.

    ``override`` says why it passed gates that did not hold, ``back`` whether the topic went back
    to it.
    """

    at: datetime
    stage: str
    generation: int | None
    by: str
    reason: str
    override: str
    back: bool


class KnownFigure(msgspec.Struct, frozen=True):
    """A figure of a model, and when it was measured."""

    at: datetime
    figure: Figure


class GateSays(msgspec.Struct, frozen=True, kw_only=True):
    """What one gate says; ``stage`` is whose it is, ``reason`` is for programs."""

    stage: str
    gate: str
    passed: bool
    reason: GateReason
    statement: str
    remedy: str


class StageGates(msgspec.Struct, frozen=True):
    """What every gate on the way to a stage says of a model now."""

    stage: str
    open: bool
    findings: list[GateSays]


class GuardStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen, what is allowed, and how much speaks for a breach: from 1 on it is one."""

    guard: str
    share: float
    limit: float
    evidence: float


class ModelGuard(msgspec.Struct, frozen=True, kw_only=True):
    """A slot in which the model is or was watched; ``act`` is what a breach does."""

    topic: str
    slot: str
    act: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    looked_at: datetime
    standings: list[GuardStanding]
    breach: str
    breached_at: datetime | None


class ModelDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a model and its way."""

    model: ModelRow
    fingerprint: str
    lineage: JsonObject
    entered: list[EnteredStage]
    figures: list[KnownFigure]
    gates: list[StageGates]
    guards: list[ModelGuard]


class ModelReleased(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; ``request`` is set where a second person has to approve it first."""

    version: str
    stage: str
    generation: int | None
    request: int | None = None


class ModelCardForms(msgspec.Struct, frozen=True, kw_only=True):
    """A model's card: ``cyclonedx`` is a bill of materials of CycloneDX 1.6."""

    version: str
    markdown: str
    cyclonedx: JsonObject


AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ROW = ModelRow(
    version="weapons-0123456789ab",
    topic="weapons",
    kind="ensemble",
    registered_at=AT,
    registered_by="anna",
    data_set="weapons-ba9876543210",
    slot="shadow",
)
ROWS = ModelRows([ROW], None)
DETAILS = ModelDetails(
    model=ROW,
    fingerprint="b1db4db3526ff586",
    lineage={"by": "anna", "data_set": "weapons-ba9876543210", "rows": 5000},
    entered=[
        EnteredStage(
            at=AT,
            stage="validated",
            generation=None,
            by="anna",
            reason="validated",
            override="",
            back=False,
        )
    ],
    figures=[KnownFigure(AT, Figure(measure="auprc", value=0.71, low=0.64, high=0.77, over=1200))],
    gates=[
        StageGates(
            "champion",
            False,
            [
                GateSays(
                    stage="champion",
                    gate="after",
                    passed=False,
                    reason=GateReason.NOT_REACHED,
                    statement="has not been backtested",
                    remedy="mimawari backtest start",
                )
            ],
        )
    ],
    guards=[
        ModelGuard(
            topic="weapons",
            slot="canary",
            act="roll_back",
            since=AT,
            until=None,
            ended_at=None,
            looked_at=AT,
            standings=[GuardStanding(guard="missing", share=0.0002, limit=0.011, evidence=0.0)],
            breach="",
            breached_at=None,
        )
    ],
)
CARD = ModelCardForms(
    version="weapons-0123456789ab",
    markdown="# weapons-0123456789ab",
    cyclonedx={"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1},
)
RELEASED = ModelReleased(version="weapons-0123456789ab", stage="shadow", generation=12)
BACK = ModelReleased(version="weapons-ba9876543210", stage="champion", generation=13)
