"""Labels of listing versions by number, as they are written into a run's folder."""

from __future__ import annotations

from functools import cached_property

import msgspec

LABELS = "labels.json"


class KnownLabels(msgspec.Struct, frozen=True, dict=True):
    """What was known of a topic when the run was asked for.

    Parameters
    ----------
    numbers, values
        Of versions, and what each is: 1 violates, 0 does not.
    learnt
        Labels that are left out, as one of the models has learnt from them.
    apart
        Numbers of versions that are labelled, and judge nothing.
    """

    numbers: tuple[int, ...]
    values: tuple[int, ...]
    learnt: int = 0
    apart: tuple[int, ...] = ()

    @cached_property
    def by_number(self) -> dict[int, int]:
        """Look a label up by the number of its version."""
        return dict(zip(self.numbers, self.values, strict=True))

    @property
    def all_numbers(self) -> tuple[int, ...]:
        """Give every version that has a label."""
        return self.numbers + self.apart
