"""From what a command asks for to a request: the data set is kept first, by the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.records import Request, TrainSettings
from mimawari.flows.selection_records import SelectSettings
from mimawari.records.lineage import Lineage
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.data_sets import making
from mimawari.service.data_sets.reading import by_version
from mimawari.service.flows.history_request import OVER_HISTORY, days_between, served

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from mimawari.records.principal import Principal

AUDIT, BACKTEST = "audit", "backtest"
NAMING_MODELS = (AUDIT, BACKTEST)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command says.

    Parameters
    ----------
    data_set
        A version or a name; None: what is known now, and of an audit what a model learnt from.
    models
        Of an audit or a back-test: a registered model of each topic.
    since, until
        Of what reads history: the first and the last day; by default the newest thirty.
    selection
        Of a selection: how many, from which sources.
    accepted
        Checks whose findings do not keep the data set from being made, with the reason.
    shards
        Tasks that share the topics, or the days.
    """

    flow: str
    topics: tuple[str, ...]
    settings: TrainSettings
    data_set: str | None = None
    models: tuple[str, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)
    sentences: str | None = None
    shards: int = 1
    since: date | None = None
    until: date | None = None
    selection: SelectSettings = field(default_factory=SelectSettings)


def request_of(asked: Asked, actor: Principal) -> Request:
    """Find or make the data set, or find the days, and put the request together.

    Raises
    ------
    InvalidInputError
        Models are missing, wrong or not asked for; the data set is not there or cannot be made; or
        no day is closed.
    ForbiddenError
        The actor may not export labels.
    """
    _refuse(asked)
    models = _models(asked)
    request = Request(
        run="",
        topics=asked.topics,
        by=actor.name,
        at=timezone.now(),
        models=models,
        settings=asked.settings,
        shards=asked.shards,
        sentences=asked.sentences,
    )
    if asked.flow in OVER_HISTORY:
        days = days_between(asked.since, asked.until)
        return msgspec.structs.replace(
            request, days=days, served=served(asked.topics), selection=asked.selection
        )
    return msgspec.structs.replace(request, data_set=_data_set(asked, models, actor))


def _refuse(asked: Asked) -> None:
    """Refuse what the flow would not heed."""
    over_history = asked.flow in OVER_HISTORY
    remedy = "leave it out" if over_history else f"leave it out; of {', '.join(OVER_HISTORY)} only"
    given = (
        {"--data-set": asked.data_set}
        if over_history
        else {"--since": asked.since, "--until": asked.until}
    )
    problems = [
        FieldProblem(name, f"is not heeded by {asked.flow}", remedy)
        for name, value in given.items()
        if value is not None
    ]
    if problems:
        raise InvalidInputError(*problems)


def _data_set(asked: Asked, models: Mapping[str, str], actor: Principal) -> str:
    if asked.data_set is not None:
        return by_version(asked.data_set).pk
    if asked.flow == AUDIT:
        return _learnt_from(models)
    request = making.Request(asked.topics[0], asked.topics, timezone.now(), asked.accepted)
    return making.make(request, actor).pk


def _models(asked: Asked) -> dict[str, str]:
    wanted = len(asked.topics) if asked.flow in NAMING_MODELS else 0
    if len(asked.models) != wanted:
        problem = f"names {len(asked.models)} models of {wanted}"
        remedy = "name one of each topic, in their order" if wanted else "leave it out"
        raise InvalidInputError(FieldProblem("--model", problem, remedy))
    pairs = dict(zip(asked.topics, asked.models, strict=False))
    known = dict(ModelVersion.objects.filter(pk__in=asked.models).values_list("pk", "topic"))
    problems = [
        FieldProblem("--model", f"{model!r} is no registered model of {topic}", "see models list")
        for topic, model in pairs.items()
        if known.get(model) != topic
    ]
    if problems:
        raise InvalidInputError(*problems)
    return pairs


def _learnt_from(models: Mapping[str, str]) -> str:
    lineages = ModelVersion.objects.filter(pk__in=models.values()).values_list("lineage", flat=True)
    data_sets = {Lineage.of(lineage).data_set for lineage in lineages}
    if len(data_sets) != 1 or (version := data_sets.pop()) is None:
        problem = "is not named by the models' lineages, or each names another"
        raise InvalidInputError(FieldProblem("--data-set", problem, "name one"))
    return version
