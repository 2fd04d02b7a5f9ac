"""A data set is made: read as of a time, checked, kept by its hash, and told to the ledger."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mimawari.datasets import folder
from mimawari.datasets.card import AcceptedFinding, LabelOrigin, describe
from mimawari.datasets.checks.run import check, require
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import require as require_permission
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.event_kinds import DATA_SET, data_set_details
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.data_sets.forgetting import remove_if_erased
from mimawari.service.data_sets.judged import labelled_versions, left_out
from mimawari.service.data_sets.reading import artifact_name, newest
from mimawari.service.releases.generations import current
from mimawari.service.releases.in_force import confirmed_topics
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mimawari.datasets.card import Card
    from mimawari.records.principal import Principal

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be made.

    Parameters
    ----------
    name
        Of the series of versions; the topic's, where it has one.
    topics
        In force, one or more.
    until
        What was decided by then counts.
    accepted
        Checks whose findings do not stop it, each with the reason.
    """

    name: str
    topics: tuple[str, ...]
    until: datetime
    accepted: Mapping[str, str]


def make(request: Request, actor: Principal) -> DataSetVersion:
    """Make a version; the one that is there, where nothing is new.

    Raises
    ------
    ForbiddenError
        The principal may not export labels.
    InvalidInputError
        A name is wrong, nothing is labelled, or a check stops it.
    """
    require_permission(actor, Permission.EXPORT, *request.topics)
    _refuse(request)
    until = min(request.until, timezone.now())
    rows = labelled_versions(request.topics, until)
    if not rows:
        remedy = "decide some first, or name a later time"
        problem = f"nothing is labelled for {', '.join(request.topics)} by {until:%Y-%m-%d %H:%M}"
        raise InvalidInputError(FieldProblem("topics", problem, remedy))
    beside = left_out(request.topics, until)
    card = describe(request.name, request.topics, rows, _origin(request, until, actor), beside)
    earlier = newest(request.name)
    findings = check(card, rows, None if earlier is None else earlier.card)
    require(findings, request.accepted)
    accepted = tuple(
        AcceptedFinding(name, actor.name, reason)
        for name, reason in sorted(request.accepted.items())
    )
    card = msgspec.structs.replace(card, findings=findings, accepted=accepted)
    with tempfile.TemporaryDirectory(dir=_state(), prefix="data-set-") as place:
        written = Path(place) / "set"
        version = folder.write(written, card, rows)
        artifacts().put(written, artifact_name(version))  # again, where the store lost it
    stored = _store(version, card, actor)
    if remove_if_erased(stored, {row.listing.seller_id for row in rows}, actor):
        problem, remedy = "a seller among its rows was erased meanwhile", "make it again"
        raise InvalidInputError(FieldProblem(stored.pk, problem, remedy))
    return stored


def _store(version: str, card: Card, actor: Principal) -> DataSetVersion:
    with transaction.atomic():
        stored, created = DataSetVersion.objects.get_or_create(
            id=version,
            defaults={
                "name": card.name,
                "card": card,
                "created_at": timezone.now(),
                "actor": actor.name,
            },
        )
        if created:
            record(DATA_SET, version, actor, data_set_details(stored))
    return stored


def _origin(request: Request, until: datetime, actor: Principal) -> LabelOrigin:
    generation = current()
    return LabelOrigin(
        until=until,
        generation=None if generation is None else generation.number,
        maturity_seconds=settings.CONFIG.label_maturity_seconds,
        confirmed=tuple(sorted(confirmed_topics(until).intersection(request.topics))),
        by=actor.name,
        at=timezone.now(),
    )


def _refuse(request: Request) -> None:
    problems = []
    if not NAME.fullmatch(request.name):
        remedy = "use at most 40 of a-z, 0-9, - and _"
        problems.append(FieldProblem("name", f"is {request.name!r}", remedy))
    generation = current()
    known = set() if generation is None else set(generation.manifest.topics)
    for topic in request.topics:
        if topic not in known:
            near = nearest(topic, known)
            names = ", ".join(sorted(known)[:10]) or "none"
            remedy = f"did you mean {near}?" if near else f"in force: {names}"
            problems.append(FieldProblem("topics", f"{topic!r} is not in force", remedy))
    if not request.topics:
        problems.append(FieldProblem("topics", "are empty", "name at least one"))
    problems += _unexplained(request.accepted)
    if problems:
        raise InvalidInputError(*problems)


def _unexplained(accepted: Mapping[str, str]) -> Sequence[FieldProblem]:
    return [
        FieldProblem(f"accept {name}", "has no reason", "say why; the card keeps it")
        for name, reason in accepted.items()
        if not reason.strip()
    ]


def _state() -> Path:
    state = Path(settings.CONFIG.state_dir)
    state.mkdir(parents=True, exist_ok=True)
    return state
