"""The page on actions: its file does what the page says, its example is what the API answers."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from tests.acting import TESTS
from tests.service.actions.conftest import judge, offer, taken

from mimawari.records.action import ActionKind
from mimawari.service.actions import strikes
from mimawari.service.api.examples.actions import HIDDEN, ActionTold
from mimawari.service.api.examples.listings import NOON
from mimawari.service.platform import clock
from mimawari.service.releases.activating import activate_topic_files

PAGE = Path(__file__).parents[2].joinpath("docs", "actions.md").read_text("utf-8")


def block(kind: str) -> str:
    (text,) = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


@pytest.mark.django_db(transaction=True)
def test_the_file_does_what_the_page_says(tmp_path: Path) -> None:
    path = tmp_path / "weapons.toml"
    path.write_text(block("toml"), "utf-8")
    activate_topic_files([path], TESTS, "tests")
    offer(1)
    judge("anna", clause="blade")
    assert taken("L1") == ["hide -> hide"]
    assert strikes.total_of("s", clock.database_now()) == 2
    offer(2, seller="t")
    judge("anna", clause="firearm")
    assert taken("L2") == ["delete -> delete", "restrict -> restrict"]


def test_the_example_is_an_answer() -> None:
    shown = msgspec.json.decode(block("json"), type=ActionTold)
    assert shown == msgspec.structs.replace(HIDDEN, at=shown.at)
    assert NOON.hour == shown.at.hour


def test_the_order_of_strength_is_that_of_the_page() -> None:
    (order,) = re.findall(r"counts: (`none` <.*?`)\.", PAGE)
    assert [ActionKind(name) for name in re.findall(r"`(\w+)`", order)] == list(ActionKind)[:-1]
