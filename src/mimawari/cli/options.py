"""Options that the commands of trials share."""

from __future__ import annotations

from typing import Annotated

import typer

Number = Annotated[int, typer.Argument(help="The trial's number.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
By = Annotated[str | None, typer.Option(help="Whose account; the system's user by default.")]
