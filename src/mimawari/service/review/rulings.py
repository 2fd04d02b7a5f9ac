"""What stands of the decisions on a listing and topic, for actions to follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mimawari.records.label import CONFIRMING, VALUE, Judgement, Verdict, majority, standing, votes
from mimawari.service.accounts.authority import principal_of
from mimawari.service.actions.follow import follow
from mimawari.service.actions.ruling import Finding, Ruling
from mimawari.service.admission.models import AlertState, Purpose
from mimawari.service.catalogue.topic_files import topic_file, topic_file_of
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review.judgements import judgements
from mimawari.service.review.models import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.admission.models import Alert

LISTED = (Purpose.TOP_K, Purpose.EXPLORATION, Purpose.RESCAN)


class Named(NamedTuple):
    """Columns of a decision that its judgement does not have."""

    alert__listing_version__version: int
    clause: str | None
    policy_version: int


class Vote(NamedTuple):
    """A clear verdict that stands, and what it names."""

    judgement: Judgement
    clause: str | None
    policy_version: int


def act_on(alert: Alert, decision: Decision, moderator: AbstractBaseUser, acted_on: bool) -> None:
    """Let actions follow a decision or an undo, within its transaction.

    A golden item is known already: nothing follows what is said of it.

    Parameters
    ----------
    alert
        Locked, in the state that it has from now on.
    acted_on
        Whether any action or strike about its listing and topic may stand.
    """
    entry = alert.scored.generation.manifest.topics[alert.topic]
    policy, policy_version = topic_file_of(alert.topic, entry), entry.topic_file
    asks = policy.actions is not None or policy.strikes is not None
    if alert.purpose == Purpose.GOLDEN or not (asks or acted_on):
        return
    version, said = _newest_judged(alert)
    if version.pk != alert.listing_version_id:
        policy_version = said[-1].policy_version
        policy = topic_file(alert.topic, policy_version)
    violations = [s for s in said if s.judgement.verdict == Verdict.VIOLATES]
    waits = alert.state != AlertState.DECIDED and alert.purpose in LISTED
    ruling = Ruling(
        finding=finding_of([s.judgement for s in said], policy.confirm_positives),
        version=version,
        topic=alert.topic,
        policy=policy,
        policy_version=policy_version,
        alert=alert.pk,
        decision=decision.pk,
        principal=principal_of(moderator),
        violations=tuple(s.judgement.number for s in violations),
        clauses=tuple(dict.fromkeys(s.clause for s in violations if s.clause)),
        waiting_with=alert.score if waits else None,
    )
    follow(ruling, decision.decided_at)


def finding_of(said: Sequence[Judgement], confirm: bool) -> Finding:
    """Say what clear verdicts on a listing version come to.

    Examples
    --------
    >>> finding_of([], confirm=False)
    <Finding.CLEAR: 'clear'>
    """
    if not said:
        return Finding.CLEAR
    value = majority([VALUE[judgement.verdict] for judgement in said])
    if value is None:
        return Finding.DISPUTED
    sure = {j.moderator for j in said if j.verdict == Verdict.VIOLATES}
    if value and confirm and len(sure) < CONFIRMING:
        return Finding.UNCONFIRMED
    return Finding.VIOLATES if value else Finding.CLEAR


def _newest_judged(alert: Alert) -> tuple[ListingVersion, list[Vote]]:
    """Give the newest version of the listing of which a clear verdict stands, and these verdicts.

    That of the alert where there is none.
    """
    listing_id = alert.listing_version.listing_id
    rows = Decision.objects.filter(
        alert__topic=alert.topic, alert__listing_version__listing_id=listing_id
    )
    rows = rows.order_by("alert__listing_version__version", "pk")
    counted = votes(standing(judgements(rows, few=True)))
    if not counted:
        return alert.listing_version, []
    names = {number: Named(*rest) for number, *rest in rows.values_list("pk", *Named._fields)}
    newest = max(names[judgement.number].alert__listing_version__version for judgement in counted)
    said = [
        Vote(judgement, named.clause, named.policy_version)
        for judgement in counted
        if (named := names[judgement.number]).alert__listing_version__version == newest
    ]
    number = said[0].judgement.version
    if number == alert.listing_version_id:
        return alert.listing_version, said
    return ListingVersion.objects.defer("payload").get(pk=number), said
