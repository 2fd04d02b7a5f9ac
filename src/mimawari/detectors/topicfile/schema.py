"""What a topic file says, once it has been checked."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.market import market_of
from mimawari.records.action import ActionKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.detectors.topicfile.conditions import Condition
    from mimawari.listings.listing import Listing


TRUSTED_FROM = 0.5
"""The score from which on trusted sellers are alerted where a topic says nothing else."""


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


def reaches(score: float, threshold: float | None) -> bool:
    """Whether a score reaches a threshold as it is written; scores are kept as float32.

    Examples
    --------
    >>> kept = float(np.float32(0.9))
    >>> kept >= 0.9, reaches(kept, 0.9), reaches(0.89, 0.9), reaches(1.0, None)
    (False, True, False, False)
    """
    return threshold is not None and score >= float(np.float32(threshold))


@dataclass(frozen=True, slots=True)
class RuleExample:
    """A listing that a rule must match, or must not.

    ``price_vs_median`` stands for the category's prices, which an example does not have.
    """

    listing: Listing
    price_vs_median: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when it applies, what it does not mean, and examples of both.

    ``note`` says why it exists, by language; ``clause`` is the key of what it is about.
    """

    id: str
    severity: Severity
    when: Condition
    exclude: tuple[str, ...] = ()
    note: dict[str, str] = field(default_factory=dict)
    match: tuple[RuleExample, ...] = ()
    no_match: tuple[RuleExample, ...] = ()
    clause: str = ""

    @property
    def note_in_english(self) -> str:
        """The note in English, else in any language; empty where there is none."""
        return self.note.get("en") or next(iter(self.note.values()), "")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the policy that a violation breaks; texts by language.

    ``severity`` is that of the topic where it is None.
    """

    key: str
    text: dict[str, str]
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class ActionPolicy:
    """What follows a violation, by its severity.

    Those of the severities in ``automatic`` are taken at once, others are proposed. What is
    alerted with a score of ``hide_until_reviewed`` or more is hidden until somebody decided;
    what is asked for before it is published is refused from ``refuse_at`` on.
    In a ``dry_run`` all is recorded and nothing sent.
    """

    kinds: dict[Severity, tuple[ActionKind, ...]]
    automatic: frozenset[Severity] = frozenset()
    hide_until_reviewed: float | None = None
    dry_run: bool = False
    refuse_at: float | None = None


@dataclass(frozen=True, slots=True)
class StrikePolicy:
    """What a violation counts against its seller, by severity, and for how long.

    With strikes that weigh ``restrict_at`` together the seller is to be restricted.
    """

    weights: dict[Severity, int]
    expires_days: int = 180
    restrict_at: int | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class TopicFile:
    """A policy that can be violated: texts, severity, daily capacity K, rules.

    With ``confirm_positives`` a violation is a label only once a second moderator confirmed
    it. With ``clause_optional`` a violation need not name a clause. ``source`` is the file's
    name, for messages. Listings of trusted sellers are alerted from ``trusted_from`` on. With
    ``markets`` it is in force in these countries only (see `market_of`).
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
    clauses: tuple[Clause, ...] = ()
    clause_optional: bool = False
    actions: ActionPolicy | None = None
    strikes: StrikePolicy | None = None
    trusted_from: float = TRUSTED_FROM
    markets: frozenset[str] = frozenset()

    def concerns(self, listing: Listing) -> bool:
        """Whether the policy is in force where a listing is offered; yes where nobody knows."""
        market = market_of(listing) if self.markets else None
        return market is None or market in self.markets

    def check_clause(self, key: str) -> None:
        """Refuse a clause that the policy does not have, and a violation without one.

        Raises
        ------
        InvalidInputError
            Naming those there are.
        """
        keys = [clause.key for clause in self.clauses]
        if key in keys or (not key and (self.clause_optional or not keys)):
            return
        problem = f"{key[:40]!r} is not in the policy {self.topic}" if key else "is missing"
        remedy = f"use {', '.join(keys)}" if keys else "leave it out: the policy has no clauses"
        raise InvalidInputError(FieldProblem("clause", problem, remedy))

    def severity_of(self, keys: Iterable[str]) -> Severity:
        """Give how grave a violation of clauses is: the gravest of them, or the topic's own."""
        named = [clause.severity for clause in self.clauses if clause.key in keys]
        order = list(Severity)
        grave = [severity or self.severity for severity in named]
        return max(grave, key=order.index, default=self.severity)
