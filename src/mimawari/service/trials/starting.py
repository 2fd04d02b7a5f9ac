"""What is given to start a trial: to the API as a body, to a command as options."""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the types are used
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mimawari.service.trials.design import BACKTEST, EXPERIMENT
from mimawari.service.trials.parameters import Parameter, parameters_of

# PostgreSQL keeps no NUL in a text.
NO_NUL = r"^[^\x00]*$"
Reason = Annotated[
    str,
    Meta(pattern=NO_NUL, min_length=1, max_length=2_000, description="why; kept in the ledger"),
]
Name = Annotated[str, Meta(pattern=NO_NUL, max_length=200)]


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every trial is given; a parameter that is left out follows from the topic."""

    candidate: Annotated[Name, Meta(description="a registered model: TOPIC-HASH")]
    reason: Reason
    family: Annotated[Name, Meta(description="name of the trials that are decided together")] = ""
    again: Annotated[
        str,
        Meta(
            pattern=NO_NUL,
            max_length=2_000,
            description="why days or a back-test whose evidence counted already may count once "
            "more; kept in the ledger with your name, and the trial's error is no longer bounded",
        ),
    ] = ""

    def parameters(self) -> dict[str, object]:
        """Give the parameters of the design that were set."""
        own = {*BacktestFields.__struct_fields__, *ExperimentFields.__struct_fields__}
        values = msgspec.structs.asdict(self)
        return {k: v for k, v in values.items() if k not in own and v is not UNSET}


class BacktestFields(Start, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A back-test to start."""

    trained_until: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="when the candidate's newest label was made, if it does not say so",
            ),
        ]
        | None
    ) = None


class ExperimentFields(Start, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An experiment to start."""

    after: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=2**63 - 1,
                description="number of the back-test whose evidence is taken over",
            ),
        ]
        | None
    ) = None


F = TypeVar("F", bound=Start)


def with_parameters(base: type[F], name: str, kind: str) -> type[F]:
    """Add the parameters of a kind of trial to what else is given."""
    fields = [
        (parameter.field.name, _type(parameter) | UnsetType, UNSET)
        for parameter in parameters_of(kind)
        if parameter.offered
    ]
    joined = msgspec.defstruct(
        name,
        fields,
        bases=(base,),
        namespace={"__doc__": base.__doc__},
        module=__name__,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    assert issubclass(joined, base)
    return joined


def _type(parameter: Parameter) -> object:
    """Give a parameter's type, described with what holds where it is left out."""
    field = parameter.field
    text = field.description or field.title
    left_out = parameter.otherwise or parameter.default
    about = Meta(description=f"{text}; {left_out} by default")
    return Annotated[field.annotation, about]


BacktestStart = with_parameters(BacktestFields, "BacktestStart", BACKTEST)
ExperimentStart = with_parameters(ExperimentFields, "ExperimentStart", EXPERIMENT)
