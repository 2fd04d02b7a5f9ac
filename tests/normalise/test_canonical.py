"""The normaliser: against its plain reference, and what must hold for any text."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.normalise import reference

from mimawari.errors import InvalidInputError
from mimawari.listings.normalise import (
    Readings,
    alike,
    basics,
    canonical,
    canonicalise,
    default_readings,
    kernel,
    lexicon,
    mend,
)
from mimawari.listings.normalise.tables import tables, voiced_table

DIGEST = "bd3961a23895ef9696c55052165e800d3d3825ff3c4366e0c45d0889d27f1375"
SCRIPT = Path(__file__).parents[2] / "scripts" / "build_words.py"
NASTY = (
    "aabegkiun w33d0x5$@!,.-'1 ーがかハハナイキのを゛ﾞゔ銃🔫🅖🇬éжо한글"
    "\u200b\u202e　ｎ０①½ﬁßİ\x00\ud800"
    "*○●〇×✨★+&#口ロ力カ一ー工エ二ニソンマルボ大麻覚醒剤λ"
)
PARTS = (
    *("gun", "glock", "coc", "aine", "gl", "ock", "hero", "in", "the", "c*caine", "f*ck", "line"),
    *("コカ", "イン", "コカイ○", "覚醒", "〇", "剤", "マ一ルボ口", "マールボロ", "ロ座"),
    *("ライン", "らい", "ん"),
)
characters = st.sampled_from(NASTY) | st.characters()
texts = st.text(characters, max_size=40) | st.lists(
    st.sampled_from(PARTS) | characters, max_size=12
).map("".join)
# One way of parting and one kana script only, so that the reference need not know them.
plain = st.lists(
    st.sampled_from("aabegkun w33d0x5!, 1ーがかはないきのを゛銃éж한")
    | st.sampled_from(("gl", "ock", "hero", "in", "ないき", "ab$", "$gun", "w@d", "ga@b")),
    max_size=30,
).map("".join)


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
        ('[a]\nx = ["y"]\ny = ["z"]\n', "stands in the reading 'y'"),
        ('x = ["y"]\n', "is no table"),
        ('[a]\nx = "y"\n', r"bad.toml: a.x: is 'y'; write a list of texts"),
        ("[a]\nx = [5]\n", "write a list of texts"),
        ("[a\n", "is no TOML"),
        ('[a]\n"new balance x" = ["balance"]\n', "stands in the reading 'new balance x'"),
        ('[a]\n"x ないき" = ["y"]\nnike = ["ないき"]\n', "'ないき' is a variant"),
        (f'[a]\nx = ["{"y" * 101}"]\n', "holds a text of 101 characters; at most 100"),
    ],
)
def test_contradictory_readings_are_refused(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(table, "utf-8")
    with pytest.raises(InvalidInputError, match=said):
        Readings.load(path)


def test_the_operators_table_adds_to_the_packages(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('[brands]\nacme = ["アクメ"]\nnike = ["スウッシュ"]\n', "utf-8")
    ours = Readings.extended(path)
    assert canonical("アクメとナイキ、スウッシュ", ours) == "acme と nike nike"
    assert ours.fingerprint != Readings.extended().fingerprint
    path.write_text('[brands]\nacme = ["ナイキ"]\n', "utf-8")
    with pytest.raises(InvalidInputError, match=r"ours.toml.*readings.toml: brands.nike"):
        Readings.extended(path)
    with pytest.raises(InvalidInputError, match="No such file"):
        Readings.extended(tmp_path / "missing.toml")
    path.write_bytes(b"\xff")
    with pytest.raises(InvalidInputError, match="is not UTF-8 at byte 0"):
        Readings.extended(path)


@pytest.mark.parametrize(
    ("text", "meant"),
    [(written, "nike") for written in ("NIKE", "nike", "ないき", "ナイキ", "ﾅｲｷ", "ＮＩＫＥ")]
    + [
        (written, "gun")
        for written in ("g-u-n", "g.u.n", "ｇ　ｕ　ｎ", "g_u_n", "g*u*n", "🔫", "🇬🇺🇳")
    ]
    + [(written, "gun") for written in ("g\u200bu\u2060n", "ɡun", "GUUUUN", "g\u00adun", "𝓰𝓾𝓷")]
    + [("w33d", "weed"), ("c0ca1ne", "cocaine"), ("p1st0l", "pistol"), ("g\u202eun", "gun")],
)
def test_what_sellers_do_is_undone_and_shown(text: str, meant: str) -> None:
    found = canonicalise([f"my {text} here"])
    assert found.text(0) == f"my {meant} here"
    start, end = found.span(0, 3, 3 + len(meant))
    assert f"my {text} here"[start:end] == text


def test_readings_that_build_variants_with_their_neighbours_come_to_rest() -> None:
    second, third = "mnoprs" * 7, "bcdfgh" * 16
    table = Readings.of({"kw": ["qv"], second: ["kw kw"], third: [f"{second} {second}"]})
    assert canonical("qv qv qv qv", table) == third
    long = canonicalise(["qv " * 20_000, "a cup"], table)
    assert long.text(0) == " ".join([third] * 5_000)
    assert long.text(1) == "a cup"


def work(text: str) -> int:
    """Count the lines that the kernel's loops run in plain Python on a text."""
    count = 0

    def trace(_frame: object, event: str, _arg: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    args = kernel_arguments(text)
    rooms = [vars(module) for module in (basics, lexicon, alike, mend, kernel)]
    before = [{n: f for n, f in room.items() if hasattr(f, "py_func")} for room in rooms]
    for room, compiled in zip(rooms, before, strict=True):
        room.update({name: function.py_func for name, function in compiled.items()})
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        with np.errstate(over="ignore"):  # the trie's hash wraps around
            kernel.canonicalise_batch(*args)
    finally:
        sys.settrace(None)
        for room, compiled in zip(rooms, before, strict=True):
            room.update(compiled)
    return count


def kernel_arguments(text: str) -> tuple[object, ...]:
    raw = np.array([ord(c) for c in text], np.uint32)
    bounds = np.array([0, len(raw)], np.int64)
    readings = default_readings()
    table = tuple(t.astype(np.int64) for t in tables())  # as compiled code counts
    lexicon = readings.lexicon.arrays()
    return raw, bounds, table, voiced_table(), tuple(readings.trie), lexicon, readings.growth


@pytest.mark.parametrize(
    "unit",
    [
        "g-",
        "g.u n",
        "ab3",
        "1",
        "が゛",
        "ナ",
        "ないき",
        "🔫",
        "a!",
        "aaa",
        "n-o t ",
        "ー",
        "ぷれ",
        "g✨",
        "a+",
        "gl ock ",
        "c*caine ",
        "a*",
        "コカ イ",
        "コカ○",
        "口ロ",
        "カ一",
        "ボ口",
        "λa",
        "大 ",
        "覚〇",
    ],
)
def test_the_work_grows_linearly(unit: str) -> None:
    short, long = work(unit * (240 // len(unit))), work(unit * (960 // len(unit)))
    assert long < 4.6 * short + 500


def examples() -> list[tuple[str, str]]:
    page = (Path(__file__).parents[2] / "docs" / "normalisation.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \| `(.*?)` \|", page, re.MULTILINE)
    return [(written.encode().decode("unicode_escape") if "\\u" in written else written, folded)
            for written, folded in rows]  # fmt: skip


@pytest.mark.parametrize(("written", "folded"), examples())
def test_the_page_shows_what_happens(written: str, folded: str) -> None:
    assert canonical(written) == folded


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (text, "glock")
        for text in ["gl ock", "gl.ock", "gl✨ock", "g-lock", "gl*ck", "gl○ck", "G+l+o+c+k"]
    ]
    + [(text, "こかいん") for text in ("コカ イン", "コカ・イン", "コ✨カ✨イ✨ン", "コカイ○")]
    + [(text, "こかいん") for text in ("コ力イン", "コカイソ")]
    + [("g✨u✨n", "gun")]
    + [("マ一ルボ口", "まるぼろ"), ("覚〇剤", "覚醒剤"), ("ロ座", "口座"), ("GUCC工", "gucci")],
)
def test_broken_words_are_mended_and_shown(written: str, meant: str) -> None:
    text = f"my {written} here"
    texts = canonicalise([text])
    assert texts.text(0) == f"my {meant} here"
    start, end = texts.span(0, 3, 3 + len(meant))
    assert text[start:end] == written


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("on line, in to", "on line in to"),
        ("NEW* shirt", "new shirt"),
        ("4*6 photo", "4 6 photo"),
        ("and/or R&B A+B", "and or r&b a+b"),
        ("T-shirt", "t shirt"),
        ("s*t on, f○○t", "s t on f ○ ○ t"),
        ("巨大 麻袋", "巨大 麻袋"),
        ("大○ 二〇二六年", "大 ○ 二〇二六年"),
        ("ビール一ケース", "びる一けす"),
        ("入力 人口 工場 千円", "入力 人口 工場 千円"),
        ("三ッ矢", "三っ矢"),
        ("ナイキ★新品", "nike ★ 新品"),
    ],
)
def test_ordinary_text_keeps_its_meaning(written: str, folded: str) -> None:
    assert canonical(written) == folded


@pytest.mark.parametrize(
    "text", ["口力工夕卜一ニソ" * 63, "c*d" * 200, "✨" * 300, "○" * 500, "カ一" * 250]
)
def test_titles_of_nothing_but_disguises_come_to_rest(text: str) -> None:
    once = canonicalise([text])
    assert canonical(once.text(0)) == once.text(0)
    assert (once.origins[:, 1] <= len(text)).all()


def test_own_readings_are_words_to_mend_to(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('[brands]\nblixtor = ["ブリクスタ"]\n', "utf-8")
    ours = Readings.extended(path)
    for written in ("blix tor", "bl*xtor", "ブリク スタ", "ブリクス○"):
        assert canonical(written, ours) == "blixtor"
        assert canonical(written) != "blixtor"


def test_the_general_words_are_those_that_models_were_trained_with() -> None:
    words = lexicon.general()
    assert (len(words), words[:3]) == (82_767, ("the", "of", "and"))
    assert hashlib.sha256("\n".join(words).encode()).hexdigest() == DIGEST


def test_the_lists_of_words_are_those_of_the_pack() -> None:
    spec = importlib.util.spec_from_file_location("build_words", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    remedy = "run scripts/build_words.py"
    assert set(lexicon.hidden()) == set(script.hidden()), remedy
