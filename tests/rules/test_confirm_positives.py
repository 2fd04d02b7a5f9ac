"""The key of a topic file that asks for a second moderator."""

from __future__ import annotations

import pytest

from mimawari.detectors.topicfile import parse
from mimawari.errors import InvalidInputError

FILE = """
topic = "weapons"
capacity = 3
{line}
[title]
en = "Weapons"
[policy]
en = "None."
"""


@pytest.mark.parametrize(
    ("line", "read"),
    [("", False), ("confirm_positives = true", True), ("confirm_positives = false", False)],
)
def test_it_is_read(line: str, read: bool) -> None:
    assert parse(FILE.format(line=line)).confirm_positives is read


@pytest.mark.parametrize("value", ['"yes"', "1", "[]"])
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(InvalidInputError, match=r"confirm_positives.*write true or false"):
        parse(FILE.format(line=f"confirm_positives = {value}"))


def test_a_misspelt_key_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="confirm_positive"):
        parse(FILE.format(line="confirm_positive = true"))
