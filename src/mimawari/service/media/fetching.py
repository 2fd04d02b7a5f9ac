"""One try to keep one picture: fetched, looked at, stored; no database."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from mimawari.errors import InvalidInputError
from mimawari.listings.media.faults import FetchError
from mimawari.service.media.origins import allowed

if TYPE_CHECKING:
    from mimawari.listings.media.fetch import Fetcher
    from mimawari.listings.media.hashes import PdqHash
    from mimawari.listings.media.store import MediaStore

logger = logging.getLogger(__name__)
NO_PICTURE, NOT_ALLOWED, STORAGE = "no_picture", "not_allowed", "storage"
# A picture may be 40 million pixels large: one at a time, whatever the number of threads.
_decoding = threading.Lock()


@dataclass(frozen=True, slots=True)
class FetchedPicture:
    """A picture that is in the store."""

    sha256: str
    bytes: int
    width: int
    height: int
    hash: PdqHash


@dataclass(frozen=True, slots=True)
class FailedFetch:
    """Why a picture is not in the store.

    Parameters
    ----------
    passing
        Whether a later try can help.
    counts
        Whether the try counts against the picture: a full disk of ours does not.
    """

    fault: str
    problem: str
    passing: bool = False
    counts: bool = True


def fetch_and_store(
    fetcher: Fetcher, store: MediaStore, url: str, field: str
) -> FetchedPicture | FailedFetch:
    """Fetch a picture, look whether it is one, and store its bytes as they came."""
    if not allowed(url, settings.CONFIG.image_origins):
        return FailedFetch(NOT_ALLOWED, f"{field}: its origin is in image_origins no more")
    try:
        data = fetcher.fetch(url, field).data
        with _decoding:
            fetched = _decoded(data, field)
        store.put(data)
    except FetchError as error:
        return FailedFetch(error.fault, str(error), error.passing)
    except InvalidInputError as error:
        return FailedFetch(NO_PICTURE, str(error))
    except OSError as error:
        logger.error("%s cannot be stored: %s", field, error)  # noqa: TRY400  # says it all
        return FailedFetch(STORAGE, f"{field}: {error}", passing=True, counts=False)
    return fetched


def _decoded(data: bytes, field: str) -> FetchedPicture:
    # Pillow and SciPy only where pictures are.
    from mimawari.listings.media.decode import decode
    from mimawari.listings.media.hashes import pdq

    picture = decode(data, field)
    height, width = picture.rgb.shape[:2]
    return FetchedPicture(picture.sha256, len(data), width, height, pdq(picture))
