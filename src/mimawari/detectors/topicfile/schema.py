"""What a topic file says, once it has been checked."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mimawari.detectors.topicfile.conditions import Condition
    from mimawari.listings.listing import Listing


class Severity(enum.StrEnum):
    """How grave a violation is; gives a rule's precision until decisions measure it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def prior(self) -> float:
        """Precision assumed of a rule that nobody has measured yet.

        Examples
        --------
        >>> [s.prior for s in Severity]
        [0.05, 0.2, 0.5, 0.9]
        """
        return {"low": 0.05, "medium": 0.2, "high": 0.5, "critical": 0.9}[self.value]


@dataclass(frozen=True, slots=True)
class RuleExample:
    """A listing that a rule must match, or must not.

    ``price_vs_median`` stands for the category's prices, which an example does not have.
    """

    listing: Listing
    price_vs_median: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when it applies, what it does not mean, and examples of both."""

    id: str
    severity: Severity
    when: Condition
    exclude: tuple[str, ...] = ()
    note: str = ""
    match: tuple[RuleExample, ...] = ()
    no_match: tuple[RuleExample, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicFile:
    """A policy that can be violated: texts, severity, daily capacity K, rules.

    With ``confirm_positives`` a violation is a label only once a second moderator confirmed
    it. ``source`` is the file's name, for messages.
    """

    topic: str
    severity: Severity
    capacity: int
    title: dict[str, str]
    policy: dict[str, str]
    rules: tuple[Rule, ...]
    sensitive: bool = False
    legal_category: str | None = None
    legal_keyword: str | None = None
    source: str = ""
    confirm_positives: bool = False
