"""What stands of the decisions on listings and a topic, for actions to follow it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from mimawari.records.label import CONFIRMING, VALUE, Judgement, Verdict, majority, standing, votes
from mimawari.service.accounts.authority import principal_of
from mimawari.service.actions.follow import follow
from mimawari.service.actions.ruling import Finding, Ruling
from mimawari.service.admission.models import TOLD, AlertState, Purpose
from mimawari.service.catalogue.topic_files import topic_file, topic_file_of
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review.judgements import judgements
from mimawari.service.review.models import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.principal import Principal
    from mimawari.service.admission.models import Alert


class Named(NamedTuple):
    """What its judgement does not have of a decision; `_NAMED` are the columns."""

    listing_id: str
    version: int
    clause: str | None
    policy_version: int


_NAMED = (
    "alert__listing_version__listing_id",
    "alert__listing_version__version",
    "clause",
    "policy_version",
)


class Vote(NamedTuple):
    """A clear verdict that stands, and what it names."""

    judgement: Judgement
    clause: str | None
    policy_version: int


class Decided(NamedTuple):
    """A decision or an undo, and what it was about.

    Parameters
    ----------
    alert
        Locked, in the state that it has from now on.
    acted_on
        Whether any action or strike about its listing and topic may stand.
    """

    alert: Alert
    decision: Decision
    acted_on: bool


def act_on(decided: Sequence[Decided], moderator: AbstractBaseUser) -> None:
    """Let actions follow decisions or their undo, all of one topic, within their transaction.

    A golden item is known already: nothing follows what is said of it.
    """
    concerned = [d for d in decided if _may_follow(d)]
    if not concerned:
        return
    votes_of = _votes_of(concerned)
    principal = principal_of(moderator)
    rulings = [_ruling(d, votes_of, principal) for d in concerned]
    follow(rulings, concerned[0].decision.decided_at)


def _may_follow(decided: Decided) -> bool:
    policy = _policy_of(decided)
    asks = policy.actions is not None or policy.strikes is not None
    return decided.alert.purpose != Purpose.GOLDEN and (asks or decided.acted_on)


def _policy_of(decided: Decided) -> TopicFile:
    """Give the policy under which it was decided, or is taken back."""
    topic = decided.alert.topic
    return topic_file_of(topic, decided.decision.generation.manifest.topics[topic])


def _ruling(decided: Decided, votes_of: Mapping[str, list[Vote]], principal: Principal) -> Ruling:
    alert, decision = decided.alert, decided.decision
    policy, policy_version = _policy_of(decided), decision.policy_version
    version, given = alert.listing_version, votes_of.get(alert.listing_version.listing_id, [])
    if given and given[0].judgement.version != version.pk:
        version = ListingVersion.objects.defer("payload").get(pk=given[0].judgement.version)
        policy_version = given[-1].policy_version
        policy = topic_file(alert.topic, policy_version)
    violations = [vote for vote in given if vote.judgement.verdict == Verdict.VIOLATES]
    waits = alert.state != AlertState.DECIDED and alert.purpose in TOLD
    return Ruling(
        finding=finding_of([vote.judgement for vote in given], policy.confirm_positives),
        version=version,
        topic=alert.topic,
        policy=policy,
        policy_version=policy_version,
        alert=alert.pk,
        decision=decision.pk,
        principal=principal,
        violations=tuple(vote.judgement.number for vote in violations),
        clauses=tuple(dict.fromkeys(vote.clause for vote in violations if vote.clause)),
        waiting_with=alert.score if waits else None,
    )


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


def _votes_of(decided: Sequence[Decided]) -> dict[str, list[Vote]]:
    """Give by listing the clear verdicts that stand of its newest version that has any."""
    listings = {d.alert.listing_version.listing_id for d in decided}
    rows = Decision.objects.filter(
        alert__topic=decided[0].alert.topic, alert__listing_version__listing_id__in=listings
    )
    rows = rows.order_by("alert__listing_version__version", "pk")
    counted = votes(standing(judgements(rows, few=True)))
    if not counted:
        return {}
    names = {number: Named(*rest) for number, *rest in rows.values_list("pk", *_NAMED)}
    by_listing: dict[str, list[tuple[int, Vote]]] = defaultdict(list)
    for judgement in counted:
        named = names[judgement.number]
        vote = Vote(judgement, named.clause, named.policy_version)
        by_listing[named.listing_id].append((named.version, vote))
    newest = {listing: max(version for version, _ in rows) for listing, rows in by_listing.items()}
    return {
        listing: [vote for version, vote in given if version == newest[listing]]
        for listing, given in by_listing.items()
    }
