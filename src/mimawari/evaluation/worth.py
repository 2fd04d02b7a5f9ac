"""Is a topic's model worth what it costs? What it catches beyond the rules, an hour."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from scipy.stats import beta

from mimawari.evaluation.bootstrap import Interval


class Advice(enum.StrEnum):
    """What to do with a topic's model."""

    KEEP = "keep"
    RETIRE = "retire"
    NOT_ENOUGH = "not enough labels yet"


@dataclass(frozen=True, slots=True)
class Costs:
    """Hours spent in the same stretch of days.

    Parameters
    ----------
    moderator_hours
        On the topic's list.
    upkeep_hours
        On its model beside the list: exploration, trials and second looks of moderators, and
        the engineers' work on releases.
    compute_hours
        The model's part of scoring; NaN where it was not measured.
    """

    moderator_hours: float
    upkeep_hours: float
    compute_hours: float = math.nan


@dataclass(frozen=True, slots=True)
class Worth:
    """A topic's model against its rules alone in the same number of reviews.

    Parameters
    ----------
    caught
        Violations that the list found.
    by_rules
        What rules alone would have found.
    gain
        ``caught - by_rules``.
    """

    reviews: int
    caught: int
    by_rules: Interval
    gain: Interval
    per_moderator_hour: Interval
    per_compute_hour: Interval
    per_upkeep_hour: Interval
    advice: Advice


def worth(
    reviews: int,
    caught: int,
    ruled: tuple[int, int],
    rule_listings: int,
    costs: Costs,
    least_per_hour: float = 1.0,
    level: float = 0.95,
) -> Worth:
    """Compare what a list of n reviews caught with what rules alone would have.

    Rules would have put ``min(n, rule_listings)`` listings before moderators, each a violation
    with the precision p of rule hits: ``by_rules = min(n, rule_listings) p``. p has a Jeffreys
    interval from the rule hits that were reviewed. Those had the higher scores where not all
    were reviewed, so p is too high rather than too low, and the gain is on the safe side.
    Assumes independent labels, taken as true, and hits of equal precision.

    Advice: keep where the gain's lower end makes up for ``least_per_hour`` violations an hour
    of upkeep, retire where the upper end does not, else there are not enough labels.

    Parameters
    ----------
    reviews, caught
        Labelled listings of the list, and violations among them.
    ruled
        Labelled listings of the list that a rule of the topic hit, and violations among them.
    rule_listings
        Listings in the same days that a rule of the topic hit, reviewed or not.
    least_per_hour
        Violations beyond the rules that an hour of upkeep has to bring.

    Examples
    --------
    >>> measured = worth(200, 90, (50, 40), 60, Costs(2.0, 4.0))
    >>> round(measured.by_rules.value), round(measured.gain.value), measured.advice.value
    (48, 42, 'keep')
    >>> worth(200, 40, (200, 40), 900, Costs(2.0, 20.0)).advice.value
    'retire'
    >>> worth(3, 1, (0, 0), 50, Costs(0.1, 1.0)).advice.value
    'not enough labels yet'
    """
    hits, right = ruled
    room, tail = min(reviews, rule_listings), (1 - level) / 2
    if room and not hits:
        share = Interval(math.nan, 0.0, 1.0)
    else:
        a, b = right + 0.5, hits - right + 0.5
        low = float(beta.ppf(tail, a, b)) if right else 0.0
        high = float(beta.ppf(1 - tail, a, b)) if right < hits else 1.0
        share = Interval(right / hits if hits else 0.0, low, high)
    by_rules = Interval(room * share.value, room * share.low, room * share.high)
    gain = Interval(caught - by_rules.value, caught - by_rules.high, caught - by_rules.low)
    return Worth(
        reviews,
        caught,
        by_rules,
        gain,
        _per(gain, costs.moderator_hours),
        _per(gain, costs.compute_hours),
        _per(gain, costs.upkeep_hours),
        _advice(gain, reviews, least_per_hour * costs.upkeep_hours),
    )


def _per(gain: Interval, hours: float) -> Interval:
    if not hours > 0:
        return Interval(math.nan, math.nan, math.nan)
    return Interval(gain.value / hours, gain.low / hours, gain.high / hours)


def _advice(gain: Interval, reviews: int, needed: float) -> Advice:
    if not reviews:
        return Advice.NOT_ENOUGH
    if gain.low >= needed and gain.low > 0:
        return Advice.KEEP
    return Advice.RETIRE if gain.high < needed or gain.high <= 0 else Advice.NOT_ENOUGH
