"""The Python SDK: send, end, check and find listings, and decide on them."""

from __future__ import annotations

from mimawari.client.client import Client, LineAnswer
from mimawari.client.connection import ServerError

__all__ = ["Client", "LineAnswer", "ServerError"]
