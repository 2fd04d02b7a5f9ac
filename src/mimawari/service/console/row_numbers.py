"""Numbers of rows in addresses of the console: what no row can have is no address."""

from __future__ import annotations

from django.urls import register_converter


class RowNumberConverter:
    """Digits of a number that every store holds: one of 64 bits has up to 18 without a doubt."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Write it."""
        return str(value)


register_converter(RowNumberConverter, "row")
