"""What moderators' decisions on a listing and topic come to, as the review room says."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mimawari.detectors.topicfile import Severity, TopicFile
    from mimawari.records.principal import Principal
    from mimawari.service.intake.models import ListingVersion


class Finding(enum.StrEnum):
    """What stands of what was decided.

    ``unconfirmed``: a violation that a second moderator has to confirm. ``disputed``: as many
    say so as not. ``clear``: it does not violate, or nothing that was decided stands.
    """

    VIOLATES = "violates"
    UNCONFIRMED = "unconfirmed"
    DISPUTED = "disputed"
    CLEAR = "clear"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of what was decided on a listing version and topic.

    Parameters
    ----------
    policy, policy_version
        The topic file under which it was decided.
    violations
        The decisions that say it violates, oldest first, and the clauses that they name.
    alert, decision
        What was decided just now; ``principal`` decided it.
    waiting_with
        The score of the alert where it waits again, after an undo.
    """

    finding: Finding
    version: ListingVersion
    topic: str
    policy: TopicFile
    policy_version: int
    alert: int
    decision: int
    principal: Principal
    violations: tuple[int, ...] = ()
    clauses: tuple[str, ...] = ()
    waiting_with: float | None = None

    @property
    def severity(self) -> Severity:
        """How grave the violation is: as its clauses say, or its topic."""
        return self.policy.severity_of(self.clauses)

    @property
    def followed(self) -> int:
        """The decision that actions follow: the last one where it says so itself."""
        if self.decision in self.violations or not self.violations:
            return self.decision
        return self.violations[0]
