from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.disguises.picture import PICTURE, DrawnPictures
from mimawari.listings.listing import Listing
from mimawari.listings.media.ocr import (
    MOST_CHARACTERS,
    TextLine,
    TextReader,
    read_pictures,
    text_of,
    with_picture_text,
)
from mimawari.listings.media.pictures import Picture
from mimawari.listings.validation import LIMITS, validate

TOY = Listing(id="1", version=1, seller_id="s", title="Toy", description="As new.")


@pytest.fixture(scope="module")
def reader() -> TextReader:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    return TextReader()


def drawn(*lines: str) -> Picture:
    image = Image.new("RGB", (420, 40 + 70 * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    for at, line in enumerate(lines):
        pen.text((20, 20 + 70 * at), line, font=ImageFont.load_default(40), fill="darkred")
    return Picture("0" * 64, np.asarray(image))


def test_lines_are_read_from_top_to_bottom(reader: TextReader) -> None:
    lines = reader.read(drawn("AK-47 for sale", "call 555 0199"))
    assert [line.text for line in lines] == ["AK-47 for sale", "call 555 0199"]
    assert all(0.6 <= line.confidence <= 1 for line in lines)


def test_unsure_lines_are_left_out(reader: TextReader) -> None:
    assert reader.read(drawn("AK-47 for sale"), least=1.01) == ()


@pytest.mark.parametrize("shape", [(8, 8, 3), (60, 80, 3), (8, 900, 3), (900, 8, 3)])
def test_a_picture_without_text_gives_no_lines(
    reader: TextReader, shape: tuple[int, int, int]
) -> None:
    assert reader.read(Picture("0" * 64, np.full(shape, 255, np.uint8))) == ()


def test_a_detector_reads_it_and_spans_tell_own_text_from_pictures(reader: TextReader) -> None:
    read = with_picture_text(TOY, text_of(reader.read(drawn("AK-47 for sale"))))
    text = ListingBatch.of([read]).texts.text(0)
    assert "ak47" in text.replace(" ", "").replace("-", "")
    assert read.text.startswith(TOY.text)
    behind = read.text[len(TOY.text) :]
    assert behind.split() == ["AK-47", "for", "sale"]  # found as one line or as two


def test_no_lines_change_nothing() -> None:
    assert with_picture_text(TOY, text_of([])) is TOY


def test_a_page_of_print_is_cut() -> None:
    assert len(text_of([TextLine("x" * 10_000, 0.9)])) == MOST_CHARACTERS


def test_what_no_database_takes_is_left_out() -> None:
    assert text_of([TextLine("a\0b\ud800c", 0.9)]) == "abc"


def test_text_that_came_with_the_listing_stays_in_front() -> None:
    came = with_picture_text(TOY, "own reading")
    assert with_picture_text(came, "ours").picture_text == "own reading\nours"


def test_the_whole_stays_a_valid_listing() -> None:
    full = with_picture_text(TOY, "x" * LIMITS["picture_text"])
    assert validate(with_picture_text(full, "ours")) == ()


def test_a_disguise_in_a_picture_is_read(reader: TextReader) -> None:
    hidden = PICTURE(TOY, np.random.default_rng(1))
    assert "Toy" not in hidden.text
    assert read_pictures(reader, DrawnPictures(), hidden).picture_text.split() == TOY.text.split()


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(InvalidInputError, match=r"pip install 'mimawari\[ocr\]'"):
        TextReader()
