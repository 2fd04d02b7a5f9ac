"""Which shares are watched, and how a batch of listings is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.slices import slice_names

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing

OTHER = "other"
WATCHED = ("language", "category", "price")
# Letters of title and description.
LENGTHS = ((50, "under 50"), (200, "50 to 199"), (1000, "200 to 999"))
LEAST_SHARE, MOST = 0.01, 20


class Stream(msgspec.Struct, frozen=True, order=True):
    """A share that is watched: of all listings, those whose kind has this name."""

    kind: str
    name: str


def input_names(listing: Listing) -> dict[str, str]:
    """Say for each kind of input which part of the market a listing is in.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> cup = Listing(id="1", version=1, seller_id="s", title="cup", price_minor=4500,
    ...               currency="JPY", category=("Home", "Cups"), language="ja-JP")
    >>> input_names(cup)
    {'language': 'ja', 'category': 'Home', 'price': 'JPY 1000 to 9999', 'length': 'under 50'}
    """
    names = slice_names(listing)
    letters = len(listing.title) + len(listing.description or "")
    length = next((name for below, name in LENGTHS if letters < below), "1000 and more")
    return {kind: names[kind] for kind in WATCHED} | {"length": length}


def choose(
    names: Sequence[Mapping[str, str]], least: float = LEAST_SHARE, most: int = MOST
) -> tuple[Stream, ...]:
    """Choose the streams of each kind: its most frequent names, and all others together.

    What is rare now can only be seen to grow, which the others together show too.

    Parameters
    ----------
    names
        Of past listings, kind to name.
    least, most
        A name is watched from this share on, up to so many of a kind.

    Examples
    --------
    >>> [stream.name for stream in choose([{"language": "ja"}, {"language": "en"}] * 200)]
    ['en', 'ja', 'other']
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for of in names:
        for kind, name in of.items():
            counts[kind][name] += 1
    return tuple(
        Stream(kind, name)
        for kind, counted in counts.items()
        for name in [
            *sorted(n for n, count in counted.most_common(most) if count >= least * len(names)),
            OTHER,
        ]
    )


def weights(streams: Sequence[Stream]) -> NDArray[np.float64]:
    """Weigh the streams: each kind the same, however many names it has, and each of its names.

    Examples
    --------
    >>> weights([Stream("language", "ja"), Stream("language", "en"), Stream("price", "other")])
    array([0.25, 0.25, 0.5 ])
    """
    names = Counter(stream.kind for stream in streams)
    return np.array([1 / len(names) / names[stream.kind] for stream in streams])


def count(
    names: Sequence[Mapping[str, str]],
    sellers: Sequence[str],
    streams: Sequence[Stream],
    already: Container[str] = (),
) -> tuple[NDArray[np.float64], int]:
    """Count a batch, each seller once: listings of one seller are no independent trials.

    A seller with more listings in the batch counts for a stream by the share of them in it.

    Parameters
    ----------
    names, sellers
        Of each listing.
    already
        Sellers who were counted lately and are left out: who goes on for many batches would count
        in each of them.

    Returns
    -------
    Counts of the streams, shape (streams,), and the number of sellers.

    Examples
    --------
    >>> ja, en = {"language": "ja"}, {"language": "en"}
    >>> streams = choose([ja, en])
    >>> count([ja, ja, ja, en], ["a", "a", "a", "b"], streams)
    (array([1., 1., 0.]), 2)
    >>> count([ja, ja, ja, en], ["a", "a", "a", "b"], streams, already={"a"})
    (array([1., 0., 0.]), 1)
    """
    at = {stream: i for i, stream in enumerate(streams)}
    listings = Counter(seller for seller in sellers if seller not in already)
    counts = np.zeros(len(streams))
    for of, seller in zip(names, sellers, strict=True):
        for kind, name in of.items() if seller in listings else ():
            place = at.get(Stream(kind, name), at.get(Stream(kind, OTHER)))
            if place is not None:
                counts[place] += 1 / listings[seller]
    return counts, len(listings)
