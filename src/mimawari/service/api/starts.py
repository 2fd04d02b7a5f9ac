"""What is sent to start a trial."""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the types are used
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.trials import trials

if TYPE_CHECKING:
    from mimawari.records.principal import Principal
    from mimawari.service.trials.models import Trial

GREATEST = 2**63 - 1
# PostgreSQL keeps no NUL in a text.
Text = Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)]
Name = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=200)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Days = Annotated[int, Meta(ge=1, le=400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Minutes = Annotated[int, Meta(ge=1, le=1_440)]
Seed = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]


class Start(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every trial may be given; what is left out follows from the topic."""

    candidate: Name
    reason: Text
    family: Name = ""
    mode: Name | UnsetType = UNSET
    capacity: Count | UnsetType = UNSET
    alpha: Share | UnsetType = UNSET
    beta: Share | UnsetType = UNSET
    smallest_gain: Share | UnsetType = UNSET
    minimum_days: Days | UnsetType = UNSET
    most_reviews: Count | UnsetType = UNSET
    seed: Seed | UnsetType = UNSET

    around: ClassVar[frozenset[str]] = frozenset({"candidate", "reason", "family"})

    def design(self) -> dict[str, object]:
        """Give the parameters of the design that were set."""
        values = msgspec.structs.asdict(self)
        return {k: v for k, v in values.items() if v is not UNSET and k not in self.around}

    def begin(self, actor: Principal) -> Trial:
        """Start the trial."""
        raise NotImplementedError


class BacktestStart(Start, kw_only=True, forbid_unknown_fields=True):
    """A back-test to start."""

    trained_until: Moment | None = None
    window_start: Moment | UnsetType = UNSET
    window_days: Days | UnsetType = UNSET
    reviews_per_day: Count | UnsetType = UNSET
    recheck: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET

    around: ClassVar[frozenset[str]] = Start.around | {"trained_until"}

    def begin(self, actor: Principal) -> Trial:
        """Start the back-test."""
        topic, design, until = topic_of(self.candidate), self.design(), self.trained_until
        return trials.start_backtest(
            topic, self.candidate, actor, self.reason, until, self.family, **design
        )


class ExperimentStart(Start, kw_only=True, forbid_unknown_fields=True):
    """An experiment to start."""

    after: Annotated[int, Meta(ge=1, le=GREATEST)] | None = None
    carry: Name | UnsetType = UNSET
    round_minutes: Minutes | UnsetType = UNSET
    days: Days | UnsetType = UNSET

    around: ClassVar[frozenset[str]] = Start.around | {"after"}

    def begin(self, actor: Principal) -> Trial:
        """Start the experiment."""
        topic, design, after = topic_of(self.candidate), self.design(), self.after
        return trials.start_experiment(
            topic, self.candidate, actor, self.reason, after, self.family, **design
        )


def topic_of(candidate: str) -> str:
    """Find the topic of a registered model."""
    model = ModelVersion.objects.filter(id=candidate).first()
    if model is None:
        problem = f"{candidate[:80]!r} is not registered"
        raise InvalidInputError(FieldProblem("candidate", problem, "mimawari models add FOLDER"))
    return model.topic
