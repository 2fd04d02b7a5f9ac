"""`mimawari read-pictures`, whole: a file and a folder of pictures in, a column out."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.errors import InvalidInputError
from mimawari.listings.disguises.picture import draw
from mimawari.listings.readers import read_listings

ROWS = """id,title,seller_id,image_urls,label:weapons
1,see picture,s,https://img.example/a/1.png,1
2,a cup,s,https://img.example/a/2.png,0
3,,s,,0
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    path = tmp_path / "listings.csv"
    path.write_text(ROWS, "utf-8")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.png").write_bytes(draw("AK-47 for sale"))
    return path


def run(source: Path, *more: str) -> Result:
    words = ["read-pictures", "--from", str(source), "-o", str(source.with_name("read.jsonl"))]
    return CliRunner().invoke(app, [*words, *more])


def test_texts_become_a_column_and_labels_stay(source: Path) -> None:
    found = run(source, "--images", str(source.with_name("images")))
    assert found.exit_code == 0, found.output
    assert "1 of 2 listings have text in their pictures" in found.output
    assert "1 rows of listings.csv are left out" in found.output
    rows = list(read_listings(source.with_name("read.jsonl")))
    assert [row.labels for row in rows] == [{"weapons": 1}, {"weapons": 0}]
    texts = [row.listing.picture_text for row in rows if row.listing]
    assert texts[0].split() == ["AK-47", "for", "sale"]
    assert texts[1] == ""


def test_a_folder_of_other_pictures_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    found = run(source, "--images", str(tmp_path / "others"))
    assert isinstance(found.exception, InvalidInputError)
    assert "--images: holds no picture of these listings" in str(found.exception)
    assert not source.with_name("read.jsonl").exists()


def test_the_file_itself_is_not_overwritten(source: Path) -> None:
    found = run(source, "--images", str(source.with_name("images")), "-o", str(source))
    assert "--output: is the file itself" in str(found.exception)
    assert source.read_text("utf-8") == ROWS
