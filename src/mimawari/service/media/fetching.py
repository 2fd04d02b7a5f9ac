"""One try to keep one picture: fetched, looked at, stored; no database."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.media.faults import FetchError
from mimawari.listings.media.hashes import PdqHash
from mimawari.listings.media.inspection import Refused
from mimawari.listings.media.inspectors import Inspectors
from mimawari.service.media.origins import allowed

if TYPE_CHECKING:
    from mimawari.listings.media.fetch import Fetcher
    from mimawari.listings.media.store import MediaStore

logger = logging.getLogger(__name__)
NO_PICTURE, NOT_ALLOWED, STORAGE = "no_picture", "not_allowed", "storage"
# Two at a time, whatever the number of threads: each may take some hundred megabytes.
_inspectors = Inspectors(2)


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
        fetched = _inspected(data, field)
        store.put(data)
    except FetchError as error:
        return FailedFetch(error.fault, str(error), error.passing)
    except InvalidInputError as error:
        return FailedFetch(NO_PICTURE, str(error))
    except OSError as error:
        logger.error("%s cannot be stored: %s", field, error)  # noqa: TRY400  # says it all
        return FailedFetch(STORAGE, f"{field}: {error}", passing=True, counts=False)
    return fetched


def _inspected(data: bytes, field: str) -> FetchedPicture:
    """Have a picture looked at in another process.

    Raises
    ------
    InvalidInputError
        It is none, or takes too much to decode.
    """
    look = _inspectors.look(data)
    if isinstance(look, Refused):
        raise InvalidInputError(FieldProblem(field, look.problem, look.remedy))
    known = PdqHash(look.pdq, look.quality)
    return FetchedPicture(look.sha256, len(data), look.width, look.height, known)
