"""Who acts in tests."""

from __future__ import annotations

from mimawari.records.principal import Principal

TESTS, EVE, GRACE = (Principal.operator(name) for name in ("tests", "eve", "grace"))
