"""Divide newly written Japanese titles into a development and a set-aside half.

    python -m tests.packs.split_japanese FOLDER

FOLDER holds one TOML file a topic. Halves that are already written are never mixed again,
since rules may have been written from one of them: the command refuses where there are files.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.packs.japanese_titles import FOLDER, Title, TopicTitles, read_folder, split

HEADER = """\
# Written for this test as sellers on a flea-market app write: by hand, from the policy text of
# the topic, without reading its rules. No title is copied from a listing; contact data, schools
# and artists are invented. `indirect` marks wording that avoids the usual name of what is sold.
# Near misses share words with the topic and are permitted by every topic's policy.
# Divided by tests/packs/split_japanese.py (hash of the text, seed in japanese_titles.py).
"""
PURPOSE = {
    "development": "# This half is for writing rules.\n",
    "set_aside": "# This half is set aside: no rule is written from it, it is scored once.\n",
}


def inline(title: Title) -> str:
    """Write a title as a TOML inline table."""
    fields = {"title": title.title, "description": title.description, "note": title.note}
    parts = [f"{key} = {json.dumps(v, ensure_ascii=False)}" for key, v in fields.items() if v]
    if title.indirect:
        parts.insert(1, "indirect = true")
    return f"  {{ {', '.join(parts)} }},\n"


def toml(titles: TopicTitles, purpose: str) -> str:
    """Write one half of a topic, with its header."""
    violating = "".join(map(inline, titles.violating))
    permitted = "".join(map(inline, titles.near_misses))
    return (
        f'{HEADER}{purpose}\ntopic = "{titles.topic}"\n\n'
        f"violating = [\n{violating}]\n\nnear_misses = [\n{permitted}]\n"
    )


def divide(source: Path, target: Path) -> int:
    """Write both halves of every topic of ``source`` below ``target``; give their number."""
    folders = [target / half for half in PURPOSE]
    if any(any(folder.glob("*.toml")) for folder in folders):
        raise FileExistsError(f"{target} already holds halves: give another folder")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    topics = list(read_folder(source))
    for whole in topics:
        for folder, half in zip(folders, split(whole), strict=True):
            text = toml(half, PURPOSE[folder.name])
            (folder / f"{whole.topic}.toml").write_text(text, "utf-8")
    return len(topics)


def main() -> None:
    """Divide the titles of a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.packs.split_japanese")
    parser.add_argument("source", type=Path, metavar="FOLDER", help="one TOML file a topic")
    print(f"{divide(parser.parse_args().source, FOLDER)} topics")


if __name__ == "__main__":
    main()
