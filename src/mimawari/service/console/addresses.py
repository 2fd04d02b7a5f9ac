"""Addresses of data sets, whose versions an artifact may name as it likes."""

from __future__ import annotations

import re

from django.urls import reverse
from django.utils.http import urlencode

VERSION = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


def data_set_address(version: str, since: str = "") -> str:
    """Give the page of a data set, or of its difference from another; nothing for no version."""
    if not VERSION.fullmatch(version) or (since and not VERSION.fullmatch(since)):
        return ""
    query = f"?{urlencode({'from': since})}" if since else ""
    return f"{reverse('console:data_set', args=[version])}{query}"
