"""Reads the text inside pictures (extra ``ocr``), for rules and models that read only text."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.validation import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture, Pictures

LEAST_CONFIDENCE = 0.6
LONGEST_SIDE = 1_280  # larger pictures are made smaller: time grows with the area
MOST_CHARACTERS = 2_000  # a picture of a page of print must not drown the listing's own text


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text in a picture, and how sure the reader is of it, from 0 to 1."""

    text: str
    confidence: float


class TextReader:
    """Reads lines with PP-OCR models on ONNX Runtime: Latin letters, Japanese and Chinese.

    The models come with the package; nothing is fetched.

    Parameters
    ----------
    threads
        Of ONNX Runtime.

    Raises
    ------
    InvalidInputError
        The extra is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            problem = FieldProblem("ocr", "is not installed", "pip install 'mimawari[ocr]'")
            raise InvalidInputError(problem) from error
        onnx = "EngineConfig.onnxruntime"
        settings = {
            # By default the short side is enlarged: a thin strip would become a huge picture.
            "Det.limit_type": "max",
            "Det.limit_side_len": LONGEST_SIDE,
            f"{onnx}.intra_op_num_threads": threads,
            f"{onnx}.inter_op_num_threads": 1,
            "Global.log_level": "error",
        }
        self._engine = RapidOCR(params=settings)
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)  # a picture without text is no news

    def read(self, picture: Picture, least: float = LEAST_CONFIDENCE) -> tuple[TextLine, ...]:
        """Give the lines of a picture from top to bottom, those below ``least`` left out."""
        from rapidocr.utils.output import RapidOCROutput

        read = self._engine(np.ascontiguousarray(_widened(picture.rgb)[..., ::-1]))  # BGR
        assert isinstance(read, RapidOCROutput), "all of its steps were asked for"
        pairs = zip(read.txts or (), read.scores or (), strict=True)
        return tuple(TextLine(text, float(sure)) for text, sure in pairs if sure >= least)


def _widened(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pad a tiny or thin picture, which the engine would enlarge beyond measure."""
    least = max(64, -(-max(rgb.shape[:2]) // 16))
    missing = [(0, max(0, least - side)) for side in rgb.shape[:2]]
    return np.pad(rgb, [*missing, (0, 0)], mode="edge")


def text_of(lines: Sequence[TextLine]) -> str:
    r"""Join lines to one text, cut to `MOST_CHARACTERS`.

    Examples
    --------
    >>> text_of([TextLine("AK-47", 0.9), TextLine("for sale", 0.8)])
    'AK-47\nfor sale'
    """
    joined = "\n".join(line.text for line in lines)
    return joined.replace("\0", "").encode("utf-8", "ignore").decode()[:MOST_CHARACTERS]


def with_picture_text(listing: Listing, text: str) -> Listing:
    r"""Give the listing with a text that was read in its pictures, behind what came with it.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="Toy")
    >>> with_picture_text(listing, "AK-47").text
    'Toy\nAK-47'
    """
    if not text:
        return listing
    came = listing.picture_text
    whole = f"{came}\n{text}" if came else text
    # No longer than what a file may hold: labels are written, and read again.
    return msgspec.structs.replace(listing, picture_text=whole[: LIMITS["picture_text"]])


def read_pictures(reader: TextReader, pictures: Pictures, listing: Listing) -> Listing:
    """Give the listing with the text of its pictures."""
    lines = [line for picture in pictures.of(listing) for line in reader.read(picture)]
    return with_picture_text(listing, text_of(lines))
