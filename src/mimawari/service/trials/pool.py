"""What of a stretch of time either model could list, in memory that does not grow with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.disagreement import Lists, compare_lists, top_k
from mimawari.alerts.floors import LEAST_SCORE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

# Sellers kept beyond K, for those that turn out to sell the same thing as a better one.
DEPTH = 4
# Rows that may gather before the pool is thinned out, a multiple of those kept.
SLACK = 8
# A place that a list leaves empty.
EMPTY = -1


class Pool:
    """Collects scored rows and compares the models' lists at the end.

    A list has at most one item of a cluster: of a seller, and of listings whose text is the same
    but for digits, spacing and punctuation. Their labels would not be independent evidence.

    Parameters
    ----------
    k
        Length of the lists.

    Examples
    --------
    >>> pool = Pool(1)
    >>> pool.add([11, 12], ["a", "b"], ["s", "t"], ["one", "two"].__getitem__,
    ...          np.array([0.9, 0.2]), np.array([0.1, 0.8]), np.array([0.1, 0.8]))
    >>> pool.lists()
    Lists(shared=(), champion_only=(0,), candidate_only=(1,))
    """

    def __init__(self, k: int) -> None:
        self.k = k
        self.listings = self.unscored = 0
        self.low, self.high = np.inf, -np.inf
        self.versions: list[int] = []
        self.keys: list[str] = []
        self.sellers: list[str] = []
        self.texts: list[str] = []
        self.champion = np.zeros(0)
        self.candidate = np.zeros(0)

    @property
    def spread(self) -> float:
        """Difference of the candidate's own highest and lowest score; 0 where it gave none."""
        return float(max(0.0, self.high - self.low))

    def add(
        self,
        versions: Sequence[int],
        keys: Sequence[str],
        sellers: Sequence[str],
        text_of: Callable[[int], str],
        champion: NDArray[np.floating],
        candidate: NDArray[np.floating],
        own: NDArray[np.floating],
    ) -> None:
        """Take in scored rows.

        Parameters
        ----------
        text_of
            Gives a row's canonical text; only those that could be listed are asked for.
        own
            What the candidate's model alone gave, NaN where nothing.
        """
        self.listings += len(versions)
        self.unscored += int(np.isnan(own).sum())
        if not np.isnan(own).all():
            self.low = min(self.low, float(np.nanmin(own)))
            self.high = max(self.high, float(np.nanmax(own)))
        rows = np.flatnonzero(np.fmax(champion, candidate) >= LEAST_SCORE)
        for row in rows.tolist():
            self.versions.append(versions[row])
            self.keys.append(keys[row])
            self.sellers.append(sellers[row])
            self.texts.append(near(text_of(row)))
        self.champion = np.concatenate((self.champion, champion[rows]))
        self.candidate = np.concatenate((self.candidate, candidate[rows]))
        if len(self.versions) > 2 * SLACK * DEPTH * (self.k + 10):
            self._thin_out()

    def _thin_out(self) -> None:
        """Keep the best row of the best sellers by either model: nothing else can be listed."""
        most = DEPTH * (self.k + 10)
        kept = sorted(
            {
                row
                for scores in (self.champion, self.candidate)
                for row in top_k(scores, most, self.keys, self.sellers, LEAST_SCORE)
            }
        )
        self.versions = [self.versions[row] for row in kept]
        self.keys = [self.keys[row] for row in kept]
        self.sellers = [self.sellers[row] for row in kept]
        self.texts = [self.texts[row] for row in kept]
        self.champion, self.candidate = self.champion[kept], self.candidate[kept]

    def lists(self, k: int | None = None) -> Lists:
        """Compare the top K, or a shorter one.

        Where a model lists fewer than the other, `EMPTY` places make up for them: it would
        find nothing there, and that counts.
        """
        lists = compare_lists(
            self.champion,
            self.candidate,
            self.k if k is None else k,
            self.keys,
            clusters(self.sellers, self.texts),
            LEAST_SCORE,
        )
        m = max(len(lists.champion_only), len(lists.candidate_only))
        return Lists(lists.shared, _pad(lists.champion_only, m), _pad(lists.candidate_only, m))

    def version(self, row: int) -> int | None:
        """Give the listing version of a row; None of an empty place."""
        return None if row == EMPTY else self.versions[row]


def _pad(rows: tuple[int, ...], m: int) -> tuple[int, ...]:
    return rows + (EMPTY,) * (m - len(rows))


def near(text: str) -> str:
    """Give what near-duplicates have in common: the letters of a text.

    Examples
    --------
    >>> near("Lamp 40 W, new!") == near("LAMP: 60w new")
    True
    """
    return "".join(c for c in text.casefold() if c.isalpha())


def clusters(sellers: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Name the cluster of each row: rows of one seller, or of one text, are in the same.

    Examples
    --------
    >>> clusters(["s", "t", "t", "u"], ["a", "a", "b", "c"])
    ['s', 's', 's', 'u']
    """
    leader = {seller: seller for seller in sellers}
    first: dict[str, str] = {}

    def root(seller: str) -> str:
        while leader[seller] != seller:
            leader[seller] = seller = leader[leader[seller]]
        return seller

    for seller, text in zip(sellers, texts, strict=True):
        # A text without letters tells nothing of what is sold.
        if text:
            leader[root(seller)] = root(first.setdefault(text, seller))
    return [root(seller) for seller in sellers]
