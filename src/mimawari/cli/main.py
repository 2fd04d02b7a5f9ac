"""The `mimawari` command: every sub-command is imported only when it runs."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from mimawari.cli import (
    admin,
    demo,
    evaluate,
    ingest,
    keys,
    labels,
    ledger,
    models,
    rules,
    score,
    serve,
    topics,
    train,
)
from mimawari.errors import InvalidInputError, MimawariError

app = typer.Typer(
    help="Self-hosted content moderation for marketplaces.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("check")(serve.check)
app.command("createadmin")(admin.createadmin)
app.command("ingest")(ingest.ingest)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("score")(score.score)
app.add_typer(topics.app, name="topics")
app.add_typer(rules.app, name="rules")
app.add_typer(models.app, name="models")
app.add_typer(keys.app, name="keys")
app.add_typer(labels.app, name="labels")
app.add_typer(ledger.app, name="ledger")


def main() -> None:
    """Run a command; errors meant for users are shown without a traceback."""
    errors = Console(stderr=True)
    try:
        app()
    except InvalidInputError as error:
        for problem in error.problems:
            errors.print(f"[red]error[/] {problem}", highlight=False, markup=True)
        sys.exit(1)
    except MimawariError as error:
        errors.print(f"[red]error[/] {error}", highlight=False)
        sys.exit(1)
