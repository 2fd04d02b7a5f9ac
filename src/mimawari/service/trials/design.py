"""The parameters of a trial: each declared once, frozen when the trial starts.

What is sent to start one (`starting`), the options of the commands, the page of a trial and the
table in docs/experiments.md are made from the declarations here.
"""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the type is used
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.evidence import Rule
from mimawari.records.fields import convert, translatable

if TYPE_CHECKING:
    from mimawari.service.trials.models import Trial

BACKTEST, EXPERIMENT, GUARD = "backtest", "experiment", "guard"
MODES: dict[str, object] = {
    BACKTEST: Literal["reuse", "fresh"],
    EXPERIMENT: Literal["safe", "fast", "split"],
    GUARD: Literal["guard"],
}


def _about(
    *kinds: str, otherwise: str = "", offered: bool = True, **defaults: object
) -> dict[str, object]:
    """Say which kinds of trial a parameter is of, and what holds where it is left out.

    Parameters
    ----------
    kinds
        All of them where none is named.
    otherwise
        What it follows from, where no value is its default.
    offered
        Whether whoever starts a trial may set it.
    **defaults
        By kind, where it is not the one of the field.
    """
    return {
        "kinds": kinds or (BACKTEST, EXPERIMENT, GUARD),
        "otherwise": otherwise,
        "offered": offered,
        "defaults": defaults,
    }


Capacity = Annotated[int, Meta(ge=1, title=translatable("capacity K a day"))]
# With more the evidence asked for is next to none: at .9 a trial promotes before any review.
Alpha = Annotated[
    float, Meta(gt=0, le=0.2, title=translatable("chance of promoting a model that is no better"))
]
# Less is of no use to anybody, and the planner's sums do not end for what is next to nothing.
SmallestGain = Annotated[
    float, Meta(ge=0.000_1, lt=1, title=translatable("smallest useful gain in Precision@K"))
]
WindowDays = Annotated[int, Meta(ge=1, le=400, title=translatable("days of history"))]


class Design(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of one trial."""

    mode: Annotated[
        Literal["reuse", "fresh", "safe", "fast", "split", "guard"],
        Meta(
            title=translatable("mode"),
            description="a back-test reuses the champion's labels or asks for `fresh` pairs; an "
            "experiment is `safe`, `fast` (pairs first, at a cost in shared items), or `split`, "
            "the published K/2 + K/2",
            extra=_about(backtest="reuse", experiment="safe", guard="guard"),
        ),
    ]
    capacity: Annotated[
        Capacity,
        Meta(
            le=1_000_000,
            description="K of the lists that are compared",
            extra=_about(otherwise="the topic's"),
        ),
    ]
    alpha: Annotated[Alpha, Meta(extra=_about())] = 0.05
    beta: Annotated[
        float,
        Meta(gt=0, le=0.5, title=translatable("chance of rejecting a useful one"), extra=_about()),
    ] = 0.1
    smallest_gain: Annotated[SmallestGain, Meta(extra=_about())] = 0.03
    minimum_days: Annotated[
        int,
        Meta(
            ge=1,
            le=400,
            title=translatable("days at least"),
            description="days seen before a promotion",
            extra=_about(backtest=14),
        ),
    ] = 3
    phi_limit: Annotated[
        float,
        Meta(
            ge=1,
            title=translatable("variation of days that is let pass"),
            extra=_about(offered=False),
        ),
    ] = 1.1
    most_reviews: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            title=translatable("reviews at most"),
            description="undecided after so many reviews",
            extra=_about(),
        ),
    ] = 5_000
    seed: Annotated[
        int,
        Meta(
            ge=0,
            le=2**32 - 1,
            title=translatable("seed"),
            description="of every random choice",
            extra=_about(otherwise="drawn"),
        ),
    ] = 0
    rare: Annotated[
        bool,
        Meta(
            title=translatable("violations are rare"),
            extra=_about(otherwise="what was decided so far", offered=False),
        ),
    ] = False
    window_start: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                title=translatable("first day of history"),
                extra=_about(BACKTEST, otherwise="so many days before today"),
            ),
        ]
        | None
    ) = None
    window_days: Annotated[WindowDays, Meta(extra=_about(BACKTEST))] = 28
    reviews_per_day: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            title=translatable("reviews a day"),
            description="reviews a day that a back-test may take out of the capacity",
            extra=_about(BACKTEST, otherwise="a quarter of K"),
        ),
    ] = 50
    recheck: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            title=translatable("old labels asked for again"),
            description="old labels asked for again, blind, where they are reused: 149 that agree "
            "are just enough to show that they hold; with 0 whoever starts it vouches for them",
            extra=_about(BACKTEST),
        ),
    ] = 149
    after_version: Annotated[
        int,
        Meta(
            ge=0,
            title=translatable("last listing version before it"),
            extra=_about(EXPERIMENT, GUARD, offered=False),
        ),
    ] = 0
    round_minutes: Annotated[
        int,
        Meta(
            ge=1,
            le=1_440,
            title=translatable("minutes a round"),
            description="minutes that listings gather before their lists are compared",
            extra=_about(EXPERIMENT, GUARD, otherwise="by capacity"),
        ),
    ] = 1_440
    days: Annotated[
        int,
        Meta(
            ge=1,
            le=400,
            title=translatable("days at most"),
            description="undecided after so many days",
            extra=_about(EXPERIMENT, GUARD, guard=28),
        ),
    ] = 60
    carry: Annotated[
        Literal["none", "strict", "pooled"],
        Meta(
            title=translatable("evidence taken over"),
            description="what an experiment takes over from a back-test: `pooled` its evidence "
            "too, if window and today are alike",
            extra=_about(EXPERIMENT, otherwise="strict after a back-test"),
        ),
    ] = "none"
    share: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            title=translatable("share that a guard reviews"),
            extra=_about(GUARD, offered=False),
        ),
    ] = 0.1

    @property
    def rule(self) -> Rule:
        """The rule that ends the trial."""
        return Rule(
            self.capacity,
            self.alpha,
            self.beta,
            self.smallest_gain,
            self.minimum_days,
            self.phi_limit,
        )


def make(kind: str, values: dict[str, object]) -> Design:
    """Check a trial's parameters.

    Raises
    ------
    InvalidInputError
        Naming every parameter that is unknown or out of range.
    """
    mode, modes = values.get("mode"), get_args(MODES[kind])
    problems: tuple[FieldProblem, ...] = ()
    if mode not in modes:
        problems = (FieldProblem("mode", f"is {str(mode)[:20]!r}", f"give {' or '.join(modes)}"),)
        values = {**values, "mode": modes[0]}
    try:
        design = convert(values, Design)
    except InvalidInputError as error:
        problems += error.problems
    if problems:
        raise InvalidInputError(*problems)
    return design


def design_of(trial: Trial) -> Design:
    """Read a trial's parameters, as they were accepted when it started.

    Their bounds were those of that time: today's would leave an old trial without a page.
    """
    values = dict(trial.design)
    if values.get("window_start") is not None:
        values["window_start"] = msgspec.convert(values["window_start"], datetime)
    return Design(**values)
