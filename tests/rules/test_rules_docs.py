"""The page on rules: its files load and pass, its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from mimawari.cli.rules import app
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load, parse
from mimawari.detectors.topicfile.load import RULE_KEYS, TOPIC_KEYS
from mimawari.detectors.topicfile.parse_conditions import KINDS
from mimawari.detectors.topicfile.parse_examples import Example

PAGE = Path(__file__).parents[2].joinpath("docs", "rules.md").read_text("utf-8")
FILES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^\$ mimawari rules (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("text", FILES)
def test_every_file_of_the_page_passes(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(text, "utf-8")
    assert RuleSet.compile([load(path)]).rules
    assert parse(text).source == "topic.toml"


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_exists(line: str) -> None:
    name, *arguments = shlex.split(line)
    group = typer.main.get_command(app)
    command = group.get_command(group.context_class(group), name)  # type: ignore[attr-defined]
    command.make_context(name, arguments)


def test_the_page_names_every_key() -> None:
    assert FILES
    assert COMMANDS
    keys = {*TOPIC_KEYS, *RULE_KEYS, *KINDS, *Example.__struct_fields__}
    named = set(re.findall(r"[`\[.]([a-z_]+)[`\]]", PAGE))
    assert sorted(keys - named) == []
