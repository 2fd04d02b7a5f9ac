"""How much a detector still finds when sellers hide what they offer.

The violations of a held-out file are disguised and ranked among its other listings as they
are. An attacker disguises what gives him away: the *strongest* words, found by taking each word
out and scoring again, which works on any detector; or *random* words, where he cannot look into
the detector.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.bootstrap import group_bootstrap
from mimawari.evaluation.precision import ranking
from mimawari.listings.disguises import words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from mimawari.listings.disguises import Disguise, Word
    from mimawari.listings.listing import Listing
    from mimawari.records.json import JsonValue

    Scorer = Callable[[Sequence[Listing]], NDArray[np.floating]]

MOST_WORDS, MOST_SHOWN, DRAWS = 40, 200, 200
KNOWLEDGE = ("strongest", "random")


@dataclass(frozen=True, slots=True)
class Attack:
    """Listings under one disguise, and their scores, shape (n,)."""

    disguise: Disguise
    targets: str
    listings: tuple[Listing, ...]
    scores: NDArray[np.float64]


class AttackOutcome(msgspec.Struct, frozen=True):
    """What one attack leaves.

    ``kept`` is recall under the attack over clean recall, with its 95 % interval over
    sellers; ``changed`` the share of violations that the disguise could change; ``before``
    and ``after`` one that it hid well; ``learnt`` whether training made copies by this disguise,
    None where that is not known.
    """

    attack: str
    targets: str
    character_level: bool
    changed: float
    recall: float
    kept: float
    low: float
    high: float
    before: str
    after: str
    learnt: bool | None = None


class AttackReport(msgspec.Struct, frozen=True):
    """All attacks on one topic; recall is of the ``k`` best."""

    topic: str
    listings: int
    positives: int
    k: int
    recall: float
    attacks: tuple[AttackOutcome, ...]


def learnt_disguises(settings: JsonValue) -> frozenset[str]:
    """Give the disguises whose copies were trained on, by a lineage's settings, nested or not.

    Examples
    --------
    >>> sorted(learnt_disguises({"text": {"augmentation": {"disguises": ["leetspeak"]}}}))
    ['leetspeak']
    >>> sorted(learnt_disguises({"augmentation": None}))
    []
    """
    if isinstance(settings, (list, tuple)):
        return frozenset().union(*map(learnt_disguises, settings))
    if not isinstance(settings, Mapping):
        return frozenset()
    made = settings.get("augmentation")
    names = made.get("disguises") if isinstance(made, Mapping) else None
    own = frozenset(map(str, names)) if isinstance(names, (list, tuple)) else frozenset()
    return own.union(*map(learnt_disguises, settings.values()))


def strongest(listings: Sequence[Listing], score: Scorer) -> list[list[Word]]:
    """Give each listing's words that raise its score, the one that raises it most first.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="old gun here")
    >>> strongest([listing], lambda batch: np.array(["gun" in x.title for x in batch], float))
    [[(4, 7)]]
    """
    spans_by_listing = [words(listing.text)[:MOST_WORDS] for listing in listings]
    shorter = [
        msgspec.structs.replace(listing, title=listing.text[:a] + listing.text[b:], description="")
        for listing, spans in zip(listings, spans_by_listing, strict=True)
        for a, b in spans
    ]
    whole = [
        msgspec.structs.replace(listing, title=listing.text, description="") for listing in listings
    ]
    scores = np.asarray(score([*whole, *shorter]), np.float64)
    at, ordered = len(whole), []
    for i, spans in enumerate(spans_by_listing):
        falls = scores[i] - scores[at : at + len(spans)]
        at += len(spans)
        order = np.argsort(-falls, kind="stable")
        ordered.append([spans[j] for j in order if falls[j] > 0])
    return ordered


def attack(
    listings: Sequence[Listing],
    score: Scorer,
    disguises: Iterable[Disguise],
    share: float = 0.5,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Attack]:
    """Disguise listings in each way, with and without looking into the detector.

    Parameters
    ----------
    share
        Of each listing's words that are disguised.
    progress
        Told how many of the attacks, two a disguise, are done.
    """
    targets: dict[str, list[list[Word]]] = {
        "strongest": strongest(listings, score),
        "random": [[] for _ in listings],
    }
    attacks = []
    for disguise in disguises:
        for knowledge in KNOWLEDGE:
            random = np.random.default_rng((seed, zlib.crc32(disguise.name.encode())))
            hidden = tuple(
                disguise(listing, random, share, spans)
                for listing, spans in zip(listings, targets[knowledge], strict=True)
            )
            scores = np.asarray(score(hidden), np.float64)
            attacks.append(Attack(disguise, knowledge, hidden, scores))
            if progress:
                progress(len(attacks))
    return attacks


def places(scores: NDArray[np.floating], keys: Sequence[str]) -> NDArray[np.int64]:
    """Give the place of each item, 0 for the best; ties are broken by the keys."""
    ranks = np.full(len(scores), len(scores), np.int64)
    order = ranking(scores, keys)
    ranks[order] = np.arange(len(order))
    return ranks


def recall_under_attack(
    clean: NDArray[np.int64],
    attacked: NDArray[np.int64],
    y: NDArray[np.bool_],
    k: int | None = None,
) -> tuple[float, float]:
    """Give recall@K under attack, and the share of clean recall that it is.

    ``recall@K = violations among the K best / violations``; K is the number of violations
    unless given, so that a perfect ranking has recall 1.

    Parameters
    ----------
    clean, attacked
        Places of all items in the two rankings, shape (n,).

    Examples
    --------
    >>> y = np.array([True, True, False])
    >>> recall_under_attack(np.array([0, 1, 2]), np.array([0, 2, 1]), y)
    (0.5, 0.5)
    """
    k = k or int(y.sum())
    if not y.any():
        return float("nan"), float("nan")
    before, after = (
        float(y[np.argpartition(p, min(k, len(p)) - 1)[:k]].sum() / y.sum())
        for p in (clean, attacked)
    )
    return after, after / before if before else float("nan")


def measure(
    topic: str,
    listings: Sequence[Listing],
    y: NDArray[np.bool_],
    clean: NDArray[np.floating],
    attacks: Sequence[Attack],
    k: int | None = None,
    seed: int = 0,
    learnt: Collection[str] | None = None,
) -> AttackReport:
    """Measure attacks on the violations of a ranking.

    Parameters
    ----------
    clean
        Scores of all listings as they are, shape (n,).
    attacks
        Of the listings where ``y``, in their order.
    k
        Length of the list: the topic's capacity; the number of violations by default.
    learnt
        Names of the disguises that the model was trained on; None where that is not known.

    Raises
    ------
    InvalidInputError
        There is no violation.
    """
    if not y.any():
        remedy = "measure on a file that holds some, of sellers that the model never saw"
        raise InvalidInputError(FieldProblem(f"label:{topic}", "holds no violation", remedy))
    keys = [listing.id for listing in listings]
    sellers = [listing.seller_id for listing in listings]
    own, k = k, k or int(y.sum())
    at, before = np.flatnonzero(y), places(clean, keys)
    outcomes = []
    for attempt in attacks:
        scores = np.asarray(clean, np.float64).copy()
        scores[at] = attempt.scores
        after = places(scores, keys)
        interval = group_bootstrap(
            partial(share_of_recall, before, after, y, own), sellers, seed, DRAWS
        )
        pairs = [(listings[i], new) for i, new in zip(at.tolist(), attempt.listings, strict=True)]
        fallen = int(np.argmax(np.where(before[at] < k, after[at] - before[at], -1)))
        outcomes.append(
            AttackOutcome(
                attempt.disguise.name,
                attempt.targets,
                attempt.disguise.character_level,
                float(np.mean([a != b for a, b in pairs])),
                recall_under_attack(before, after, y, own)[0],
                interval.value,
                interval.low,
                interval.high,
                *example(*pairs[fallen]),
                None if learnt is None else attempt.disguise.name in learnt,
            )
        )
    recall = recall_under_attack(before, before, y, own)[0]
    return AttackReport(topic, len(y), len(at), k, recall, tuple(outcomes))


def share_of_recall(
    clean: NDArray[np.int64],
    attacked: NDArray[np.int64],
    y: NDArray[np.bool_],
    k: int | None,
    rows: NDArray[np.int64],
) -> float:
    """Give the share of clean recall that is left in some rows, which may repeat."""
    return recall_under_attack(clean[rows], attacked[rows], y[rows], k)[1]


def example(old: Listing, new: Listing) -> tuple[str, str]:
    """Give the first field that differs, before and after."""
    for field in ("title", "description", "price_minor"):
        before, after = str(getattr(old, field)), str(getattr(new, field))
        if before != after:
            return before[:MOST_SHOWN], after[:MOST_SHOWN]
    return old.title[:MOST_SHOWN], old.title[:MOST_SHOWN]
