"""What is written down of each kind of event of a trial."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from mimawari.evaluation.blocks import PRIOR
from mimawari.records.json import JsonObject
from mimawari.service.trials.design import Design


class EventBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event may say."""

    kind: ClassVar[str]
    statement: str = ""
    reason: str = ""

    def plain(self) -> JsonObject:
        """Give it as plain data."""
        data: JsonObject = msgspec.to_builtins(self)
        return data


class Started(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """A trial was started, by whom and why."""

    kind: ClassVar[str] = "started"
    design: Design
    generation: int


class UsedAgain(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody let a trial use what earlier ones had used, and why.

    Parameters
    ----------
    earlier
        Numbers of those trials.
    """

    kind: ClassVar[str] = "used_again"
    earlier: list[int]


class Prepared(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """The window of a back-test was scored by both models.

    Parameters
    ----------
    prior
        Violations and others among labels from before the window, with pseudo-counts.
    """

    kind: ClassVar[str] = "prepared"
    steps: int
    listings: int
    differing: float
    known: int
    rechecks: int
    prior: tuple[float, float] = PRIOR


class Failed(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """What was due could not be done."""

    kind: ClassVar[str] = "failed"


class Flagged(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """Moderators whose verdicts are not taken, by number."""

    kind: ClassVar[str] = "moderators_flagged"
    moderators: list[int]


class HandedOver(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """The running top K makes the topic's lists again."""

    kind: ClassVar[str] = "handed_over"
    # Not left out where it is 0, as a default would be.
    candidates: int


class Finished(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """What a trial decided is in force."""

    kind: ClassVar[str] = "finished"
    generation: int
    model: str


class Ended(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """A trial ended; where its evidence said so, that is a `Concluded`."""

    kind: ClassVar[str] = "ended"
    outcome: str = ""


class Findings(EventBody, frozen=True, kw_only=True, omit_defaults=True):
    """What the evidence was.

    Parameters
    ----------
    says
        What the rule makes of it.
    at
        Number of steps after which the outcome stood; None while it does not.
    interval
        Bounds of the gain in Precision@K.
    champion, candidate
        Violations found, of how many items.
    rechecks
        Old labels that agree, of those answered, of those asked for again.
    newest_decision
        Number of the newest decision that was known.
    """

    says: str
    steps: int
    at: int | None
    days: int
    reviews: int
    log_e: float
    log_f: float
    gain: float | None
    interval: tuple[float, float]
    dispersion: float
    champion: tuple[int, int]
    candidate: tuple[int, int]
    rechecks: tuple[int, int, int]
    newest_decision: int


class Concluded(Findings, frozen=True, kw_only=True, omit_defaults=True):
    """A trial ended as its evidence said, alone or among the trials of its family.

    Parameters
    ----------
    family, of
        Decided together with how many trials.
    checks
        Whether pairs were drawn and judged as planned.
    used_again
        Numbers of earlier trials whose evidence a promotion used again.
    """

    kind: ClassVar[str] = "ended"
    outcome: str = ""
    family: str = ""
    of: int = 0
    checks: list[str] = []
    used_again: list[int] = []


class LabelsChanged(Findings, frozen=True, kw_only=True, omit_defaults=True):
    """Labels behind a decision were changed after it: what they would say now."""

    kind: ClassVar[str] = "labels_changed"


End: TypeAlias = Ended | Concluded


def end_of(body: JsonObject) -> End:
    """Read what was recorded at a trial's end."""
    if "says" in body:
        return msgspec.convert(body, Concluded)
    return msgspec.convert(body, Ended)


def said_of(body: JsonObject) -> str:
    """Give the sentence about an event, or why somebody brought it about."""
    return str(body.get("statement") or body.get("reason") or "")
