"""Which listings a day has, in a file so small that every day's can be asked.

It holds a hash of 64 bits for each listing, sorted: a search touches a few pages of the file, where
the footer of a file of scores alone takes milliseconds to read.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from mimawari.datasets.history.files import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def hashes_of(listings: Iterable[str]) -> np.ndarray:
    """Hash identifiers of listings."""
    digests = b"".join(hashlib.blake2b(i.encode(), digest_size=8).digest() for i in listings)
    return np.frombuffer(digests, "<u8")


def write_index(path: Path, hashes: np.ndarray) -> None:
    """Write which listings a day has."""
    with path.open("wb") as file:
        np.save(file, np.unique(hashes), allow_pickle=False)


def may_have(path: Path, listing_id: str) -> bool:
    """Whether a day has a listing; once in some 10^13 questions it is said of one that it has not.

    Raises
    ------
    InvalidInputError
        The file is missing or damaged.
    """
    try:
        known = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise refuse(path, error) from error
    wanted = hashes_of([listing_id])[0]
    place = int(np.searchsorted(known, wanted))
    return place < len(known) and bool(known[place] == wanted)
