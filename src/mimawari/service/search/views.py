"""Saved views: questions that somebody keeps, and that a lead may share with all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Q

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import principal_of, require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.search.event_kinds import VIEW_REMOVED, VIEW_SAVED, ViewDetails
from mimawari.service.search.models import SavedView
from mimawari.service.search.query import Query, check

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.permissions import Authority

LONGEST_NAME, MOST_VIEWS = 80, 50


class View(msgspec.Struct, frozen=True):
    """A saved view as it is shown; ``mine`` where the account may remove it."""

    number: int
    name: str
    query: Query
    shared: bool
    mine: bool


def views_for(user: AbstractBaseUser, authority: Authority) -> list[View]:
    """Give an account's views and those that are shared, by name; not of topics it may not see."""
    rows = SavedView.objects.filter(Q(owner_id=user.pk) | Q(shared=True)).order_by("name", "pk")
    views = [
        View(
            row.pk,
            row.name,
            msgspec.json.decode(row.query, type=Query),
            row.shared,
            row.owner_id == user.pk,
        )
        for row in rows
    ]
    return [view for view in views if not view.query.topic or authority.concerns(view.query.topic)]


def save(user: AbstractBaseUser, name: str, query: Query, *, shared: bool = False) -> SavedView:
    """Keep a question under a name, in the place of one that the account called so.

    Raises
    ------
    InvalidInputError
        The name is empty or too long, the question empty or wrong, or there are too many views.
    ForbiddenError
        The account may not share views.
    """
    short = " ".join(name.split()).replace("\0", "")
    if not 0 < len(short) <= LONGEST_NAME:
        problem = f"has {len(short)} characters"
        raise InvalidInputError(FieldProblem("name", problem, f"give 1 to {LONGEST_NAME}"))
    if check(query).is_empty:
        raise InvalidInputError(FieldProblem("view", "asks for nothing", "set a filter first"))
    if shared:
        require(principal_of(user), Permission.SHARE_VIEWS)
    with transaction.atomic():
        views = SavedView.objects.select_for_update().filter(owner_id=user.pk)
        known = {view.name: view for view in views}
        if short not in known and len(known) >= MOST_VIEWS:
            problem = f"would be one of more than {MOST_VIEWS}"
            raise InvalidInputError(FieldProblem("name", problem, "remove a view first"))
        if short in known:
            known[short].delete()
        details = ViewDetails(user.pk, short, shared)
        return SavedView.objects.create(
            owner_id=user.pk,
            name=short,
            query=msgspec.json.encode(query).decode(),
            seller=query.seller,
            shared=shared,
            event=record(VIEW_SAVED, str(user.pk), principal_of(user), details),
        )


def remove(user: AbstractBaseUser, number: int) -> None:
    """Remove a view; nothing happens where there is none any more.

    Raises
    ------
    ForbiddenError
        It is another account's.
    """
    with transaction.atomic():
        view = SavedView.objects.select_for_update().filter(pk=number).first()
        if view is None:
            return
        if view.owner_id != user.pk:
            raise ForbiddenError(FieldProblem("view", "is another account's", "ask its owner"))
        details = ViewDetails(user.pk, view.name, view.shared)
        record(VIEW_REMOVED, str(user.pk), principal_of(user), details)
        view.delete()
