"""The published design: half of the capacity to each model, looked at once, at the end."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from scipy.stats import binomtest, norm

from mimawari.evaluation.evidence import Evidence, Outcome, Rule, Step
from mimawari.evaluation.statements import too_alike
from mimawari.evaluation.trial import describe, take

if TYPE_CHECKING:
    from collections.abc import Sequence


def reviews_each(p_a: float, p_b: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Give the reviews a model that a z-test of two proportions needs, one-sided.

    ``(z_alpha + z_power)^2 (p_a (1-p_a) + p_b (1-p_b)) / (p_b - p_a)^2`` (Fleiss, Levin & Paik
    2003, chapter 4, without correction). It is valid for one look at a number of reviews that
    was fixed before.

    Examples
    --------
    >>> round(reviews_each(0.30, 0.33), 1), reviews_each(0.3, 0.3)
    (2961.4, inf)
    """
    if p_b <= p_a:
        return math.inf
    z = norm.ppf(1 - alpha) + norm.ppf(power)
    return float(z**2 * (p_a * (1 - p_a) + p_b * (1 - p_b)) / (p_b - p_a) ** 2)


def evaluate_split(
    steps: Sequence[Step], rule: Rule, differing: float, exhausted: bool = False
) -> Evidence:
    """Evaluate pairs of a trial whose length was fixed before, once it is over.

    The exact one-sided McNemar test on the discordant pairs, at the fixed horizon only. Until
    then the outcome is to continue, whatever the figures say: peeking at 30 days would promote
    a third of the candidates that are no better. What it estimates is Precision at the length
    of each model's list, half of the capacity.

    Parameters
    ----------
    rule
        Its capacity is that of one list.
    differing
        Items a day that only one of these lists has.
    exhausted
        Whether the days are over and all labels in.

    Examples
    --------
    >>> steps = [Step(0, 1, 0)] * 35 + [Step(0, 0, 1)] * 15
    >>> evaluate_split(steps, Rule(100), 50, exhausted=True).outcome.value
    'promote'
    """
    taken = take(steps)
    evidence = describe(taken, rule, differing)
    if differing / rule.capacity <= rule.smallest_gain:
        return too_alike(evidence, rule, differing)
    if not exhausted or not evidence.steps:
        return replace(evidence, statement="Going on: one look, when the days are over.")
    wins, losses = int((taken.y > taken.hits).sum()), int((taken.y < taken.hits).sum())
    p = binomtest(wins, wins + losses, alternative="greater").pvalue if wins + losses else 1.0
    counts = f"{wins} wins to {losses}, exact McNemar test at the end, p = {p:.3g}"
    if p <= rule.alpha:
        statement, outcome = f"Promote: {counts}.", Outcome.PROMOTE
    else:
        statement = f"No useful difference was shown: {counts}. Keep the champion."
        outcome = Outcome.UNDECIDED
    return replace(evidence, outcome=outcome, statement=statement, at=evidence.steps)
