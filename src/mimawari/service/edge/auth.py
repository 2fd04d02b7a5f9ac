"""Who may call the API: a key with the scope the call needs."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

from django.db.utils import Error as DatabaseError
from starlette.concurrency import run_in_threadpool

from mimawari.service.accounts.keys import Scope, verify
from mimawari.service.edge.answers import refuse, storage_failed
from mimawari.service.edge.store import connected

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# A revoked key works at most this much longer.
KEPT_SECONDS = 5.0
MOST_KEPT = 1_000


class KeyRing:
    """Verifies keys, remembering the answer for a few seconds (by hash, never the key)."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[float, frozenset[str]]] = {}
        self._lock = threading.Lock()

    async def refuse_unless(self, request: Request, scope: Scope) -> Response | None:
        """Give the refusal of a request without a valid key of the scope, else None."""
        header = request.headers.get("authorization", "")
        kind, _, text = header.partition(" ")
        try:
            scopes = await self._scopes(text.strip()) if kind.lower() == "bearer" else None
        except DatabaseError as error:
            return storage_failed(error)
        if scopes is None:
            return refuse(
                401, "Authorization", "holds no valid API key",
                "send 'Authorization: Bearer KEY'; make one with 'mimawari keys create'",
                WWW_Authenticate="Bearer",
            )  # fmt: skip
        if scope not in scopes:
            return refuse(403, "Authorization", f"lacks the scope {scope}", "use a key with it")
        return None

    async def _scopes(self, text: str) -> frozenset[str] | None:
        name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            until, scopes = self._kept.get(name, (0.0, frozenset()))
        if until > time.monotonic():
            return scopes
        found = await run_in_threadpool(_verify, text)
        if found is not None:
            with self._lock:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[name] = (time.monotonic() + KEPT_SECONDS, found)
        return found


def _verify(text: str) -> frozenset[str] | None:
    with connected():
        return verify(text)
