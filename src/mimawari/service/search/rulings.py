"""What was decided and done about listing versions, by topic: what is searched for and shown."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.action import Origin
from mimawari.service.actions.models import Action
from mimawari.service.admission.models import WAITING, Alert
from mimawari.service.review.models import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection


class DecisionMade(msgspec.Struct, frozen=True):
    """A decision that stands, and the account that made it."""

    verdict: str
    moderator: int


class Ruling(msgspec.Struct, frozen=True):
    """What is known of a listing version and topic.

    Parameters
    ----------
    waits
        Whether a moderator has yet to decide.
    actions
        Kinds of action that were taken and not taken back, dry runs apart.
    """

    topic: str
    waits: bool = False
    decisions: tuple[DecisionMade, ...] = ()
    actions: tuple[str, ...] = ()


def rulings_of(versions: Collection[int]) -> dict[int, list[Ruling]]:
    """Give what is known of listing versions, by their numbers, topics in alphabetical order."""
    waits: defaultdict[tuple[int, str], bool] = defaultdict(bool)
    alerts = Alert.objects.filter(listing_version__in=versions).order_by()
    for version, topic, state in alerts.values_list("listing_version_id", "topic", "state"):
        waits[version, topic] |= state in WAITING
    decisions: defaultdict[tuple[int, str], list[DecisionMade]] = defaultdict(list)
    rows = Decision.objects.filter(alert__listing_version__in=versions, replaced_by=None)
    columns = ("alert__listing_version_id", "alert__topic", "verdict", "moderator_id")
    for version, topic, verdict, moderator in (
        rows.exclude(verdict=Verdict.UNDONE).order_by("pk").values_list(*columns)
    ):
        decisions[version, topic].append(DecisionMade(verdict, moderator))
    actions = _actions(versions)
    rulings: defaultdict[int, list[Ruling]] = defaultdict(list)
    for key in sorted({*waits, *decisions, *actions}):
        version, topic = key
        ruling = Ruling(
            topic, waits[key], tuple(decisions[key]), tuple(dict.fromkeys(actions[key]))
        )
        rulings[version].append(ruling)
    return rulings


def _actions(versions: Collection[int]) -> defaultdict[tuple[int, str], list[str]]:
    actions: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    taken = Action.objects.filter(listing_version__in=versions, dry_run=False, reverses=None)
    holding = taken.filter(reversed_by=None, replaced_by=None).exclude(origin=Origin.PROPOSED)
    for version, topic, kind in holding.order_by("pk").values_list(
        "listing_version_id", "topic", "kind"
    ):
        actions[version, topic].append(kind)
    return actions
