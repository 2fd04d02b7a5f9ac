"""What trainings decided by themselves: disguised copies, trees that were dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.copies import CopiesWorth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mimawari.records.lineage import Lineage

NONE = "no disguised copies are learnt"


@dataclass(frozen=True)
class Trained:
    """Lineages of the models of the folds and of the whole, by kind."""

    folds: dict[str, list[Lineage]] = field(default_factory=dict)
    whole: dict[str, Lineage] = field(default_factory=dict)

    def of_folds(self) -> tuple[str, ...]:
        """Give remarks for the card; kinds that decided alike share one."""
        return _shared({name: _of_folds(models) for name, models in self.folds.items()})

    def of_whole(self) -> tuple[str, ...]:
        """Give remarks on the models that were trained on all rows."""
        return _shared({name: _of_model(lineage) for name, lineage in self.whole.items()})


def _shared(by_kind: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    kinds: dict[str, list[str]] = {}
    for name, remarks in by_kind.items():
        for remark in remarks:
            kinds.setdefault(remark, []).append(name)
    return tuple(f"{', '.join(names)}: {remark}" for remark, names in kinds.items())


def _of_model(lineage: Lineage) -> list[str]:
    remarks = []
    if lineage.copies is not None:
        remarks.append(str(_worth(lineage)))
    else:
        remarks.append(_as_asked(lineage))
    if lineage.dropped:
        remarks.append(f"trees were dropped: {lineage.dropped}; this is the text score alone")
    return remarks


def _as_asked(lineage: Lineage) -> str:
    asked = (lineage.settings or {}).get("augmentation") is not None
    return "disguised copies are learnt, as asked" if asked else f"{NONE}, as asked"


def _of_folds(models: Sequence[Lineage]) -> list[str]:
    return [*_copies(models), *_dropped(models)]


def _copies(models: Sequence[Lineage]) -> list[str]:
    measured = [_worth(model) for model in models if model.copies is not None]
    if not measured:
        return [_as_asked(models[0])] if models else []
    times = sum(worth.learnt for worth in measured)
    gain, plain, seen, unseen = (
        float(np.mean([getattr(worth, name) for worth in measured]))
        for name in ("gain", "plain", "seen", "unseen")
    )
    return [
        f"disguised copies are learnt in {times} of {len(measured)} folds: with "
        f"{measured[0].share:.0%} of violations disguised they change AUPRC by {gain:+.3f} "
        f"({plain:+.3f} while nobody hides, {seen:+.3f} under disguises that are learnt, "
        f"{unseen:+.3f} under others)"
    ]


def _dropped(models: Sequence[Lineage]) -> list[str]:
    reasons = Counter(model.dropped for model in models if model.dropped)
    if not reasons:
        return []
    why = "; ".join(f"{reason} ({times})" for reason, times in reasons.most_common())
    same = "; it scores as the text score alone" if reasons.total() == len(models) else ""
    return [f"trees were dropped in {reasons.total()} of {len(models)} folds: {why}{same}"]


def _worth(lineage: Lineage) -> CopiesWorth:
    return msgspec.convert(lineage.copies, CopiesWorth)
