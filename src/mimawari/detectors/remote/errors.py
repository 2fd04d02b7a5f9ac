"""Why a question has no answer."""

from __future__ import annotations

from mimawari.errors import MimawariError


class UnansweredError(MimawariError):
    """The endpoint failed this request after every repetition."""


class RefusedError(UnansweredError):
    """The endpoint refuses this request; smaller ones may pass (length, content filter)."""


class StopAskingError(MimawariError):
    """No request can pass any more: a budget is spent, the key is wrong, the time is over."""
