"""JSON of others: a value of the wanted type, or nothing."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded(data: bytes | str | msgspec.Raw, kind: type[T]) -> T | None:
    """Decode strictly; None for whatever is not exactly of the type.

    Examples
    --------
    >>> decoded("[1]", list[int]), decoded("[1] or so", list[int]), decoded('["1"]', list[int])
    ([1], None, None)
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
