"""The search form: what stands in it, the filters that are set, and what may be chosen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.action import ActionKind
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.action_words import kind_text
from mimawari.service.console.texts import verdict_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.review.models import Decision
from mimawari.service.search.query import ACTIONS, VERDICTS, Query, judges_alone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.service.accounts.permissions import Authority

FIELDS = Query.__struct_fields__


class Choice(msgspec.Struct, frozen=True):
    """A value of a field, and its name."""

    value: str
    name: str


class Chip(msgspec.Struct, frozen=True):
    """A filter that is set: in words, and the address without it."""

    text: str
    without: str


class Choices(msgspec.Struct, frozen=True):
    """What may be chosen in each field, by somebody."""

    topics: list[Choice]
    verdicts: list[Choice]
    moderators: list[Choice]
    actions: list[Choice]

    @classmethod
    def of(cls, authority: Authority) -> Choices:
        """Give what somebody may choose: own topics, and names where they are shown any."""
        titles = titles_in_force().items()
        named = sorted((name, topic) for topic, name in titles if authority.concerns(topic))
        may_act = Permission.ACTIONS in authority.permissions
        return cls(
            [Choice(topic, name) for name, topic in named],
            [Choice(verdict, verdict_text(verdict)) for verdict in VERDICTS],
            _moderators(authority),
            [Choice(a, kind_text(kind)) for a, kind in _kinds()] if may_act else [],
        )


def _kinds() -> list[tuple[str, ActionKind]]:
    return [(name, ActionKind(name)) for name in ACTIONS]


def _moderators(authority: Authority) -> list[Choice]:
    """Name those who decided anything; to who judges alone, themselves only."""
    me = authority.principal.id
    if judges_alone(authority):
        return [Choice(me, _("you"))]
    decided = Exists(Decision.objects.filter(moderator_id=OuterRef("pk")))
    rows = User.objects.filter(decided).order_by("username").values_list("pk", "username")
    return [Choice(str(number), name) for number, name in rows]


def read(values: Mapping[str, str]) -> Query:
    """Read the form.

    Raises
    ------
    InvalidInputError
        A day is no day, or a moderator no number.
    """
    given = {name: values.get(name, "").replace("\0", "").strip() for name in FIELDS}
    problems, fields = [], {}
    for name, text in given.items():
        try:
            fields[name] = _value(name, text)
        except ValueError:
            problem = FieldProblem(name, f"{text[:20]!r} is none", "choose one, or leave it out")
            problems.append(problem)
    if problems:
        raise InvalidInputError(*problems)
    return Query(**fields)  # type: ignore[arg-type]  # each of its field's type, just made so


def _value(name: str, text: str) -> str | int | dt.date | None:
    if name in ("first_day", "last_day"):
        return dt.date.fromisoformat(text) if text else None
    if name == "moderator":
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise ValueError(text)
        return int(text) if text else None
    return text


def plain(query: Query) -> dict[str, str]:
    """Give the fields that are set, as the form writes them."""
    values = {name: getattr(query, name) for name in FIELDS}
    return {name: str(value) for name, value in values.items() if value not in ("", None)}


def address(query: Query, **more: str) -> str:
    """Write a question as the end of the page's address."""
    values = plain(query)
    return f"?{urlencode({**values, **more})}" if values or more else "?"


def chips(query: Query, choices: Choices) -> list[Chip]:
    """Say which filters are set."""
    named = {
        "topic": choices.topics,
        "verdict": choices.verdicts,
        "moderator": choices.moderators,
        "action": choices.actions,
    }
    labels = {
        "text": _("Words"),
        "seller": _("Seller"),
        "topic": _("Topic"),
        "verdict": _("Decision"),
        "moderator": _("By whom"),
        "action": _("Action"),
        "first_day": _("From"),
        "last_day": _("Until"),
    }
    made = []
    for name in FIELDS:
        value, default = getattr(query, name), getattr(Query(), name)
        if value == default:
            continue
        names = {choice.value: choice.name for choice in named.get(name, ())}
        shown = names.get(str(value), str(value))
        without = msgspec.structs.replace(query, **{name: default})
        made.append(Chip(f"{labels[name]}: {shown}", address(without)))
    return made
