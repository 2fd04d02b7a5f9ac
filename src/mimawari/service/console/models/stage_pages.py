"""Releases from the page of a model: a stage entered, a request answered, the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.models.gate_words import stage_text
from mimawari.service.console.models.model_pages import stored_model
from mimawari.service.console.models.stages_panel import OFFERED
from mimawari.service.releases.approving import approve, refuse
from mimawari.service.releases.deploying import undeploy
from mimawari.service.releases.going_back import retire, roll_back
from mimawari.service.releases.models import ReleaseRequest
from mimawari.service.releases.stages import Wish, enter

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.records.principal import Principal
    from mimawari.service.catalogue.models import ModelVersion
    from mimawari.service.console.review_pages import HttpRequest

MOST_REASON = 2_000


@needs(Permission.MODELS)
@require_POST
def change_stage(request: HttpRequest, version: str) -> HttpResponse:
    """Do what a form asks, with its reason, and go back to where it stands."""
    model = stored_model(request, version)
    try:
        messages.success(request, _done(request, model, principal_of(request.user)))
    except InvalidInputError as error:
        messages.error(request, str(error))
    if request.POST.get("back") == "neglected":
        return redirect("console:neglected")
    return redirect("console:model", model.pk)


def _done(request: HttpRequest, model: ModelVersion, actor: Principal) -> str:
    do, reason = request.POST.get("do", ""), _text(request, "reason")
    if not reason.strip():
        problem = FieldProblem("reason", "is empty", "say why; the ledger keeps it")
        raise InvalidInputError(problem)
    if do in {stage.value for stage in OFFERED}:
        return _entered(request, model, Stage(do), actor, reason)
    if do == "rollback":
        release = roll_back(model.topic, actor, reason)
        serving = release.model or _("the rules alone")
        return _("In force again: %(model)s.") % {"model": serving}
    if do == "retire":
        retire(model.pk, actor, reason)
        return _("It is retired.")
    if do == "undeploy":
        undeploy(model.pk, actor, reason)
        return _("It is beside the champion no more.")
    if do in ("approve", "refuse"):
        return _answered(request, do, actor, reason)
    raise InvalidInputError(FieldProblem("do", "is unknown", "use a button of the page"))


def _entered(
    request: HttpRequest, model: ModelVersion, stage: Stage, actor: Principal, reason: str
) -> str:
    wish = Wish(
        model=model.pk,
        stage=stage,
        reason=reason,
        share=_share(request.POST.get("share", "")) if stage == Stage.CANARY else 1.0,
        override=_text(request, "override").strip(),
    )
    if isinstance(enter(wish, actor), ReleaseRequest):
        return _("Asked for; a second person has to approve it here.")
    return _("It is %(stage)s now.") % {"stage": stage_text(stage)}


def _answered(request: HttpRequest, do: str, actor: Principal, reason: str) -> str:
    number = request.POST.get("request", "")
    if not number.isdecimal() or len(number) > 18:
        raise InvalidInputError(FieldProblem("request", "is no number", "use a button of the page"))
    if do == "approve":
        return _("It is %(stage)s now.") % {
            "stage": stage_text(approve(int(number), actor, reason).stage)
        }
    refuse(int(number), actor, reason)
    return _("The request is refused.")


def _share(text: str) -> float:
    try:
        return float(text) / 100
    except ValueError:
        problem = FieldProblem("share", f"{text[:20]!r} is no number", "write a percentage, as 5")
        raise InvalidInputError(problem) from None


def _text(request: HttpRequest, name: str) -> str:
    text = request.POST.get(name, "").replace("\0", "")
    if len(text) > MOST_REASON:
        problem = f"has {len(text):,} characters"
        raise InvalidInputError(FieldProblem(name, problem, f"use {MOST_REASON:,} at most"))
    return text
