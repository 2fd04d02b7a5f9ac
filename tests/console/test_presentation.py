"""Marks cover what the spans say, and no text is lost or shown unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.detectors.base import Span
from mimawari.listings.listing import Listing
from mimawari.service.console.presentation import mark, picture

spans = st.builds(
    Span,
    st.integers(0, 40),
    st.integers(0, 40),
    st.sampled_from([0.0, 0.5, -0.5, 2.0]),
    st.just("topic/rule"),
)
visible = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20)


def _listing(title: str, description: str = "") -> Listing:
    return Listing(id="1", version=1, seller_id="s", title=title, description=description)


@given(visible, visible, st.lists(spans, max_size=6))
def test_no_text_is_lost(title: str, description: str, found: list[Span]) -> None:
    marked = mark(_listing(title, description), found)
    assert "".join(piece.text for piece in marked.title) == title
    assert "".join(piece.text for piece in marked.description) == description


@given(visible, visible, st.lists(spans, max_size=6))
def test_every_character_has_the_style_of_its_spans(
    title: str, description: str, found: list[Span]
) -> None:
    marked = mark(_listing(title, description), found)
    kinds = [piece.kind for piece in marked.title for _ in piece.text]
    for i, kind in enumerate(kinds):
        covering = [span for span in found if span.start <= i < span.end]
        assert (kind == "plain") == (not covering)
        assert (kind == "rule") == any(span.weight == 0 for span in covering)


def test_a_span_across_title_and_description_marks_both() -> None:
    marked = mark(_listing("air gun", "new"), [Span(4, 9, 1.0)])
    assert [(p.text, p.kind) for p in marked.title] == [("air ", "plain"), ("gun", "word")]
    assert [(p.text, p.kind) for p in marked.description] == [("n", "word"), ("ew", "plain")]


@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\u2066", "\x00", "\ud800", "\u2028"])
def test_characters_without_a_glyph_are_shown_by_code_point(char: str) -> None:
    pieces = mark(_listing(f"a{char}b"), []).title
    assert [p.text for p in pieces] == ["a", f"U+{ord(char):04X}", "b"]
    assert [p.kind for p in pieces] == ["plain", "hidden", "plain"]


@pytest.mark.parametrize(
    "url",
    [
        "https://img.example.evil/a.jpg",
        "https://img.example@evil.example/a.jpg",
        "http://img.example/a.jpg",
        "https://img.example:8443/a.jpg",
        "data:image/svg+xml,<svg/>",
        "//img.example/a.jpg",
        "https://[::1/a.jpg",
        "",
    ],
)
def test_pictures_of_other_origins_are_not_loaded(url: str) -> None:
    assert picture(url, ["https://img.example"]).url == ""
