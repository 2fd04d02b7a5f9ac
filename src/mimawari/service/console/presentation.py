"""What the review page shows of a listing, as plain data for the templates.

Nothing here is marked safe: the templates escape every piece of seller text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from mimawari.listings.listing import Listing
from mimawari.service.media.origins import allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mimawari.detectors.base import Span

_PLAIN_CONTROLS = frozenset("\n\t")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text shown in one style.

    ``kind`` is ``plain``, ``rule``, ``word`` (the model, for a violation),
    ``against`` (the model, against one) or ``hidden``: a character without a
    glyph, whose text is its code point so that the moderator sees it.
    """

    text: str
    kind: str = "plain"
    note: str = ""


@dataclass(frozen=True, slots=True)
class MarkedListing:
    """Title, description and the text in pictures cut into pieces."""

    title: tuple[Piece, ...]
    description: tuple[Piece, ...]
    picture_text: tuple[Piece, ...]


def mark(listing: Listing, spans: Iterable[Span]) -> MarkedListing:
    """Cut a listing's text where the spans of an explanation begin and end.

    Spans may overlap, cross the line breaks between title, description and the text in
    pictures, or reach past the text; a rule wins over a word, a heavier word over a lighter.

    Examples
    --------
    >>> from mimawari.detectors.base import Span
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="air gun", description="new")
    >>> marked = mark(listing, [Span(4, 7, 0.0, "weapons/gun")])
    >>> [(piece.text, piece.kind) for piece in marked.title]
    [('air ', 'plain'), ('gun', 'rule')]
    >>> [(piece.text, piece.kind) for piece in marked.description]
    [('new', 'plain')]
    """
    marked_spans = tuple(spans)
    title_end, own_end = len(listing.title), len(listing.own_text)
    text = listing.text
    return MarkedListing(
        title=tuple(_pieces(text, 0, title_end, marked_spans)),
        description=tuple(_pieces(text, title_end + 1, own_end, marked_spans)),
        picture_text=tuple(_pieces(text, own_end + 1, len(text), marked_spans)),
    )


def _pieces(text: str, first: int, last: int, spans: Sequence[Span]) -> Iterator[Piece]:
    if first >= last:
        return
    inside = [span for span in spans if span.start < last and span.end > first]
    edges = {first, last}
    for span in inside:
        edges |= {max(span.start, first), min(span.end, last)}
    for start, end in pairwise(sorted(edges)):
        covering = [span for span in inside if span.start <= start and span.end >= end]
        kind, note = _style(covering)
        yield from _reveal(text[start:end], kind, note)


def _style(spans: Sequence[Span]) -> tuple[str, str]:
    if not spans:
        return "plain", ""
    best = max(spans, key=lambda span: (span.weight == 0, abs(span.weight)))
    if best.weight == 0:
        return "rule", best.source
    return ("word" if best.weight > 0 else "against"), f"{best.weight:+.2f}"


def _reveal(text: str, kind: str, note: str) -> Iterator[Piece]:
    """Split off characters that have no glyph or change the reading direction."""
    begin = 0
    for i, char in enumerate(text):
        if char in _PLAIN_CONTROLS or unicodedata.category(char) not in _HIDDEN_CATEGORIES:
            continue
        if begin < i:
            yield Piece(text[begin:i], kind, note)
        yield Piece(f"U+{ord(char):04X}", "hidden", unicodedata.name(char, ""))
        begin = i + 1
    if begin < len(text):
        yield Piece(text[begin:], kind, note)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a listing: ``url`` is empty where its origin is not allowed.

    Parameters
    ----------
    note
        Why it is not our own copy, in the user's language; empty where it is.
    sellers, listings
        How many other sellers show the same, and some of their listings.
    """

    host: str
    url: str = ""
    note: str = ""
    sellers: int = 0
    listings: tuple[str, ...] = ()


def picture(url: str, allowed_origins: Iterable[str]) -> Picture:
    """Allow an image only from an origin the operator named.

    Examples
    --------
    >>> picture("https://img.example/a.jpg", ["https://img.example"]).url
    'https://img.example/a.jpg'
    >>> picture("https://other.example/a.jpg", ["https://img.example"]) == Picture("other.example")
    True
    >>> picture("javascript:alert(1)", ["https://img.example"]) == Picture("")
    True
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # for example an unclosed IPv6 bracket
        return Picture("")
    if parts.scheme not in {"http", "https"}:
        return Picture(host)
    return Picture(host, url if allowed(url, allowed_origins) else "")


def heading_of(payload: str) -> str:
    """Read what a listing is called in lists."""
    return msgspec.json.decode(payload, type=Listing).heading
