"""What both processes say to each other: MessagePack, each message after its length."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.listings.normalise.readings import Readings

if TYPE_CHECKING:
    from mimawari.records.json import JsonValue

LENGTH = struct.Struct("<Q")
MOST_BYTES = 64 << 20
MOST_REASON = 300


class Open(msgspec.Struct, frozen=True, tag=True):
    """Load a folder.

    Parameters
    ----------
    entry, kind
        Where the kind stands, and its name.
    folder, version
        What to load.
    readings
        By which texts are folded.
    megabytes, start_seconds, seconds
        Bounds that the process sets itself.
    """

    entry: str
    kind: str
    folder: str
    version: str
    readings: Readings
    megabytes: int
    start_seconds: float
    seconds: float


class Score(msgspec.Struct, frozen=True, tag=True):
    """Score listings."""

    listings: tuple[Listing, ...]


class Explain(msgspec.Struct, frozen=True, tag=True):
    """Explain the score of one listing."""

    listing: Listing
    topic: str


Request = Open | Score | Explain


class OutsideExample(msgspec.Struct, frozen=True):
    """One of the detector's examples."""

    listing: Listing
    violates: tuple[str, ...]


class Opened(msgspec.Struct, frozen=True, tag=True):
    """It is loaded, and scores these."""

    topics: tuple[str, ...]
    fingerprint: str
    examples: tuple[OutsideExample, ...]


class Scored(msgspec.Struct, frozen=True, tag=True):
    """Probabilities of one topic as little-endian float32; NaN where there is none.

    ``unscored`` counts the listings that spoil an answer each by itself, for the first one's
    ``reason``; an ordinary listing is scored beside them.
    """

    scores: bytes
    unscored: int = 0
    reason: str = ""


class OutsideSpan(msgspec.Struct, frozen=True):
    """A part of the text."""

    start: int
    end: int
    weight: float
    source: str


class OutsideFeature(msgspec.Struct, frozen=True):
    """A feature."""

    name: str
    value: float
    weight: float


class Explained(msgspec.Struct, frozen=True, tag=True):
    """What made a score; ``reason`` says why there is none."""

    spans: tuple[OutsideSpan, ...] = ()
    features: tuple[OutsideFeature, ...] = ()
    rules: tuple[str, ...] = ()
    reason: str = ""


class Fault(msgspec.Struct, frozen=True, tag=True):
    """There is no answer."""

    reason: str


Answer = Opened | Scored | Explained | Fault


def one_line(error: BaseException) -> str:
    r"""Give an error as one bounded line.

    Examples
    --------
    >>> one_line(ValueError("a\nb"))
    'ValueError: a b'
    """
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return "".join(c for c in line if c.isprintable())[:MOST_REASON]


def encoded(message: Request | Answer) -> bytes:
    r"""Write a message; halves of surrogate pairs, which no UTF-8 carries, become question marks.

    Examples
    --------
    >>> encoded(Fault("\ud800!"))[LENGTH.size:].endswith(b"?!")
    True
    """
    try:
        body = msgspec.msgpack.encode(message)
    except UnicodeEncodeError:
        body = msgspec.msgpack.encode(_mended(msgspec.to_builtins(message)))
    return LENGTH.pack(len(body)) + body


def _mended(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(part) for part in value]
    if isinstance(value, dict):
        return {str(_mended(key)): _mended(part) for key, part in value.items()}
    return value
