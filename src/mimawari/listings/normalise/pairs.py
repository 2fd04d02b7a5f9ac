"""Pairs of code points that words may begin with, as bits: small enough for the fastest cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.compiled import small

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

BITS = 1 << 17


@small
def bit_of(first, second):
    """Give which bit is that of two code points; few share one."""
    mixed = np.uint64(first) * np.uint64(0x9E3779B1) + np.uint64(second) * np.uint64(0x85EBCA6B)
    return mixed >> np.uint64(13) & np.uint64(BITS - 1)


@small
def may_hold(pairs, first, second):
    """Whether the bit of two code points is set: always where they are a pair."""
    bit = bit_of(first, second)
    return pairs[bit >> np.uint64(3)] >> np.uint8(bit & np.uint64(7)) & np.uint8(1) != 0


def pair_bits(pairs: Iterable[tuple[int, int]]) -> NDArray[np.uint8]:
    """Set the bits of pairs of code points, shape (BITS / 8,).

    Examples
    --------
    >>> bits = pair_bits([(ord("な"), ord("い"))])
    >>> may_hold(bits, ord("な"), ord("い")), may_hold(bits, ord("い"), ord("な"))
    (True, False)
    """
    bits = np.zeros(BITS, np.bool_)
    for first, second in pairs:
        bits[bit_of(first, second)] = True
    return np.packbits(bits, bitorder="little")
