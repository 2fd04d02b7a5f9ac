"""The order of equal scores."""

from __future__ import annotations

import hashlib


def tie_break(key: str) -> str:
    """Order equal scores by this: repeatable, and unrelated to time, seller or content.

    Examples
    --------
    >>> sorted(["a", "b", "c"], key=tie_break)
    ['c', 'b', 'a']
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
