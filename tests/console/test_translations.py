"""Everything the console says is said in Japanese too, and what is compiled is what is written."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from tests.console.catalogue import (
    CATALOGUES,
    read_po,
    said_in_code,
    said_in_templates,
    translated,
)

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%s")


def test_the_collection_finds_what_is_there() -> None:
    assert "Violates" in set(said_in_code())
    assert "%(days)s day" in set(said_in_code())
    assert "Nothing left to review" in set(said_in_templates())
    assert "Show the %(counter)s skipped item again" in set(said_in_templates())


def test_every_text_is_translated_and_none_is_left_over() -> None:
    said = {*said_in_code(), *said_in_templates()}
    answered = {text for text, translations in translated().items() if all(translations or [""])}
    assert said - answered == set(), "texts without a translation in locale/ja"
    assert answered - said == set(), "translations of texts that nothing says any more"


def test_translations_keep_the_placeholders() -> None:
    for text, translations in translated().items():
        for one in translations:
            assert sorted(PLACEHOLDER.findall(one)) == sorted(PLACEHOLDER.findall(text)), text


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, translations in read_po(path).items():
        if text:
            said = {compiled.gettext(text), compiled.ngettext(text, text, 1)}
            assert translations[0] in said, f"{text!r}: run 'make docs'"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('msgid "a"\nmsgstr "b"', {"a": ["b"]}),
        ('msgid ""\n"a "\n"b"\nmsgstr ""\n"c\\n"', {"a b": ["c\n"]}),
        ('#, fuzzy\nmsgid "a"\nmsgstr "b"', {"a": []}),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr[0] "b"', {"a": ["b"]}),
        ('msgid "say \\"a\\""\nmsgstr "あ"', {'say "a"': ["あ"]}),
    ],
)
def test_the_reader_reads(written: str, read: dict[str, list[str]], tmp_path: Path) -> None:
    path = tmp_path / "a.po"
    path.write_text(f"{written}\n", "utf-8")
    assert read_po(path) == read
