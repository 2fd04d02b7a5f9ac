"""What is known of models and topics in force that may be neglected, and their open alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from mimawari.records.alarm import AlarmKind
from mimawari.records.deployment import Slot

Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Days after which something counts as neglected.

    Parameters
    ----------
    unused
        Without a look, an alert or a decision.
    labels
        Since the time before which a model's labels were known.
    retrained
        In which no newer model of a champion's topic was registered.
    """

    unused: Days = 30
    labels: Days = 90
    retrained: Days = 180


class DeployedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model in a slot, and what it was made from.

    Parameters
    ----------
    since
        From when on it has the slot.
    looked_at
        When it was last validated or compared; None where it never was.
    on_trial
        Whether its topic's models are compared now: nobody takes one away then.
    learnt
        When it was trained.
    labels_until
        When its newest labels were known; None where nobody noted it.
    policy
        The newest version of the topic file by which its labels were judged, where known.
    data_erased
        When the rows of its data set were removed; None where they are there.
    newest
        When the newest model of its topic was registered.
    """

    model: str
    topic: str
    slot: Slot
    since: datetime
    registered: datetime
    newest: datetime
    learnt: datetime
    on_trial: bool = False
    looked_at: datetime | None = None
    labels_until: datetime | None = None
    policy: int | None = None
    data_set: str = ""
    data_erased: datetime | None = None


class TopicInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The policy of a topic, and what became of its alerts; None where there was none.

    Parameters
    ----------
    policy, policy_since
        Version of its topic file, and since when there is one of this number.
    readings_since
        When the operator's readings last changed.
    first_alert, last_alert, last_scored, last_decided
        When the oldest alert was put before moderators, the newest one, the newest one for its
        score, and the newest of those that somebody decided.
    """

    topic: str
    policy: int
    policy_since: datetime
    readings_since: datetime | None = None
    first_alert: datetime | None = None
    last_alert: datetime | None = None
    last_scored: datetime | None = None
    last_decided: datetime | None = None


class SpareModel(msgspec.Struct, frozen=True, kw_only=True):
    """A registered model that was never in force and is not retired."""

    model: str
    topic: str
    registered: datetime


class CostlyModel(msgspec.Struct, frozen=True, kw_only=True):
    """A champion that catches too little beyond the rules for what it costs.

    Parameters
    ----------
    since
        The first of the days that were measured.
    gain
        Violations caught beyond what rules alone would have found.
    hours
        Of people on its upkeep.
    """

    model: str
    topic: str
    since: datetime
    gain: float
    hours: float


class OpenAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm of a topic that is not resolved.

    Parameters
    ----------
    deployment
        The model that it is about; empty where it is about the topic's alerts or decisions.
    """

    number: int
    kind: AlarmKind
    topic: str
    since: datetime
    deployment: str = ""
