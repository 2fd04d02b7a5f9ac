"""Listings whose first-stage score of each topic is known, with truth and answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from mimawari.listings.listing import Listing

LEVELS = 100
RULE = """
[[rules]]
id = "{word}"
when = {{ words = ["{word}"] }}
[rules.examples]
match = ["a {word}"]
no_match = ["a cup"]
"""
TOPIC = """
topic = "{topic}"
severity = "high"
capacity = {k}
[title]
en = "{topic}"
[policy]
en = "Nothing of the kind."
"""


def levels() -> NDArray[np.float64]:
    """Give the scores that a first stage gives, each as often as any other."""
    return np.asarray(beta(0.5, 4).ppf((np.arange(LEVELS) + 0.5) / LEVELS), np.float64)


@dataclass(frozen=True)
class Day:
    """A day's listings: levels, truth and answers, shape (topics, listings).

    ``first`` is the number of its first listing.
    """

    level: NDArray[np.int64]
    truth: NDArray[np.bool_]
    answers: NDArray[np.bool_]
    first: int = 0

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        topics: int,
        listings: int,
        rates: tuple[float, float],
        first: int = 0,
    ) -> Day:
        """Draw one; the answer depends on the truth alone."""
        level = rng.integers(LEVELS, size=(topics, listings))
        truth = rng.random(level.shape) < levels()[level]
        yes = np.where(truth, rates[0], 1 - rates[1])
        return cls(level, truth, rng.random(level.shape) < yes, first)

    def listing(self, place: int) -> Listing:
        """Make a listing whose rules score it as drawn, for every topic."""
        words = " ".join(word(t, at) for t, at in enumerate(self.level[:, place].tolist()))
        number = self.first + place
        identifier = f"L{number}"
        return Listing(id=identifier, version=1, seller_id=identifier, title=f"{words} {number}")


def word(topic: int, level: int) -> str:
    """Give the word that scores a level of a topic."""
    letters = "abcdefghij"
    return (
        f"t{letters[topic // 10]}{letters[topic % 10]}q{letters[level // 10]}{letters[level % 10]}"
    )


def topic_text(topic: int, k: int) -> str:
    """Give a topic file whose rules are the levels."""
    rules = "".join(RULE.format(word=word(topic, level)) for level in range(LEVELS))
    return TOPIC.format(topic=name(topic), k=k) + rules


def name(topic: int) -> str:
    """Name a topic."""
    return f"topic_{topic}"
