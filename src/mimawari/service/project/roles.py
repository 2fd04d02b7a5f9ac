"""The roles: what each runs, and whether an installation needs it. The one place to add one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.db import connection

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mimawari.service.platform.work_loop import WorkLoop

EDGE = "edge"


class Loops(Protocol):
    """Makes the loops of a role; each process makes its own."""

    def __call__(self) -> Sequence[WorkLoop]:
        """Make them."""
        ...


def always() -> bool:
    """Whatever the settings."""
    return True


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of process.

    Parameters
    ----------
    loops
        What it runs; None for the edge, which answers requests.
    needed
        Whether an installation with these settings lacks something without it.
    lag
        Counts what waits for it.
    alone_on_sqlite
        Whether SQLite, which has one writer at a time, takes one process only.
    """

    name: str
    about: str
    loops: Loops | None
    needed: Callable[[], bool] = always
    lag: Callable[[], int] | None = None
    alone_on_sqlite: bool = False

    @property
    def alone(self) -> bool:
        """Whether no second process of it may run on this store."""
        return self.alone_on_sqlite and connection.vendor == "sqlite"


def _scorer() -> Sequence[WorkLoop]:
    from mimawari.service.releases.follower import SuiteFollower
    from mimawari.service.releases.golden_checks import check_golden
    from mimawari.service.scoring.scorer import Scorer

    suites = SuiteFollower(on_load=check_golden)
    return [suites, Scorer(suites=suites)]


def _admitter() -> Sequence[WorkLoop]:
    from mimawari.service.admission.admitter import Admitter
    from mimawari.service.second_stage.asker import Asker

    admitter = Admitter()
    # In a thread of its own: an endpoint that stalls holds up no list.
    return [admitter, Asker(on_answered=admitter.wake.set)]


def _media() -> Sequence[WorkLoop]:
    from mimawari.service.media.picture_fetcher import PictureFetcher
    from mimawari.service.media.reading import Reader

    reader = Reader()
    return [PictureFetcher(on_settled=reader.wake.set), reader]


def _relay() -> Sequence[WorkLoop]:
    from mimawari.service.delivery.relay import Relay

    return [Relay()]


def _indexer() -> Sequence[WorkLoop]:
    from mimawari.service.search.indexer import Indexer

    return [Indexer()]


def _trials() -> Sequence[WorkLoop]:
    from mimawari.service.trials.runner import TrialRunner

    return [TrialRunner()]


def _keeper() -> Sequence[WorkLoop]:
    from mimawari.service.actions.expiring import StrikeExpirer
    from mimawari.service.alarms.mailing import MailSender
    from mimawari.service.audit.sealer import Sealer
    from mimawari.service.campaigns.ending import CampaignKeeper
    from mimawari.service.guards.job import EVERY_SECONDS, GuardKeeper
    from mimawari.service.monitoring.backlog import note_backlog
    from mimawari.service.monitoring.days import watch_days
    from mimawari.service.monitoring.drifting.counter import DriftCounter
    from mimawari.service.monitoring.drifting.kept import refresh_shares
    from mimawari.service.monitoring.figures import refresh_next
    from mimawari.service.monitoring.trust_watch import watch_probabilities
    from mimawari.service.platform.keeper import Job, Keeper, forget_lost_processes
    from mimawari.service.platform.leases import HeldLease, Renewal
    from mimawari.service.retention.closer import DayCloser
    from mimawari.service.review.known_violations import KnownViolationKeeper
    from mimawari.service.second_stage.learning import learn_weights

    violations, lease = KnownViolationKeeper(), HeldLease("keeper")
    jobs = [
        Job("tell scorers what violates", 5, violations.work),
        Job("fill and end campaigns", 60, CampaignKeeper().work),
        Job("let strikes expire", 5, StrikeExpirer().work),
        Job("make the console's figures", 5, refresh_next),
        Job("note the backlog", 300, note_backlog),
        Job("watch models in force", EVERY_SECONDS, GuardKeeper(lease).work),
        Job("draw how shares went", 15, refresh_shares),
        Job("watch the days", 600, watch_days),
        Job("watch probabilities", 600, watch_probabilities),
        Job("weigh answers of second stages", 300, learn_weights),
        Job("forget lost processes", 3_600, forget_lost_processes),
    ]
    # Sealing has a thread of its own: no job may hold it up.
    # So have closing days, which takes minutes, and mail, whose server may hang.
    beside = [DayCloser(lease), MailSender(lease), DriftCounter(lease)]
    return [Renewal(lease), Keeper(lease, jobs), Sealer(), *beside]


def _keeps_pictures() -> bool:
    from mimawari.service.media.origins import keeps_pictures

    return keeps_pictures()


def _pending() -> int:
    from mimawari.service.intake import log

    return log.pending_count()


def _candidates() -> int:
    from mimawari.service.scoring.models import Candidate, CandidateState

    return Candidate.objects.filter(state=CandidateState.WAITING).count()


def _unsettled() -> int:
    from mimawari.service.media.models import Snapshot, SnapshotState

    return Snapshot.objects.filter(state=SnapshotState.PENDING).count()


def _undelivered() -> int:
    from mimawari.service.delivery.models import Delivery, DeliveryState

    return Delivery.objects.filter(state=DeliveryState.WAITING).count()


def _unindexed() -> int:
    from mimawari.service.search import state

    return state.waiting()


ROLES = {
    role.name: role
    for role in (
        Role(EDGE, "answers the API and the console", None),
        Role("scorer", "scores what waits", _scorer, lag=_pending, alone_on_sqlite=True),
        Role(
            "admitter",
            "puts the top K of each topic and day before moderators",
            _admitter,
            lag=_candidates,
            alone_on_sqlite=True,
        ),
        Role("media", "fetches and reads pictures", _media, _keeps_pictures, _unsettled),
        Role("relay", "sends events to webhooks", _relay, lag=_undelivered),
        Role("indexer", "keeps what is searched up to date", _indexer, lag=_unindexed),
        Role("trials", "prepares back-tests and rounds, asks moderators, decides", _trials),
        Role("keeper", "does what is due, one at a time", _keeper),
    )
}


def needed() -> list[str]:
    """Name the roles that an installation with these settings needs."""
    return [role.name for role in ROLES.values() if role.needed()]


def role_of(name: str) -> Role:
    """Give a role by its name.

    Raises
    ------
    InvalidInputError
        There is none, or the settings leave it nothing to do.
    """
    if name not in ROLES:
        problem, remedy = f"{name!r} is unknown", f"use one of {', '.join(ROLES)}"
        raise InvalidInputError(FieldProblem("role", problem, remedy))
    role = ROLES[name]
    if not role.needed():
        problem, remedy = f"{name} has nothing to do", "set image_origins to have pictures kept"
        raise InvalidInputError(FieldProblem("role", problem, remedy))
    return role
