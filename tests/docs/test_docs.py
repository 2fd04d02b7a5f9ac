"""What the documentation says must be so: links resolve, commands and options exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from mimawari.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def commands() -> Iterator[tuple[str, str]]:
    """Yield every `mimawari ...` line of every fenced block, with its page."""
    for page in PAGES:
        for block in FENCE.findall(page.read_text("utf-8")):
            for written in block.replace("\\\n", " ").splitlines():
                line = re.split(r"\s#|\s[|]|&&", written.removeprefix("$ ").strip())[0].strip()
                if line.startswith("mimawari "):
                    yield page.name, line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_resolve(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def subcommands(command: Any) -> dict[str, Any]:
    """Give a group's commands by name; a command has none."""
    return dict(getattr(command, "commands", {}))


def test_commands_in_docs_exist() -> None:
    found = list(commands())
    assert found, "no page shows a command"
    for page, line in found:
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)[1:]
        while subcommands(command) and words and not words[0].startswith("-"):
            sub = subcommands(command).get(words.pop(0))
            assert sub is not None, f"{page}: `{line}` is no command"
            command = sub
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        for word in words:
            if word.startswith("-") and not word.lstrip("-").isdigit():
                assert word.split("=")[0] in known, f"{page}: `{line}` has no option {word}"


def test_every_command_is_documented() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)

    def walk(command: Any, path: str) -> Iterator[str]:
        if not subcommands(command):
            yield path
        for name, sub in subcommands(command).items():
            yield from walk(sub, f"{path} {name}")

    missing = [c for c in walk(typer.main.get_command(app), "mimawari") if c not in text]
    assert not missing, f"undocumented commands: {missing}"
