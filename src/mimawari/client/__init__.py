"""The Python client of the API."""

from __future__ import annotations

from mimawari.client.answers import (
    Accepted,
    Checked,
    LineAnswer,
    RefusedError,
    TopicAnswer,
    UnreachableError,
)
from mimawari.client.client import Client

__all__ = [
    "Accepted",
    "Checked",
    "Client",
    "LineAnswer",
    "RefusedError",
    "TopicAnswer",
    "UnreachableError",
]
