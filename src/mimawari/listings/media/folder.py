"""Pictures of a folder, for training from files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.media.pictures import MappedPictures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture


def name_of(url: str) -> str:
    """Give the last part of an address's path: the name under which its picture is looked for.

    Examples
    --------
    >>> name_of("https://img.example/a/b/1.jpg?size=2")
    '1.jpg'
    """
    return PurePosixPath(unquote(urlsplit(url).path)).name


class FolderPictures:
    """The picture of an address is the folder's file of the same name.

    Raises
    ------
    InvalidInputError
        There is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            remedy = "name a folder with files named like the last part of each image address"
            raise InvalidInputError(FieldProblem("--images", f"is no folder: {folder}", remedy))
        self._folder = folder

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Decode the pictures of a listing; what is not there or no picture is left out."""
        data = {url: self._read(url) for url in listing.image_urls}
        pictures = MappedPictures(
            {url: content for url, content in data.items() if content is not None}
        )
        return pictures.of(listing)

    def _read(self, url: str) -> bytes | None:
        path = self._folder / name_of(url)
        # The last part of a path holds no slash, so this stays inside of the folder.
        return path.read_bytes() if name_of(url) and path.is_file() else None

    def seen(self, listings: Iterable[Listing]) -> int:
        """Count the listings of which at least one picture's file is there."""
        readable = (
            any(self._read(url) is not None for url in listing.image_urls) for listing in listings
        )
        return sum(readable)
