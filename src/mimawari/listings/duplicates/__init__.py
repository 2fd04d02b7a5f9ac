"""Near-duplicate listings: the same text or picture offered again, by another seller."""

from mimawari.listings.duplicates.index import DuplicateIndex, Match, Nearness, nearness

__all__ = ["DuplicateIndex", "Match", "Nearness", "nearness"]
