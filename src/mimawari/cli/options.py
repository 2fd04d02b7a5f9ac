"""Options that the commands of trials share."""

from __future__ import annotations

from typing import Annotated

import typer

Candidate = Annotated[str, typer.Argument(help="A registered model: TOPIC-HASH.")]
Number = Annotated[int, typer.Argument(help="The trial's number.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
By = Annotated[str | None, typer.Option(help="Whose account; the system's user by default.")]
Family = Annotated[str, typer.Option(help="Name of the trials that are decided together.")]
Capacity = Annotated[int | None, typer.Option(help="K; the topic's capacity by default.")]
Alpha = Annotated[
    float | None, typer.Option(help="Chance of promoting what is no better; 0.05 by default.")
]
Beta = Annotated[
    float | None, typer.Option(help="Chance of rejecting a useful one; 0.1 by default.")
]
Gain = Annotated[
    float | None, typer.Option(help="Smallest useful gain in Precision@K; 0.03 by default.")
]
MostReviews = Annotated[
    int | None, typer.Option(help="Undecided after so many reviews; 5000 by default.")
]
Seed = Annotated[int | None, typer.Option(help="Of every random choice; drawn by default.")]
