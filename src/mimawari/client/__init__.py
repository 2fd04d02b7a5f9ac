"""The Python SDK: send listings, ask for a check, read what happened to a listing."""

from __future__ import annotations

from mimawari.client.client import Client, LineAnswer, ServerError

__all__ = ["Client", "LineAnswer", "ServerError"]
