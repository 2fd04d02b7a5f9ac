"""What the page of a model is given."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q

from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.models import DataSetVersion, ModelVersion
from mimawari.service.console.addresses import data_set_address
from mimawari.service.console.flows.runs_page import RunRow, runs_beside
from mimawari.service.console.models.guard_panel import GuardPanel, guard_panels
from mimawari.service.console.models.lineage_facts import Folded, facts, folded, lineage_of
from mimawari.service.console.models.model_flow import model_flow
from mimawari.service.console.models.model_search import deployed_models
from mimawari.service.console.models.part_words import ShownPart, shown_parts
from mimawari.service.console.models.slot_words import ShownSlot, slot_text
from mimawari.service.console.models.stages_panel import StagesPanel, stages_panel
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.console.trial_page import kind_text, state_text
from mimawari.service.flows.models import ArtifactKind
from mimawari.service.releases.deployments import Served, served
from mimawari.service.releases.generations import entry_in_force
from mimawari.service.trials.models import Trial, TrialState

if TYPE_CHECKING:
    from mimawari.records.lineage import Lineage
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.console.flat import Row
    from mimawari.service.console.models.flow_picture import Flow

MOST_SERVED, MOST_TRIALS, MOST_OTHERS = 100, 50, 30


class ServedRow(msgspec.Struct, frozen=True):
    """A stretch of time in a slot, in words."""

    slot: ShownSlot
    served: Served


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that names the model."""

    number: int
    kind: str
    state: str
    style: str
    is_candidate: bool
    runs: bool
    at: datetime


class ModelPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a model.

    Parameters
    ----------
    data_set
        Its version; ``data_set_kept`` says whether who looks may open its page.
    consumers
        Trials that run and name it; None where who looks may see none.
    others
        Versions of the topic that it can be compared with, the newest first.
    runs
        Flow runs that gave it or read it; None where who looks may see none.
    """

    model: ModelVersion
    topic_name: str
    slot: ShownSlot
    deployed: bool
    data_set: str
    data_set_kept: bool
    facts: list[Row]
    folded: list[Folded]
    flow: Flow
    stages: StagesPanel
    guards: list[GuardPanel]
    parts: list[ShownPart]
    served: list[ServedRow]
    trials: list[TrialRow] | None
    consumers: list[TrialRow]
    others: list[str]
    runs: list[RunRow] | None


def model_page(model: ModelVersion, authority: Authority) -> ModelPage:
    """Gather everything that is known of a model, as far as somebody may see it."""
    lineage = lineage_of(model)
    deployment = deployed_models().get(model.pk)
    slot = ShownSlot.of(deployment)
    topic_name = titles_in_force().get(model.topic, model.topic)
    may_see = authority.may(Permission.EXPORT)
    kept = may_see and bool(data_set_address(lineage.data_set or "")) and _is_kept(lineage)
    trials = _trials(model.pk) if authority.may(Permission.TRIALS) else None
    return ModelPage(
        model=model,
        topic_name=topic_name,
        slot=slot,
        deployed=deployment is not None,
        data_set=lineage.data_set or "",
        data_set_kept=kept,
        facts=facts(lineage),
        folded=folded(model, lineage),
        flow=model_flow(model, slot, topic_name, deployment is not None, kept),
        stages=stages_panel(model, slot.kind, _champion(model.topic), authority),
        guards=guard_panels(model.pk),
        parts=shown_parts(model.pk),
        served=[
            ServedRow(
                ShownSlot(served_in.slot, slot_text(served_in.slot, served_in.share)), served_in
            )
            for served_in in served(model.pk, MOST_SERVED)
        ],
        trials=trials,
        consumers=[trial for trial in trials or [] if trial.runs],
        others=_others(model),
        runs=runs_beside(ArtifactKind.MODEL, model.pk, authority),
    )


def _champion(topic: str) -> str | None:
    entry = entry_in_force(topic)
    return None if entry is None else entry.champion


def _is_kept(lineage: Lineage) -> bool:
    return DataSetVersion.objects.filter(pk=lineage.data_set).exists()


def _trials(version: str) -> list[TrialRow]:
    named = Trial.objects.filter(Q(candidate=version) | Q(champion=version))
    return [
        TrialRow(
            number=trial.pk,
            kind=kind_text(trial.kind),
            state=state_text(trial),
            style=trial.outcome or trial.state,
            is_candidate=trial.candidate == version,
            runs=trial.state != TrialState.ENDED,
            at=trial.created_at,
        )
        for trial in named.order_by("-pk")[:MOST_TRIALS]
    ]


def _others(model: ModelVersion) -> list[str]:
    rows = ModelVersion.objects.filter(topic=model.topic).exclude(pk=model.pk)
    return list(rows.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST_OTHERS])
