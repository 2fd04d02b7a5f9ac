"""Work for scorers: each listing version is leased to one of them and acknowledged once."""

from __future__ import annotations

from mimawari.streams.base import MOST_ATTEMPTS, Stream
from mimawari.streams.memory import MemoryStream

__all__ = ["MOST_ATTEMPTS", "MemoryStream", "Stream"]
