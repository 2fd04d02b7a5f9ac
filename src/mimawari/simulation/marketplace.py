"""A made-up marketplace whose truth is known: as many listings as asked for, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from mimawari.listings.listing import Condition, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

ONSETS = ("b", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "w")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo")
CODAS = ("", "", "l", "n", "r", "s", "t", "ck", "nd")
KANA = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのまみむめもやゆよらりる"
    "れろわカキクケコサシスセソタチツテトナニマミムメモラリルレロ"
)
KANJI = "本服靴鞄箱皿机椅子時計電話車船鳥花木石金銀赤青白黒新古大小春夏秋冬山川海空糸紙布"
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS, TOPIC_WORDS, CATEGORIES, SELLERS = 3000, 12, 24, 2000
# Shares: listings in Japanese, ordinary listings with a word of a topic (traps), bad sellers.
JAPANESE, TRAPS, BAD_SELLERS = 0.5, 0.05, 0.02


def _seeded(*parts: object) -> Random:
    return Random(repr(parts))  # noqa: S311  # a simulation keeps no secrets


def _english(random: Random) -> str:
    return "".join(
        random.choice(ONSETS) + random.choice(VOWELS) + random.choice(CODAS)
        for _ in range(random.randint(1, 3))
    )


def _japanese(random: Random) -> str:
    letters = KANJI if random.random() < 0.3 else KANA
    return "".join(random.choice(letters) for _ in range(random.randint(2, 5)))


def topic_name(number: int) -> str:
    """Name a topic.

    Examples
    --------
    >>> topic_name(3)
    'topic_003'
    """
    return f"topic_{number:03d}"


def topic_words(seed: int, topic: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the words, English and Japanese, of a topic's violations.

    Examples
    --------
    >>> topic_words(0, 1) == topic_words(0, 1), topic_words(0, 1) == topic_words(0, 2)
    (True, False)
    """
    random = _seeded("words", seed, topic)
    english = tuple(_english(random) + _english(random) for _ in range(TOPIC_WORDS))
    return english, tuple(_japanese(random) + _japanese(random) for _ in range(TOPIC_WORDS))


@dataclass(frozen=True, slots=True)
class _World:
    """What listings are made of: words by language, topic words, categories with usual prices."""

    words: tuple[tuple[str, ...], tuple[str, ...]]
    topics: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    categories: tuple[tuple[tuple[str, ...], float], ...]

    @classmethod
    def of(cls, seed: int, topics: int) -> _World:
        random = _seeded("world", seed)
        english = tuple(_english(random) for _ in range(WORDS))
        japanese = tuple(_japanese(random) for _ in range(WORDS))
        shelves = tuple(
            ((f"section {i % 6}", f"shelf {i}"), random.uniform(6.5, 10)) for i in range(CATEGORIES)
        )
        return cls((english, japanese), tuple(topic_words(seed, i) for i in range(topics)), shelves)

    def text(self, random: Random, language: int, characters: int, special: list[str]) -> list[str]:
        """Draw words, frequent ones more often, with the special ones among them."""
        pool, chosen, length = self.words[language], list(special), sum(map(len, special))
        while length < characters:
            word = pool[int(WORDS * random.random() ** 3)]
            chosen.append(word)
            length += len(word) + 1
        random.shuffle(chosen)
        return chosen


def synthetic_listings(
    n: int,
    seed: int,
    topics: int = 20,
    characters: int = 300,
    violation_rate: float = 0.01,
) -> Iterator[tuple[Listing, frozenset[str]]]:
    """Yield listings in order of time, each with the topics that it violates.

    Half are in Japanese. A violation carries two to four words of its topic, costs less than
    its neighbours and comes mostly from few sellers; one ordinary listing in twenty carries
    one word of a topic, so that no single word decides.

    Parameters
    ----------
    n
        Number of listings; any number fits in memory, for none is kept.
    seed
        The same seed gives the same listings; its first listings do not depend on ``n``.
    characters
        About how many characters a listing's text has.
    violation_rate
        Share of listings that violate a topic; one in ten of them violates a second.

    Examples
    --------
    >>> listing, violated = next(synthetic_listings(1, seed=0, violation_rate=1.0))
    >>> listing.id, sorted(violated)
    ('synthetic-0', ['topic_005'])
    """
    world, random, now = _World.of(seed, topics), _seeded("listings", seed), START
    for number in range(n):
        now += timedelta(seconds=random.expovariate(1 / 20))
        violated: list[int] = []
        if topics and random.random() < violation_rate:
            violated = random.sample(range(topics), min(topics, 1 + (random.random() < 0.1)))
        listing = _listing(random, world, number, now, characters, violated)
        yield listing, frozenset(map(topic_name, violated))


def _listing(
    random: Random, world: _World, number: int, now: datetime, characters: int, violated: list[int]
) -> Listing:
    language = int(random.random() < JAPANESE)
    special: list[str] = []
    for topic in violated:
        special += random.sample(world.topics[topic][language], random.randint(2, 4))
    if world.topics and not violated and random.random() < TRAPS:
        special.append(random.choice(random.choice(world.topics)[language]))
    # Japanese words are shorter: the same number of characters holds more of them.
    words = world.text(random, language, max(characters, 8), special)
    title = max(1, min(8, len(words) // 4))
    joined = " " if language == 0 else ""
    category, level = random.choice(world.categories)
    cheap = 0.7 if violated else 0.0
    few = int(SELLERS * BAD_SELLERS)
    seller = random.randrange(few) if violated and random.random() < 0.8 else None
    seller = random.randrange(SELLERS) if seller is None else seller
    return Listing(
        id=f"synthetic-{number}",
        version=1,
        seller_id=f"seller-{seller}",
        title=joined.join(words[:title]),
        description=joined.join(w + ("。" if language and not i % 7 else "")
                                for i, w in enumerate(words[title:])),
        price_minor=max(1, round(2.718281828 ** random.gauss(level - cheap, 0.5))),
        currency="JPY",
        category=category,
        condition=random.choice(list(Condition)),
        image_urls=tuple(f"https://img.example/{number}/{i}" for i in range(random.randint(0, 4))),
        language=("en", "ja")[language],
        created_at=now,
        seller_created_at=START - timedelta(days=(seller * 37) % 1500 + 1),
    )  # fmt: skip
