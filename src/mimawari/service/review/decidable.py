"""Which of the listings that somebody has found can be decided now, and why the others cannot.

A decision belongs to the version that was shown. What waits in the list for its score alone is
settled by it; what chance, a trial or a second judgement asks for keeps waiting, so that who
searches does not choose a sample.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.records.label import VALUE
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.models import StandingAction, Strike
from mimawari.service.admission.models import LISTED, WAITING, Alert, AlertState, Purpose
from mimawari.service.intake.log import newest_versions
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.releases.models import Generation
from mimawari.service.review.group_request import Shown
from mimawari.service.review.models import Decision
from mimawari.service.review.refused import Refused, Why
from mimawari.service.scoring.columns import scores_by_topic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.service.accounts.permissions import Authority

_GONE = {
    State.ERASED: Why.ERASED,
    State.SUPERSEDED: Why.EDITED,
    State.PENDING: Why.NOT_SCORED,
    State.SET_ASIDE: Why.NOT_SCORED,
}


class Decidable(msgspec.Struct, frozen=True):
    """A listing version that can be decided.

    Parameters
    ----------
    alert
        What the decision settles, or an earlier one of search; None where there is neither.
    score
        Of the topic, as it was scored; 0 where the topic was not in force then.
    acted_on
        Whether any action or strike about the listing and topic may stand.
    """

    version: ListingVersion
    listing: Listing
    alert: Alert | None
    score: float
    acted_on: bool

    @property
    def waits(self) -> bool:
        """Whether the list has put it before moderators, who need not decide it any more."""
        return self.alert is not None and self.alert.state in WAITING


class SortedOut(msgspec.Struct, frozen=True):
    """Listings that somebody has found, by whether they can be decided; as they were shown."""

    decidable: tuple[Decidable, ...]
    refused: tuple[Refused, ...]


class Moderator(msgspec.Struct, frozen=True):
    """Who decides: the account, and what it, or the key by which it decides, may do."""

    number: int
    authority: Authority

    @property
    def judges_alone(self) -> bool:
        """Whether they do not see what others said of a case that waits."""
        return Permission.SCORES not in self.authority.permissions


def sort_out(
    shown: Sequence[Shown], file: TopicFile, moderator: Moderator, lock: bool = False
) -> SortedOut:
    """Say which of the listings can be decided for a topic; however many, with as many queries.

    Parameters
    ----------
    lock
        Whether alerts are locked until the transaction ends; one that somebody else has locked
        is before them.
    """
    case = _Cases(shown, file, moderator, lock)
    decidable, refused = [], []
    for wanted in shown:
        why = case.why_not(wanted)
        if why is None:
            decidable.append(case.decidable(wanted))
        else:
            refused.append(Refused(wanted.listing_id, wanted.version, why))
    return SortedOut(tuple(decidable), tuple(refused))


class _Cases:
    """What the store holds of the listings that were shown, and of a topic."""

    def __init__(
        self, shown: Sequence[Shown], file: TopicFile, moderator: Moderator, lock: bool
    ) -> None:
        self._file, self._moderator, topic = file, moderator, file.topic
        self._now = clock.database_now()
        ids = {wanted.listing_id for wanted in shown}
        self._newest = newest_versions(ids)
        self._versions = _versions(shown)
        self._listings: dict[int, Listing] = {}
        numbers = [version.pk for version in self._versions.values()]
        self._alerts = _alerts(numbers, topic)
        self._locked = _locked(self._alerts.values()) if lock else None
        self._moderators = _moderators(numbers, topic)
        self._acted_on = _acted_on(ids, topic)

    def why_not(self, shown: Shown) -> Why | None:
        """Say why a listing cannot be decided; None where it can be."""
        version = self._versions.get(shown)
        if version is None:
            return Why.UNKNOWN
        if version.state != State.ERASED and self._newest[shown.listing_id] > shown.version:
            return Why.EDITED
        if (gone := _GONE.get(State(version.state))) is not None:
            return gone
        if getattr(version, "ending", None) is not None:
            return Why.ENDED
        if not self._file.concerns(self._listing_of(version)):
            return Why.NOT_IN_FORCE
        return self._why_not_decided(version.pk) or self._why_not_settled(version.pk)

    def decidable(self, shown: Shown) -> Decidable:
        """Gather what a decision on a listing needs."""
        version = self._versions[shown]
        score = scores_by_topic(version.score).get(self._file.topic)
        return Decidable(
            version,
            self._listing_of(version),
            self._settled(version.pk),
            0.0 if score is None else score.score,
            shown.listing_id in self._acted_on,
        )

    def _listing_of(self, version: ListingVersion) -> Listing:
        if version.pk not in self._listings:
            self._listings[version.pk] = msgspec.json.decode(version.payload, type=Listing)
        return self._listings[version.pk]

    def _why_not_decided(self, number: int) -> Why | None:
        """Say who decided it already.

        Who judges alone is not told of others while the case waits: that it was judged before
        would tell what it is.
        """
        moderators = self._moderators.get(number, set())
        if self._moderator.number in moderators:
            return Why.DECIDED_BY_YOU
        waits = any(alert.state in WAITING for alert in self._alerts.get(number, ()))
        kept_back = waits and self._moderator.judges_alone
        return Why.DECIDED if moderators and not kept_back else None

    def _why_not_settled(self, number: int) -> Why | None:
        alert = self._settled(number)
        if alert is None:
            return None
        may_lead = self._moderator.authority.may(Permission.ESCALATED)
        if alert.state == AlertState.ESCALATED and not may_lead:
            return Why.ESCALATED
        others = alert.leased_by_id not in (None, self._moderator.number)
        leased = others and alert.leased_until is not None and alert.leased_until > self._now
        locked = self._locked is None or alert.pk in self._locked
        return None if locked and not leased else Why.HELD

    def _settled(self, number: int) -> Alert | None:
        """Give the alert that a decision settles: the list's, else an earlier one of search."""
        alerts = self._alerts.get(number, ())
        return next(filter(_is_settled, alerts), None) or next(filter(_is_searched, alerts), None)


def _is_settled(alert: Alert) -> bool:
    return alert.purpose in LISTED and alert.state in WAITING


def _is_searched(alert: Alert) -> bool:
    return alert.purpose == Purpose.SEARCH


def _versions(shown: Sequence[Shown]) -> dict[Shown, ListingVersion]:
    rows = ListingVersion.objects.filter(
        listing_id__in={wanted.listing_id for wanted in shown},
        version__in={wanted.version for wanted in shown},
    ).select_related("score", "ending")
    wanted = set(shown)
    known = [row for row in rows if (row.listing_id, row.version) in wanted]
    scores = [row.score for row in known if hasattr(row, "score")]
    generations = Generation.objects.in_bulk({score.generation_id for score in scores})
    for score in scores:
        score.generation = generations[score.generation_id]
    return {Shown(row.listing_id, row.version): row for row in known}


def _alerts(numbers: Collection[int], topic: str) -> Mapping[int, list[Alert]]:
    alerts: defaultdict[int, list[Alert]] = defaultdict(list)
    rows = Alert.objects.filter(listing_version__in=numbers, topic=topic)
    rows = rows.select_related("rescore__generation", "rescore__rescan").order_by("pk")
    for alert in rows:
        alerts[alert.listing_version_id].append(alert)
    return alerts


def _locked(alerts: Collection[list[Alert]]) -> set[int]:
    """Lock what would be settled, as far as it is as it was read and nobody else has it."""
    wanted = {a.pk: a for row in alerts for a in row if _is_settled(a) or _is_searched(a)}
    if not wanted:
        return set()
    rows = Alert.objects.filter(pk__in=wanted).order_by("pk")
    names = ("pk", "state", "leased_by_id", "leased_until")
    locked = rows.select_for_update(skip_locked=True).values_list(*names)
    return {
        number
        for number, *read in locked
        if read == [getattr(wanted[number], name) for name in names[1:]]
    }


def _moderators(numbers: Collection[int], topic: str) -> Mapping[int, set[int]]:
    """Give by version who decided it clearly, as it stands; golden items are known anyway."""
    rows = Decision.objects.filter(
        alert__listing_version__in=numbers,
        alert__topic=topic,
        replaced_by=None,
        verdict__in=[str(verdict) for verdict in VALUE],
    ).exclude(alert__purpose=Purpose.GOLDEN)
    moderators: defaultdict[int, set[int]] = defaultdict(set)
    for version, number in rows.values_list("alert__listing_version_id", "moderator_id"):
        moderators[version].add(number)
    return moderators


def _acted_on(ids: Collection[str], topic: str) -> set[str]:
    standing = StandingAction.objects.filter(listing_id__in=ids, topic=topic)
    struck = Strike.objects.filter(listing_version__listing_id__in=ids, topic=topic)
    return {
        *standing.values_list("listing_id", flat=True),
        *struck.values_list("listing_version__listing_id", flat=True),
    }
