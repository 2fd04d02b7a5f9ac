"""An example: a kind of detector for mimawari in a package of its own."""

from __future__ import annotations

from mimawari_word_weights.kind import KIND

__all__ = ["KIND"]
