"""The Python SDK: every operation of the API, for programs that wait and for those that await."""

from __future__ import annotations

from mimawari.client.async_client import AsyncClient
from mimawari.client.client import Client, LineAnswer
from mimawari.client.connection import ServerError

__all__ = ["AsyncClient", "Client", "LineAnswer", "ServerError"]
