"""Titles and descriptions of made-up goods, Japanese and English, words as unequal as they are."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from itertools import islice

import numpy as np
from numpy.typing import NDArray

SEED = 7
ENGLISH, JAPANESE = 20_000, 20_000
TITLE, DESCRIPTION = 6, 20
DRAWN = 20_000
RANKS = {"の": 0, "新品": 5, "酒": 200, "野菜": 300, "東京都": 600}
NEEDLES = ("zanzibar", "薙刀")
EVERY = 50_000  # one listing of so many has the needles


def english() -> list[str]:
    """Give words, the most frequent ones first."""
    path = resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = path.read_text("utf-8-sig").splitlines()
    words = (line.split()[0] for line in lines)
    return list(islice((word for word in words if word not in NEEDLES), ENGLISH))


def japanese(random: np.random.Generator) -> list[str]:
    """Make words of one to four characters, of which some are far more frequent."""
    pool = [chr(code) for code in (*range(0x4E00, 0x5600), *range(0x3042, 0x3090))]
    weights = _zipf(len(pool))
    lengths = random.choice([1, 2, 3, 4], JAPANESE, p=[0.05, 0.6, 0.2, 0.15])
    order = random.permutation(len(pool))
    made = [
        "".join(pool[order[i]] for i in random.choice(len(pool), length, p=weights))
        for length in lengths
    ]
    for word, rank in RANKS.items():
        made[rank] = word
    return made


def _zipf(n: int) -> NDArray[np.float64]:
    weights = 1 / np.arange(1, n + 1)
    return np.asarray(weights / weights.sum())


def texts(n: int) -> Iterator[tuple[str, str]]:
    """Yield titles with descriptions: each a title of one drawn listing and the rest of another."""
    random = np.random.default_rng(SEED)
    drawn = []
    for words, space in ((english(), " "), (japanese(random), "")):
        chances = _zipf(len(words))
        listings = random.choice(len(words), (DRAWN, TITLE + DESCRIPTION), p=chances)
        rows = [[words[i] for i in row] for row in listings]
        titles = [" ".join(row[:TITLE]) for row in rows]
        drawn.append((titles, [space.join(row[TITLE:]) for row in rows]))
    for i in range(n):
        titles, descriptions = drawn[i % 2]
        title = titles[i // 2 % DRAWN]
        if i % EVERY >= EVERY - 2:  # one of each language
            title = f"{NEEDLES[i % 2]} {title}"
        # The second part moves on by one with every round of the first.
        yield title, descriptions[(i // 2 + i // (2 * DRAWN)) % DRAWN]
