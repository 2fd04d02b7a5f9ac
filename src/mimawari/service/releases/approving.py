"""The second person: approves or refuses what another one wants released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.platform import clock
from mimawari.service.releases import generations, stage_events
from mimawari.service.releases.models import Release, ReleaseAnswer, ReleaseRequest
from mimawari.service.releases.stages import Wish, carry_out, key_of, prove_wish, require_open

if TYPE_CHECKING:
    from mimawari.records.principal import Principal


def approve(number: int, actor: Principal, reason: str) -> Release:
    """Carry out a request as its second person.

    The gates are asked again: what held when it was asked for may not hold now.

    Raises
    ------
    InvalidInputError
        It is answered already, the actor asked for it themselves, or a gate does not hold.
    """
    request = _open_request(number, actor)
    if key_of(actor) == request.account:
        remedy = "another account has to approve it"
        raise InvalidInputError(FieldProblem("request", "is your own", remedy))
    wish = Wish(
        model=request.model,
        stage=Stage(request.stage),
        reason=request.reason,
        share=request.share,
        override=request.override,
        request=request.pk,
    )
    prove_wish(wish, request.topic)
    with transaction.atomic():
        generations.lock()
        request = _open_request(number, actor)
        require_open(wish, request.topic)
        _answer(request, True, actor, reason)
        return carry_out(wish, request.topic, actor)


def refuse(number: int, actor: Principal, reason: str) -> ReleaseAnswer:
    """Close a request without carrying it out; who asked may take it back so, too."""
    with transaction.atomic():
        generations.lock()
        return _answer(_open_request(number, actor), False, actor, reason)


def open_requests(model: str | None = None) -> list[ReleaseRequest]:
    """Give the requests that wait for a second person, of one model or all, the oldest first."""
    waiting = ReleaseRequest.objects.filter(answer=None).order_by("pk")
    return list(waiting if model is None else waiting.filter(model=model))


def _open_request(number: int, actor: Principal) -> ReleaseRequest:
    request = ReleaseRequest.objects.filter(pk=number).select_related("answer").first()
    if request is None:
        remedy = "'mimawari models requests' lists those that wait"
        raise InvalidInputError(FieldProblem("request", f"{number} is unknown", remedy))
    require(actor, Permission.MODELS, request.topic)
    answer = ReleaseAnswer.objects.filter(request=request).first()
    if answer is not None:
        done = "approved" if answer.approved else "refused"
        remedy = "ask anew where it is still wanted"
        problem = f"{number} was {done} by {answer.actor} on {answer.at:%Y-%m-%d %H:%M}"
        raise InvalidInputError(FieldProblem("request", problem, remedy))
    return request


def _answer(
    request: ReleaseRequest, approved: bool, actor: Principal, reason: str
) -> ReleaseAnswer:
    answer = ReleaseAnswer.objects.create(
        request=request,
        approved=approved,
        at=clock.database_now(),
        actor=actor.name,
        reason=reason,
    )
    details = stage_events.answer_details(answer)
    record(stage_events.ANSWER, answer.pk, actor, details, reason)
    return answer
