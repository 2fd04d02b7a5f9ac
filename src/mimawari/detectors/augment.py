"""Disguised copies of training rows, so that a model knows offers in disguise too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.rows import Rows
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.disguises import DISGUISES, among
from mimawari.listings.normalise import canonicalise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing


class Augmentation(msgspec.Struct, frozen=True):
    """Which copies are made.

    Parameters
    ----------
    copies
        Disguised copies of each violation, by the disguises in random order.
    negatives
        Share of the other listings that get one copy.
    disguises
        Those that the canonical form does not undo; one named twice is made twice as often.
    kept
        Share of its weight that a class's originals keep; its copies share the rest.
    most
        Copies of violations in all, of which each still gets one: what has many violations
        shows enough disguises with fewer copies of each.
    ease
        How much weaker the text score's penalty is: what is only in copies has to be learnt, too.
    """

    copies: int = 12
    negatives: float = 0.1
    disguises: tuple[str, ...] = (
        *3 * ("leetspeak",), *4 * ("misspelling",),
        "kana_spelling", "synonyms", "stuffing", "spacing",
    )  # fmt: skip
    kept: float = 0.5
    most: int = 30_000
    ease: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = [
            FieldProblem(f"augmentation.{name}", f"is {value}", remedy)
            for name, value, fits, remedy in (
                ("copies", self.copies, self.copies >= 0, "give 0 or more"),
                ("negatives", self.negatives, 0 <= self.negatives <= 1, "give a share from 0 to 1"),
                ("ease", self.ease, self.ease > 0, "give more than 0"),
                ("kept", self.kept, 0 <= self.kept <= 1, "give a share from 0 to 1"),
                (
                    "disguises",
                    self.disguises,
                    self.disguises and DISGUISES.keys() >= set(self.disguises),
                    f"name some of {', '.join(DISGUISES)}",
                ),
            )
            if not fits
        ]
        if wrong:
            raise InvalidInputError(*wrong)


def augment(rows: Rows, settings: Augmentation) -> Rows:
    """Add disguised copies after the rows themselves.

    A copy has its original's seller, so that both fall into one fold. Copies take their weight
    from the originals of their class, so that the prior stays, and as much in either class, so
    that a disguise by itself speaks for neither: those who write 5ALE are no suspects. Copies
    that read as their original in the canonical form are left out.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> ware = [Listing(id=str(i), version=1, seller_id="s", title="old steroids") for i in (1, 2)]
    >>> rows = Rows(tuple(ware), np.array([False, True]), np.ones(2))
    >>> more = augment(rows, Augmentation(2, 0.0, ("misspelling",), 0.5))
    >>> [listing.title for listing in more.listings], more.weight.tolist()
    (['old steroids', 'old steroids', 'old stroids', 'old sterois'], [1.0, 0.5, 0.25, 0.25])
    """
    random = np.random.default_rng((settings.seed, 0xA06))
    registry = among([rows.listings[i] for i in np.flatnonzero(~rows.y)])
    chosen = [registry[name] for name in settings.disguises]
    copies_of_each = min(settings.copies, max(1, settings.most // max(1, int(rows.y.sum()))))
    times = np.where(rows.y, copies_of_each, random.random(len(rows.y)) < settings.negatives)
    origins, copies = [], []
    for i in np.flatnonzero(times):
        for which in np.resize(random.permutation(len(chosen)), times[i]):
            share = float(random.uniform(0.2, 1.0))
            copies.append(chosen[which](rows.listings[i], random, share))
            origins.append(int(i))
    new = _differs([rows.listings[i] for i in origins], copies)
    origin = np.array(origins, np.int64)[new]
    return Rows(
        (*rows.listings, *(copies[i] for i in np.flatnonzero(new))),
        np.concatenate((rows.y, rows.y[origin])),
        _weights(rows, origin, settings.kept),
    )


def _weights(rows: Rows, origin: NDArray[np.int64], kept: float) -> NDArray[np.float64]:
    """Share each class's weight between its originals and its copies, alike in both classes."""
    count = np.bincount(origin, minlength=len(rows.y))
    whole, copies = rows.weight.copy(), rows.weight[origin] / count[origin]
    for label in (True, False):
        own, of_class = rows.y == label, rows.y[origin] == label
        if of_class.any():
            whole[own] *= kept
            copies[of_class] *= (1 - kept) * rows.weight[own].sum() / copies[of_class].sum()
    return np.concatenate((whole, copies))


def _differs(old: list[Listing], new: list[Listing]) -> NDArray[np.bool_]:
    """Mark the copies that a detector reads differently."""
    texts = canonicalise([listing.text for listing in (*old, *new)])
    n = len(old)
    return np.array([texts.text(i) != texts.text(n + i) for i in range(n)], bool)
