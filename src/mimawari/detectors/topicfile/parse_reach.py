"""Reads how far a policy reaches: in which markets, and how surely trusted sellers are met."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.problems import shown
from mimawari.detectors.topicfile.schema import TRUSTED_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.detectors.topicfile.problems import Problems

MARKET = re.compile(r"[A-Z]{2}")
MOST_MARKETS = 300


def parse_trusted_from(table: Mapping[str, object], problems: Problems) -> float:
    """Read from which score on listings of trusted sellers are alerted."""
    value = table.get("trusted_from", TRUSTED_FROM)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        problems.add("trusted_from", f"is {shown(value)}", "give a score over 0, up to 1")
        return TRUSTED_FROM
    return float(value)


def parse_markets(table: Mapping[str, object], problems: Problems) -> frozenset[str]:
    """Read the countries in which a policy is in force; none are all."""
    if "markets" not in table:
        return frozenset()
    markets = problems.texts(table["markets"], "markets")
    if not markets or len(markets) > MOST_MARKETS:
        remedy = 'name at least one, such as ["JP"], or leave markets out'
        problems.add("markets", f"are {len(markets)}", remedy)
    for market in markets[:MOST_MARKETS]:
        if not MARKET.fullmatch(market):
            problem, remedy = f"holds {market[:20]!r}", "use ISO 3166 codes of two letters: JP"
            problems.add("markets", problem, remedy)
    return frozenset(markets)
