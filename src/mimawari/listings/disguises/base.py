"""What a disguise is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mimawari.listings.disguises.words import order, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from mimawari.listings.disguises.words import Word
    from mimawari.listings.listing import Listing


class Disguise(Protocol):
    """One way to hide what a listing offers while a buyer still understands it.

    Identifier, version and seller never change, and the result is a valid listing. Where a
    disguise has nothing to work on, the listing comes back as it is.
    """

    @property
    def name(self) -> str:
        """Key of the registry."""
        ...

    @property
    def why(self) -> str:
        """What it exploits."""
        ...

    @property
    def undone_by(self) -> str:
        """What sees through it."""
        ...

    @property
    def character_level(self) -> bool:
        """Whether it respells words, and adds, drops or moves none."""
        ...

    def __call__(
        self,
        listing: Listing,
        random: np.random.Generator,
        share: float = 0.5,
        targets: Sequence[Word] = (),
    ) -> Listing:
        """Disguise a listing.

        Parameters
        ----------
        random
            Source of every choice: the same state gives the same listing.
        share
            Of the words to disguise, at least one of them.
        targets
            Words to disguise first, as spans of `Listing.text`; the others follow in
            random order.
        """
        ...


@dataclass(frozen=True, slots=True)
class Respelling:
    """A disguise that works word by word.

    Examples
    --------
    >>> import numpy as np
    >>> from mimawari.listings.listing import Listing
    >>> shout = Respelling("shouting", "", "case folding", True, lambda word, _: word.upper())
    >>> listing = Listing(id="1", version=1, seller_id="s", title="real gun")
    >>> shout(listing, np.random.default_rng(0), targets=[(5, 8)]).title
    'real GUN'
    """

    name: str
    why: str
    undone_by: str
    character_level: bool
    respell: Callable[[str, np.random.Generator], str]

    def __call__(
        self,
        listing: Listing,
        random: np.random.Generator,
        share: float = 0.5,
        targets: Sequence[Word] = (),
    ) -> Listing:
        """Disguise a share of the words; those that it cannot respell give way to the next."""
        text = listing.text
        words = order(text, random, targets)
        wanted = max(1, round(share * len(words)))
        new: dict[Word, str] = {}
        for start, end in words:
            respelled = self.respell(text[start:end], random)
            if respelled != text[start:end]:
                new[start, end] = respelled
            if len(new) == wanted:
                break
        return rewrite(listing, new)


CANONICAL = "the canonical form"
KNOWN_WORDS = "the canonical form, where it knows the word"
FLAGGED = "a rule's condition `reversed`, as a flag"
TRAINING = "training on disguised copies"
