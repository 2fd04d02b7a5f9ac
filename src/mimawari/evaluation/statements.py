"""The sentences in which a trial's outcome is told."""

from __future__ import annotations

import math
from dataclasses import replace

from mimawari.evaluation.evidence import Evidence, Outcome, Rule
from mimawari.figures import three_figures


def too_alike(evidence: Evidence, rule: Rule, differing: float) -> Evidence:
    """Reject for lists that differ too little for a useful gain."""
    if differing == 0:
        statement = "The lists are the same: there is nothing to compare. Keep the champion."
    else:
        statement = (
            f"Reject: the lists differ in {differing:.3g} of {rule.capacity} items a day, too few "
            f"for a gain of {rule.smallest_gain:.3g} in Precision@K."
        )
    return replace(evidence, outcome=Outcome.REJECT, at=0, statement=statement)


def promoted(rule: Rule, log_e: float) -> str:
    """Tell a promotion, with its error."""
    return (
        f"Promote: the evidence is {math.exp(min(log_e, 700.0)):,.0f} to 1. A candidate that finds "
        f"no more violations would get this far in at most {rule.alpha:.0%} of trials, however "
        "often they are looked at."
    )


def rejected(rule: Rule) -> str:
    """Tell a rejection, with its error."""
    return (
        f"Reject: a candidate better by {rule.smallest_gain:.3g} in Precision@K would look this "
        f"bad in at most {rule.beta:.0%} of trials, however often they are looked at."
    )


def going_on(evidence: Evidence, rule: Rule, asked: float) -> str:
    """Tell how far the evidence is."""
    if not evidence.steps:
        return "No review is in yet."
    reached, needed = math.exp(min(evidence.log_e[-1], 700.0)), math.exp(min(asked, 700.0))
    statement = (
        f"Going on: the evidence is {three_figures(reached)} to 1 of the "
        f"{three_figures(needed)} asked for"
    )
    if asked > math.log(1 / rule.alpha) + 1e-9:
        statement += (
            f", raised from {three_figures(1 / rule.alpha)} as days differ by more than chance"
        )
    if evidence.days < rule.minimum_days:
        statement += f", and {evidence.days} of at least {rule.minimum_days} days are in"
    return statement + "."


def one_sided(violates: bool, reviews: int) -> str:
    """Tell that every label is the same, so that nothing can be decided."""
    every, cause = (
        ("Every one", "that moderators do not wave everything through as a violation")
        if violates
        else ("Not one", "that moderators see this topic's violations, or wait for some")
    )
    return (
        f"Undecided: {every.lower()} of {reviews} labels is a violation, in either list: that "
        f"tells the models apart in no way. Check {cause}. Keep the champion."
    )
