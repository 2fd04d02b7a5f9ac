"""What is known of a listing version beside its text, as tokens of the same index.

Each is a hash behind a character of the private area, which no canonical word has: an identifier
may hold anything, and none can be taken for a word.
"""

from __future__ import annotations

import hashlib
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.service.search.rulings import Ruling

MARK = "\ue000"
BLOCK_BITS = 14
"""Documents whose numbers share all but so many bits have a token in common."""


def _token(*parts: str) -> str:
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return MARK + hashlib.blake2b(joined.encode(), digest_size=8).hexdigest()


def seller(seller_id: str) -> str:
    """Name a seller.

    Examples
    --------
    >>> len(seller("s7")), seller("s7") == seller("s8")
    (17, False)
    """
    return _token("seller", seller_id)


def topic(name: str) -> str:
    """Name a topic for which it was put before moderators."""
    return _token("topic", name)


def decision(topic_name: str, verdict: str, moderator: str) -> str:
    """Name a standing decision; what is empty may be anything."""
    return _token("decision", topic_name, verdict, moderator)


def action(topic_name: str, kind: str) -> str:
    """Name what was done; any topic where it is empty."""
    return _token("action", topic_name, kind)


def block(document: int) -> str:
    """Name the stretch of documents that one is in."""
    return _token("block", str(document >> BLOCK_BITS))


def facets(document: int, seller_id: str, rulings: Iterable[Ruling]) -> set[str]:
    """Give all tokens of a document but those of its text."""
    return {block(document), seller(seller_id)}.union(*map(_of_ruling, rulings))


def _of_ruling(ruling: Ruling) -> Iterator[str]:
    yield topic(ruling.topic)
    for made in ruling.decisions:
        sides = ((ruling.topic, ""), (made.verdict, ""), (str(made.moderator), ""))
        for named in product(*sides):
            if named[1] or named[2]:
                yield decision(*named)
    for kind, where in product(ruling.actions, (ruling.topic, "")):
        yield action(where, kind)
