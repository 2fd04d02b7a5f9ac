"""A marketplace with known truth that lives on a real server, through its public API."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from mimawari.simulation.marketplace import topic_name, topic_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mimawari.client import Client
    from mimawari.listings.listing import Listing
    from mimawari.simulation.moderators import Moderator

KNOWN_WORDS = 4  # of a topic's words, those that its rules know, in each language

TOPIC_FILE = """\
topic = "{name}"
severity = "high"
capacity = {capacity}
[title]
en = "{name}"
[policy]
en = "Nothing that goes by the words of {name}."
[[rules]]
id = "words"
when = {{ words = [{words}] }}
[rules.examples]
match = ["{example}"]
no_match = ["a cup"]
"""


def topic_file(seed: int, number: int, capacity: int, known: int = KNOWN_WORDS) -> str:
    """Write the topic file of a simulated topic, whose rules know some of its words.

    What the rules do not know is left to models to learn.

    Examples
    --------
    >>> print(topic_file(seed=0, number=3, capacity=20).splitlines()[0])
    topic = "topic_003"
    """
    english, japanese = topic_words(seed, number)
    words = [*english[:known], *japanese[:known]]
    listed = ", ".join(f'"{word}"' for word in words)
    return TOPIC_FILE.format(
        name=topic_name(number), capacity=capacity, words=listed, example=words[0]
    )


@dataclass
class Reviewed:
    """What moderators did in one sitting, by topic.

    Attributes
    ----------
    reviews
        Items decided.
    violations
        Of these, items that truly violate.
    mistakes
        Of these, items decided against the truth.
    """

    reviews: dict[str, int] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)
    mistakes: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Items decided over all topics."""
        return sum(self.reviews.values())

    def note(self, topic: str, violates: bool, decided: bool) -> None:
        """Count one decision."""
        self.reviews[topic] = self.reviews.get(topic, 0) + 1
        self.violations[topic] = self.violations.get(topic, 0) + violates
        self.mistakes[topic] = self.mistakes.get(topic, 0) + (decided != violates)


class LiveMarketplace:
    """Sellers and moderators of a simulated marketplace, at work on a real server.

    Sellers send listings in order; moderators take what the queue gives them, whatever it was
    put there for, and decide from the truth at their own error rates, as many a sitting as
    they are asked to: what is left waits. Everything passes through the public API, so a run
    says what a user would see.

    Parameters
    ----------
    shop
        With a key of scope ``listings:write``.
    moderators
        Clients with keys of scope ``reviews:write``, each bound to an account of its own, and
        how each of them errs.
    source
        Listings, each with the topics that it violates: `synthetic_listings`, or those of a
        duel (`duel_listings`) with its overlap, sellers, day effects and drift. The server
        must have topics of these names in force (see `topic_file`).

    Examples
    --------
    >>> source = synthetic_listings(10_000, seed=7)  # doctest: +SKIP
    >>> anna = (client, Moderator(0.9, 0.98, seed=1))  # doctest: +SKIP
    >>> market = LiveMarketplace(shop, [anna], source)  # doctest: +SKIP
    >>> market.send(1_000)  # doctest: +SKIP
    1000
    >>> market.review(most=20).total  # doctest: +SKIP
    20
    """

    def __init__(
        self,
        shop: Client,
        moderators: Iterable[tuple[Client, Moderator]],
        source: Iterable[tuple[Listing, frozenset[str]]],
    ) -> None:
        self._shop = shop
        self._moderators = list(moderators)
        self._source = iter(source)
        self._truth: dict[str, frozenset[str]] = {}

    @property
    def truth(self) -> Mapping[str, frozenset[str]]:
        """Topics that each listing sent so far violates, by its identifier."""
        return self._truth

    def send(self, count: int) -> int:
        """Send the next listings, fewer where the source ends; gives how many the server took."""
        drawn = list(islice(self._source, count))
        self._truth |= {listing.id: violated for listing, violated in drawn}
        answers = self._shop.submit_many(listing for listing, _ in drawn)
        return sum(answer.status == "accepted" for answer in answers)

    def review(self, most: int | None = None, topic: str | None = None) -> Reviewed:
        """Let moderators decide in turn until nothing waits, or so many items are decided.

        Items of listings that this marketplace did not send are refused with a KeyError: no
        truth is known of them.
        """
        done = Reviewed()
        waiting = list(self._moderators)
        while waiting and (most is None or done.total < most):
            client, moderator = waiting.pop(0)
            if self._decide(client, moderator, topic, done):
                waiting.append((client, moderator))
        return done

    def _decide(
        self, client: Client, moderator: Moderator, topic: str | None, done: Reviewed
    ) -> bool:
        """Decide one item; False where nothing waits for this moderator."""
        item = client.next_review(topic)
        if item is None:
            return False
        listing_id, of = str(item["listing"]["id"]), item["topic"]
        violates = of in self._truth[listing_id]
        decided = moderator.decide(listing_id, of, violates)
        client.review(item["alert"], "violates" if decided else "does_not_violate")
        done.note(of, violates, decided)
        return True
