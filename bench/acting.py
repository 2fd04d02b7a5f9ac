"""Who acts in benches."""

from __future__ import annotations

from mimawari.records.principal import Principal

BENCH = Principal.operator("bench")
