"""The part of the OpenAPI document that is about trials."""

from __future__ import annotations

from typing import Any

from mimawari.service.accounts.keys import Scope
from mimawari.service.api.operations import JSON, content, operation
from mimawari.service.api.reviews import GREATEST
from mimawari.service.api.trials import (
    BacktestWish,
    Decided,
    ExperimentWish,
    Finished,
    Together,
    Why,
)
from mimawari.service.trials.planning import Planned, PlanWish
from mimawari.service.trials.told import TrialsTold, TrialTold

WISHES = (BacktestWish, ExperimentWish, Why, Together)
TRIAL_TYPES = (*WISHES, PlanWish, Planned, Finished, Decided, TrialTold, TrialsTold)
WRONG = {"413": "The body is over the limit", "422": "Problems, all of them"}
UNKNOWN = {"404": "Unknown trial"}


def trial_paths() -> dict[str, Any]:
    """Describe the routes of `trials`."""
    return {
        **_paths("/api/v1/backtests", "back-test", "BacktestWish"),
        **_paths("/api/v1/experiments", "experiment", "ExperimentWish"),
        "/api/v1/experiments/{trial}:finish": {
            "post": operation(
                "Bring in force what an experiment or guard decided.",
                Scope.WRITE_TRIALS,
                {"200": ("In force", "Finished", JSON)},
                {**WRONG, **UNKNOWN},
                parameters=_number(),
                requestBody=_body("Why"),
            )
        },
        "/api/v1/plan": {
            "post": operation(
                "What a comparison will cost in reviews and days, by design.",
                Scope.READ_TRIALS,
                {"200": ("The plan", "Planned", JSON)},
                WRONG,
                requestBody=_body("PlanWish"),
            )
        },
        "/api/v1/experiments:decide": {
            "post": operation(
                "End the trials of a family together, false promotions bounded over all of them.",
                Scope.WRITE_TRIALS,
                {"200": ("What became of each", "Decided", JSON)},
                WRONG,
                requestBody=_body("Together"),
            )
        },
    }


def _number() -> list[dict[str, Any]]:
    schema = {"type": "integer", "minimum": 1, "maximum": GREATEST}
    return [{"name": "trial", "in": "path", "required": True, "schema": schema}]


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": content(name)}


def _paths(path: str, kind: str, wish: str) -> dict[str, Any]:
    read, write = Scope.READ_TRIALS, Scope.WRITE_TRIALS
    told = {"200": ("Everything known of it", "TrialTold", JSON)}
    return {
        path: {
            "get": operation(
                f"The {kind}s, those that run first.", read,
                {"200": ("The list", "TrialsTold", JSON)}, WRONG,
            ),
            "post": operation(
                f"Start a {kind}.", write, {"201": ("Started", "TrialTold", JSON)}, WRONG,
                requestBody=_body(wish),
            ),
        },
        f"{path}/{{trial}}": {
            "get": operation(
                f"State, evidence and events of a {kind}.", read, told, {**WRONG, **UNKNOWN},
                parameters=_number(),
            )
        },
        f"{path}/{{trial}}:stop": {
            "post": operation(
                f"Stop a {kind} before its decision.", write, told, {**WRONG, **UNKNOWN},
                parameters=_number(), requestBody=_body("Why"),
            )
        },
    }  # fmt: skip
