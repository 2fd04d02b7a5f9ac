"""Positions of an expression are counted as if its repetitions were written out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.detectors.topicfile.expression_size import positions


@pytest.mark.parametrize(
    ("expression", "written_out"),
    [
        (r"\bglue gun\b", 10),
        (r"[\]x]{3}", 3),
        (r"[^]]{2}", 2),
        (r"[[:alpha:]-]{4}", 4),
        (r"\p{Han}{5}", 5),
        (r"\x{4e00}{2,}", 3),
        (r"(?i:ab){3}", 6),
        (r"(?P<n>a|bc){2}", 6),
        (r"((a{2}){3}){4}", 24),
        ("a{,3}", 5),  # no repetition, says the engine
        ("野菜{2}", 3),
        ("a{99999999999}", 99_999_999_999),
    ],
)
def test_counts(expression: str, written_out: int) -> None:
    assert positions(expression) == written_out


@given(st.text("ab(){}[]|*+?\\,:=!<>P1239^$-", max_size=60))
def test_anything_gets_a_number(expression: str) -> None:
    assert positions(expression) >= 0


PIECES = st.recursive(
    st.sampled_from(["a", "[bc]", r"\d", "."]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.integers(1, 4)).map(lambda pair: f"(?:{pair[0]}){{{pair[1]}}}"),
    ),
    max_leaves=6,
)


@given(PIECES)
def test_as_many_as_are_written_out(expression: str) -> None:
    written = expression
    while match := re.search(r"\(\?:([^()]*)\)\{(\d)\}|\(\?:([^()]*)\)(?!\{)", written):
        inside = match[1] * int(match[2]) if match[2] else match[3].replace("|", "")
        written = written[: match.start()] + inside.replace("|", "") + written[match.end() :]
    assert positions(expression) == len(re.findall(r"\[bc\]|\\d|.", written))
