"""Which pictures are kept: those of the origins that the operator named."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable


def keeps_pictures() -> bool:
    """Whether any picture is kept at all."""
    return bool(settings.CONFIG.image_snapshots and settings.CONFIG.image_origins)


def allowed(url: str, origins: Iterable[str]) -> bool:
    """Whether a picture's link begins with one of the origins, and not only looks like it.

    Examples
    --------
    >>> allowed("https://img.example/a.jpg", ["https://img.example"])
    True
    >>> allowed("https://img.example@other.example/a.jpg", ["https://img.example"])
    False
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # for example an unclosed IPv6 bracket
        return False
    return f"{parts.scheme}://{parts.netloc}" in set(origins)
