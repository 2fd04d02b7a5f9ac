"""Reads the text inside pictures (extra ``ocr``), for rules and models that read only text."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture

LEAST_CONFIDENCE = 0.6
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
            f"{onnx}.intra_op_num_threads": threads,
            f"{onnx}.inter_op_num_threads": 1,
            "Global.log_level": "error",
        }
        self._engine: Any = RapidOCR(params=settings)
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)  # a picture without text is no news

    def read(self, picture: Picture, least: float = LEAST_CONFIDENCE) -> tuple[TextLine, ...]:
        """Give the lines of a picture from top to bottom, those below ``least`` left out."""
        found = self._engine(np.ascontiguousarray(_widened(picture.rgb)[..., ::-1]))  # BGR
        pairs = zip(found.txts or (), found.scores or (), strict=True)
        return tuple(TextLine(text, float(sure)) for text, sure in pairs if sure >= least)


def _widened(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pad a thin picture: the engine scales the short side up, and the long one with it."""
    least = max(64, -(-max(rgb.shape[:2]) // 4))
    missing = [(0, max(0, least - side)) for side in rgb.shape[:2]]
    return np.pad(rgb, [*missing, (0, 0)], mode="edge")


def with_picture_text(listing: Listing, lines: Sequence[TextLine]) -> Listing:
    r"""Give the listing with the lines of its pictures as a last paragraph of its description.

    `Listing.text` of the result starts with the listing's own text, so spans within the first
    ``len(listing.text)`` characters point into what the seller wrote, those behind it into
    pictures.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> one = Listing(id="1", version=1, seller_id="s", title="Toy")
    >>> with_picture_text(one, [TextLine("AK-47", 0.9), TextLine("for sale", 0.8)]).text
    'Toy\nAK-47\nfor sale'
    """
    read = "\n".join(line.text for line in lines)[:MOST_CHARACTERS]
    if not read:
        return listing
    own = listing.description
    return msgspec.structs.replace(listing, description=f"{own}\n{read}" if own else read)
