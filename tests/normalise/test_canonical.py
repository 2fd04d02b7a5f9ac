"""The normaliser: against its plain reference, and what must hold for any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.normalise import reference

from mimawari.errors import InvalidInputError
from mimawari.listings.normalise import Readings, canonical, canonicalise, default_readings

NASTY = (
    "aabegkiun w33d0x5$@!,.-'1 ーがかハハナイキのを゛ﾞゔ銃🔫🅖🇬éжо한글"
    "\u200b\u202e　ｎ０①½ﬁßİ\x00\ud800"
)
texts = st.text(st.sampled_from(NASTY) | st.characters(), max_size=40)
# One way of parting and one kana script only, so that the reference need not know them.
plain = st.text(st.sampled_from("aabegkun w33d0x5$@!, 1ーがかはないきのを゛銃🔫éж한"), max_size=30)


@given(plain)
@example("w3,0g")
@settings(max_examples=500)
def test_kernel_equals_the_reference(text: str) -> None:
    text = re.sub(r"[!,]", " ", text)
    assert canonical(text) == reference.canonical(text, default_readings())


@given(texts)
@example("w3,0g")
@example("a b-c")
@settings(max_examples=500)
def test_idempotent(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once


@given(st.lists(texts, max_size=5))
def test_a_batch_equals_its_texts_one_by_one(batch: list[str]) -> None:
    together = canonicalise(batch)
    assert [together.text(i) for i in range(len(batch))] == [canonical(t) for t in batch]
    joined = b"".join(together.utf8_of(i) for i in range(len(batch)))
    assert joined == together.utf8


@given(texts)
def test_origins_lie_in_the_text_and_ascend(text: str) -> None:
    found = canonicalise([text])
    starts, ends = found.origins[:, 0], found.origins[:, 1]
    assert (starts >= 0).all()
    assert (ends <= len(text)).all()
    assert (starts < ends).all()
    assert (starts[1:] >= starts[:-1]).all()


@given(before=st.sampled_from(["", "my ", "銃と "]), after=st.sampled_from(["", " 新品", ", new!"]))
@pytest.mark.parametrize("written", ["g-u-n", "ｇｕｎ", "g.u.n", "gu\u200bn", "GUN", "guuuun"])
def test_a_match_is_found_again_in_what_the_seller_wrote(
    written: str, before: str, after: str
) -> None:
    text = f"{before}toy {written} for{after}"
    found = canonicalise([text])
    at = found.text(0).index("gun")
    start, end = found.span(0, at, at + 3)
    assert text[start:end] == written
    bytes_at = len(found.text(0)[:at].encode())
    assert found.byte_span(0, bytes_at, bytes_at + 3) == (start, end)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "\u202e", "ー", "゛", "....", "🏻", "\U000e0041"]
)
def test_nothing_is_left_of_nothing(text: str) -> None:
    assert canonical(text) == ""


def test_a_long_hostile_title_is_read_whole() -> None:
    text = "ナイキ g-u-n " * 80_000
    found = canonicalise([text])
    assert found.text(0).startswith("nike gun nike gun")
    assert len(found.codes) == len("nike gun ") * 80_000 - 1


def test_readings_can_be_added(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('[brands]\nacme = ["あくめ", "Akume"]\n', "utf-8")
    ours = Readings.load(path)
    assert {canonical(t, ours) for t in ("ACME", "アクメ", "akume", "ａｋｕｍｅ")} == {"acme"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[a]\nx = ["…"]\n', "folds to nothing"),
        ('[a]\nx = ["z"]\ny = ["z"]\n', "already reads as 'x'"),
        ('[a]\nx = ["y"]\ny = ["z"]\n', "both a reading and a variant"),
        ('x = ["y"]\n', "is no table"),
    ],
)
def test_contradictory_readings_are_refused(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(table, "utf-8")
    with pytest.raises(InvalidInputError, match=said):
        Readings.load(path)


def examples() -> list[tuple[str, str]]:
    page = (Path(__file__).parents[2] / "docs" / "normalisation.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \| `(.*?)` \|", page, re.MULTILINE)
    return [(written.encode().decode("unicode_escape") if "\\u" in written else written, folded)
            for written, folded in rows]  # fmt: skip


@pytest.mark.parametrize(("written", "folded"), examples())
def test_the_page_shows_what_happens(written: str, folded: str) -> None:
    assert canonical(written) == folded
