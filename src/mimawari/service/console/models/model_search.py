"""The page that lists models: what is asked, and the rows that match."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.deployment import Deployment, Slot
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.catalogue.parts import split, using
from mimawari.service.console.models.slot_words import IN_FORCE, NONE, ShownSlot, slot_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.releases import generations
from mimawari.service.releases.deployments import since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from mimawari.service.accounts.permissions import Authority

MOST, MOST_LETTERS = 50, 200
SLOTS = (IN_FORCE, *Slot, NONE)


class Filters(msgspec.Struct, frozen=True):
    """What is asked for; empty where everything is.

    Parameters
    ----------
    text
        Part of a version, a fingerprint or a kind.
    by
        Who registered it.
    data_set
        A version, or the name of a series.
    part
        What they stand on: a name, or a kind and a name.
    """

    text: str = ""
    topic: str = ""
    by: str = ""
    data_set: str = ""
    slot: str = ""
    part: str = ""


class Choice(msgspec.Struct, frozen=True):
    """A value of a field, and its name."""

    value: str
    name: str


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A model as a line of the list."""

    version: str
    topic: str
    topic_name: str
    kind: str
    at: datetime
    by: str
    data_set: str
    slot: ShownSlot
    since: datetime | None


class ModelsPage(msgspec.Struct, frozen=True, kw_only=True):
    """The list, and what the form offers; ``older`` is the address of the page that follows."""

    given: Filters
    filtered: bool
    rows: list[ModelRow]
    count: str
    older: str
    topics: list[Choice]
    people: list[str]
    slots: list[Choice]


def read_filters(values: Mapping[str, str]) -> Filters:
    """Read the form.

    Raises
    ------
    InvalidInputError
        A slot or the kind of a part is none, or a text is too long.
    """
    given = {
        name: values.get(name, "").replace("\0", "").strip() for name in Filters.__struct_fields__
    }
    if given["slot"] and given["slot"] not in SLOTS:
        problem = f"is {given['slot'][:20]!r}"
        raise InvalidInputError(FieldProblem("slot", problem, f"use {', '.join(SLOTS)}"))
    if max(map(len, given.values())) > MOST_LETTERS:
        remedy = f"write {MOST_LETTERS} letters at most"
        raise InvalidInputError(FieldProblem("text", "is too long", remedy))
    split(given["part"])
    return Filters(**given)


def models_page(given: Filters, before: str, authority: Authority) -> ModelsPage:
    """Search, the newest first.

    Parameters
    ----------
    before
        A version: only what was registered earlier.

    Raises
    ------
    InvalidInputError
        There is no such version.
    """
    deployed = deployed_models()
    mine = _visible(authority)
    rows = _matching(mine, given, deployed)
    listed = list(_page(rows, before)[: MOST + 1])
    names = titles_in_force()
    starts = since([row.pk for row in listed if row.pk in deployed])
    offered = sorted((name, topic) for topic, name in names.items() if authority.concerns(topic))
    return ModelsPage(
        given=given,
        filtered=given != Filters(),
        rows=[_row(row, names, deployed, starts) for row in listed[:MOST]],
        count=_count_text(rows.count()),
        older=_older(given, listed[MOST - 1].pk) if len(listed) > MOST else "",
        topics=[Choice(topic, name) for name, topic in offered],
        people=list(mine.order_by("actor").values_list("actor", flat=True).distinct()),
        slots=[Choice(slot, slot_text(slot)) for slot in SLOTS],
    )


def deployed_models() -> dict[str, Deployment]:
    """Give what is in force, by model: each serves one topic."""
    newest = generations.serving()
    return {one.model: one for _, one in newest.manifest.columns} if newest else {}


def _visible(authority: Authority) -> QuerySet[ModelVersion]:
    rows = ModelVersion.objects.all()
    return rows if authority.topics is None else rows.filter(topic__in=authority.topics)


def _matching(
    rows: QuerySet[ModelVersion], given: Filters, deployed: Mapping[str, Deployment]
) -> QuerySet[ModelVersion]:
    if given.text:
        words = {"id": given.text, "fingerprint": given.text, "kind": given.text}
        either = Q()
        for field, text in words.items():
            either |= Q(**{f"{field}__icontains": text})
        rows = rows.filter(either)
    if given.topic:
        rows = rows.filter(topic=given.topic)
    if given.by:
        rows = rows.filter(actor=given.by)
    if given.data_set:
        series = Q(data_set__startswith=f"{given.data_set}-")
        rows = rows.filter(Q(data_set=given.data_set) | series)
    if given.part:
        rows = using(given.part, rows)
    if given.slot == NONE:
        rows = rows.exclude(pk__in=deployed)
    elif given.slot:
        wanted = (m for m, one in deployed.items() if given.slot in (IN_FORCE, one.slot))
        rows = rows.filter(pk__in=list(wanted))
    return rows


def _page(rows: QuerySet[ModelVersion], before: str) -> QuerySet[ModelVersion]:
    if before:
        last = ModelVersion.objects.filter(pk=before.replace("\0", "")).only("created_at").first()
        if last is None:
            raise InvalidInputError(FieldProblem("before", "is unknown", "search again"))
        at = last.created_at
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=last.pk))
    shown = ("id", "topic", "kind", "created_at", "actor", "data_set")
    return rows.order_by("-created_at", "-id").only(*shown)


def _row(
    model: ModelVersion,
    names: Mapping[str, str],
    deployed: Mapping[str, Deployment],
    starts: Mapping[tuple[str, str], datetime],
) -> ModelRow:
    return ModelRow(
        version=model.pk,
        topic=model.topic,
        topic_name=names.get(model.topic, model.topic),
        kind=model.kind,
        at=model.created_at,
        by=model.actor,
        data_set=model.data_set,
        slot=ShownSlot.of(deployed.get(model.pk)),
        since=starts.get((model.pk, model.topic)),
    )


def _older(given: Filters, last: str) -> str:
    asked = {name: value for name, value in msgspec.structs.asdict(given).items() if value}
    return f"?{urlencode({**asked, 'before': last})}"


def _count_text(count: int) -> str:
    return ngettext("%(number)s model", "%(number)s models", count) % {"number": f"{count:,}"}


def problem_text(error: InvalidInputError) -> str:
    """Say in the user's language which field of the form is wrong."""
    texts = {
        "before": _("This page of results is no longer valid. Search again."),
        "text": _("Write at most %(most)s letters in a field.") % {"most": MOST_LETTERS},
    }
    other = _("One of the filters has a value that cannot be chosen.")
    return " ".join(dict.fromkeys(texts.get(problem.field, other) for problem in error.problems))
