"""The parameters of each kind of trial, read from their declarations in `design`."""

from __future__ import annotations

from typing import Annotated, get_args

import msgspec

from mimawari.records.fields import Field, fields_of
from mimawari.service.trials.design import MODES, Design


class _About(msgspec.Struct, frozen=True):
    kinds: tuple[str, ...]
    otherwise: str
    offered: bool
    defaults: dict[str, str | int | float]


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of one kind of trial.

    Parameters
    ----------
    default
        What holds where it is left out; None where it follows from something else.
    otherwise
        What it follows from.
    """

    field: Field
    default: object
    otherwise: str
    offered: bool


def parameters_of(kind: str) -> list[Parameter]:
    """Give the parameters of a kind of trial, in their order."""
    parameters = []
    for field in fields_of(Design):
        about = msgspec.convert(field.extra, _About)
        if kind in about.kinds:
            default = None if about.otherwise else about.defaults.get(kind, field.default)
            of_kind = _mode_of(kind, field) if field.name == "mode" else field
            parameters.append(Parameter(of_kind, default, about.otherwise, about.offered))
    return parameters


def _mode_of(kind: str, mode: Field) -> Field:
    """Leave only the modes of one kind of trial."""
    return msgspec.structs.replace(
        mode,
        annotation=Annotated[(MODES[kind], *mode.meta)],
        values=get_args(MODES[kind]),
    )


def defaults_of(kind: str) -> dict[str, object]:
    """Give what holds for a kind of trial where nothing else is said."""
    parameters = parameters_of(kind)
    return {
        parameter.field.name: parameter.default
        for parameter in parameters
        if parameter.default is not None
    }
