"""Who may call the API: a key with the scope the call needs."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

from django.db.utils import Error as DatabaseError
from starlette.concurrency import run_in_threadpool

from mimawari.service.accounts.keys import Holder, verify
from mimawari.service.api.answers import refuse, storage_failed
from mimawari.service.api.store import connected

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# A revoked key works at most this much longer.
KEPT_SECONDS = 5.0
MOST_KEPT = 1_000


class KeyRing:
    """Verifies keys, remembering the answer for a few seconds (by hash, never the key)."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[float, Holder]] = {}
        self._lock = threading.Lock()

    async def refuse_unless(self, request: Request, scope: str) -> Response | None:
        """Give the refusal of a request without a valid key of the scope, else None.

        ``request.state.holder`` is who calls, where nothing is refused; it is asked for once a
        request.
        """
        holder = getattr(request.state, "holder", None)
        if holder is not None and scope in holder.authority.permissions:
            return None
        header = request.headers.get("authorization", "")
        kind, _, text = header.partition(" ")
        try:
            holder = await self._holder(text.strip()) if kind.lower() == "bearer" else None
        except DatabaseError as error:
            return storage_failed(error)
        if holder is None:
            return refuse(
                401, "Authorization", "holds no valid API key",
                "send 'Authorization: Bearer KEY'; make one with 'mimawari keys create'",
                WWW_Authenticate="Bearer",
            )  # fmt: skip
        if scope not in holder.authority.permissions:
            return refuse(403, "Authorization", f"lacks the scope {scope}", "use a key with it")
        request.state.holder = holder
        return None

    async def _holder(self, text: str) -> Holder | None:
        name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            until, kept = self._kept.get(name, (0.0, None))
        if kept is not None and until > time.monotonic():
            return kept
        holder = await run_in_threadpool(_verify, text)
        if holder is not None and holder.moderator is None:  # who decides may be disabled any time
            with self._lock:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[name] = (time.monotonic() + KEPT_SECONDS, holder)
        return holder


def _verify(text: str) -> Holder | None:
    with connected():
        return verify(text)
