"""One thing that happened, written with the state it changed; and the kinds there are."""

from __future__ import annotations

import msgspec

from mimawari.records.principal import Principal


class EventKind(msgspec.Struct, frozen=True):
    """A kind of event.

    Parameters
    ----------
    details
        The struct of what an event of the kind says.
    rows
        The table it speaks of, such as ``review.Decision``, whose rows it can be compared with.
    """

    name: str
    details: type[msgspec.Struct]
    rows: str = ""


class Body(msgspec.Struct, frozen=True):
    """What an event says beyond its leaf, and all that may be personal in it."""

    by: str
    reason: str
    details: msgspec.Raw


class Event(msgspec.Struct, frozen=True):
    """An event as it is handed on; the body is None where it was erased.

    ``at`` is microseconds since 1970 in UTC; ``sequence`` its place in the ledger, once sealed.
    """

    id: int
    sequence: int | None
    at: int
    kind: str
    subject: str
    principal: Principal
    body: Body | None


_KINDS: dict[str, EventKind] = {}


def register(name: str, details: type[msgspec.Struct], rows: str = "") -> EventKind:
    """Declare a kind of event, once.

    Raises
    ------
    ValueError
        The name stands for something else already.
    """
    kind = EventKind(name, details, rows)
    if _KINDS.setdefault(name, kind) != kind:
        raise ValueError(f"{name!r} is another kind of event already")
    return kind


def kinds() -> list[EventKind]:
    """Give every kind that is declared, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def encode_body(by: str, reason: str, details: msgspec.Struct) -> bytes:
    """Give the bytes that are stored and committed to.

    Examples
    --------
    >>> class Note(msgspec.Struct):
    ...     text: str
    >>> encode_body("grace", "it was due", Note("hello"))
    b'{"by":"grace","reason":"it was due","details":{"text":"hello"}}'
    """
    return msgspec.json.encode(Body(by, reason, msgspec.Raw(msgspec.json.encode(details))))


def decode_body(text: str | bytes) -> Body:
    """Read a body; its details stay as they are, for the kind's struct to read."""
    return msgspec.json.decode(text, type=Body)
