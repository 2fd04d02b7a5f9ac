"""What is to be done with a listing before it is published: let through, held, or refused.

The topic's policy says from which score on. What holds a listing here is what would hide it once
it is alerted, so a marketplace that asks first shows nothing that it would hide a second later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.topicfile.schema import reaches
from mimawari.records.action import GateAction
from mimawari.records.standing import Standing
from mimawari.service.actions.writing import is_dry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.topicfile import TopicFile


class RuleHit(msgspec.Struct, frozen=True):
    """A rule or bank that holds, and what it scores; ``rule`` is its identifier in the file."""

    name: str
    rule: str
    score: float


class Gate(msgspec.Struct, frozen=True):
    """What a topic's policy asks for, and why.

    Parameters
    ----------
    threshold
        The score of the policy that was reached; None where none was.
    by
        The rule, bank or model that gave the score; None where none was reached.
    clause
        Key of what is violated: as the rule names it, or the policy's only one.
    dry_run
        Whether the policy is on trial: it says what it would ask for, and asks for nothing.
    """

    action: GateAction = GateAction.ALLOW
    threshold: float | None = None
    by: str | None = None
    clause: str | None = None
    dry_run: bool = False


def gate(
    file: TopicFile,
    score: float,
    hits: Sequence[RuleHit],
    model: str | None,
    standing: Standing | None = None,
) -> Gate:
    """Say what a policy asks for, given a score.

    Parameters
    ----------
    hits
        The rules and banks of the topic that hold.
    model
        The model that scored beside them; None where there is none.
    standing
        Of the seller: who is trusted is not held, who is exempt not refused either.

    Examples
    --------
    >>> from mimawari.detectors.topicfile.schema import ActionPolicy, Severity, TopicFile
    >>> policy = ActionPolicy({}, hide_until_reviewed=0.8, refuse_at=0.95)
    >>> file = TopicFile("weapons", Severity.HIGH, 5, {}, {}, (), actions=policy)
    >>> [gate(file, score, [], "weapons-1").action.value for score in (0.5, 0.9, 0.99)]
    ['allow', 'hold', 'refuse']
    """
    policy = file.actions
    if policy is None:
        return Gate()
    dry_run = is_dry(policy)
    steps = [(GateAction.REFUSE, policy.refuse_at), (GateAction.HOLD, policy.hide_until_reviewed)]
    steps = {None: steps, Standing.TRUSTED: steps[:1]}.get(standing, [])
    for action, threshold in steps:
        if reaches(score, threshold):
            best = max(hits, key=lambda hit: hit.score, default=None)
            by_rule = best is not None and best.score >= score
            by = best.name if best is not None and by_rule else model
            rule = best.rule if best is not None and by_rule else ""
            return Gate(action, threshold, by, _clause(file, rule), dry_run)
    return Gate(dry_run=dry_run)


def _clause(file: TopicFile, rule: str) -> str | None:
    """Give the clause that a rule is about; the policy's only one where nothing names any."""
    named = next((known.clause for known in file.rules if known.id == rule), "")
    if named:
        return named
    return file.clauses[0].key if len(file.clauses) == 1 else None
