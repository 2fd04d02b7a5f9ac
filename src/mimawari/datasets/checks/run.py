"""Runs every check on the rows of a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.datasets.checks.alone import (
    classes,
    conflicting,
    delay,
    one_seller,
    other_policy,
    repeated,
    unjoined,
    unsettled,
)
from mimawari.datasets.checks.beside_earlier import balance, languages
from mimawari.datasets.checks.limits import Limits
from mimawari.datasets.checks.topic_rows import TopicRows
from mimawari.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mimawari.datasets.card import Card
    from mimawari.datasets.finding import Finding
    from mimawari.datasets.rows import LabelledVersion

OF_A_TOPIC = (
    classes,
    unjoined,
    unsettled,
    conflicting,
    repeated,
    delay,
    other_policy,
    one_seller,
)


def check(
    card: Card,
    rows: Sequence[LabelledVersion],
    earlier: Card | None = None,
    limits: Limits | None = None,
) -> tuple[Finding, ...]:
    """Hold a data set against every check.

    Parameters
    ----------
    earlier
        Of the version before, where there is one: what moved since then is measured.
    """
    return tuple(_findings(card, rows, earlier, limits or Limits()))


def _findings(
    card: Card, rows: Sequence[LabelledVersion], earlier: Card | None, limits: Limits
) -> Iterator[Finding]:
    for topic, counted in card.topics.items():
        of_topic = TopicRows.of(topic, counted, rows)
        for measure in OF_A_TOPIC:
            yield measure(of_topic, limits)
        if earlier is not None and topic in earlier.topics:
            yield balance(topic, counted, earlier.topics[topic], limits)
    if earlier is not None:
        yield languages(card, earlier, limits)


def require(findings: Sequence[Finding], accepted: Collection[str] = ()) -> None:
    """Refuse a data set that a check stops, unless that check was accepted by name.

    Raises
    ------
    InvalidInputError
        With every finding that stops it.
    """
    stopping = [f for f in findings if f.level == "stops" and f.check not in accepted]
    if stopping:
        raise InvalidInputError(*(finding.as_problem() for finding in stopping))
