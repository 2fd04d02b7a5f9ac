"""The `mimawari` command: every sub-command is imported only when it runs."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

from mimawari.cli import (
    accounts,
    actions,
    admin,
    alarms,
    attack,
    audit,
    backtest,
    banks,
    campaigns,
    cards,
    data,
    decisions,
    demo,
    duplicates,
    edge_cases,
    encoder,
    erase,
    evaluate,
    experiment,
    flow,
    gates,
    history,
    ingest,
    keys,
    labels,
    migrate,
    models,
    neglect,
    plan,
    ps,
    quality,
    rank,
    read_pictures,
    release,
    rescan,
    retention,
    rules,
    run,
    score,
    search,
    second_stage,
    select,
    sellers,
    serve,
    stages,
    topics,
    train,
    webhooks,
    worth,
)
from mimawari.cli.store import storage_problem
from mimawari.errors import InvalidInputError, MimawariError

app = typer.Typer(
    help="Self-hosted content moderation for marketplaces.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("run")(run.run)
app.command("ps")(ps.ps)
app.command("migrate")(migrate.migrate)
app.command("check")(serve.check)
app.command("createadmin")(admin.createadmin)
app.command("ingest")(ingest.ingest)
app.command("train")(train.train)
app.command("encoder")(encoder.encoder)
app.command("evaluate")(evaluate.evaluate)
app.command("attack")(attack.attack)
app.command("score")(score.score)
app.command("select")(select.select)
app.command("rank")(rank.rank)
app.command("read-pictures")(read_pictures.read_pictures)
app.command("duplicates")(duplicates.duplicates)
app.command("plan")(plan.plan)
app.command("worth")(worth.worth)
app.command("retention")(retention.retention)
app.command("erase")(erase.erase)
app.add_typer(quality.app, name="quality")
app.add_typer(topics.app, name="topics")
app.add_typer(rules.app, name="rules")
models.app.add_typer(stages.app)
models.app.add_typer(cards.app)
models.app.add_typer(neglect.app)
app.add_typer(models.app, name="models")
app.add_typer(gates.app, name="gates")
app.add_typer(actions.app, name="actions")
app.add_typer(alarms.app, name="alarms")
app.add_typer(sellers.app, name="sellers")
app.add_typer(banks.app, name="banks")
app.add_typer(backtest.app, name="backtest")
app.add_typer(experiment.app, name="experiment")
app.add_typer(release.app, name="release")
app.add_typer(rescan.app, name="rescan")
app.add_typer(accounts.app, name="accounts")
app.add_typer(keys.app, name="keys")
app.add_typer(labels.app, name="labels")
app.add_typer(data.app, name="data")
app.add_typer(campaigns.app, name="campaigns")
app.add_typer(edge_cases.app, name="edge-cases")
app.add_typer(flow.app, name="flow")
app.add_typer(history.app, name="history")
app.add_typer(decisions.app, name="decisions")
app.add_typer(audit.app, name="audit")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(search.app, name="search")
app.add_typer(second_stage.app, name="second-stage")


def main() -> None:
    """Run a command; errors meant for users are shown without a traceback."""
    try:
        _apply_settings()
        app()
    except InvalidInputError as error:
        _end(*error.problems)
    except MimawariError as error:
        _end(error)
    except OSError as error:
        _end(storage_problem(error))
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        _end(storage_problem(error))


def _apply_settings() -> None:
    """Use the operator's readings and kinds of detectors, where there could be any, everywhere."""
    named = {"MIMAWARI_READINGS", "MIMAWARI_DETECTOR_KINDS", "MIMAWARI_CONFIG"}
    if named & set(os.environ):
        from mimawari.service.project import config

        settings = config.load()
        config.apply_readings(settings)
        config.apply_kinds(settings)


def _end(*problems: object) -> NoReturn:
    """Show problems, whose words may be those of a file, and end with exit code 1."""
    errors = Console(stderr=True)
    for problem in problems:
        text = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in str(problem))
        errors.print(Text("error", "red"), Text(text), soft_wrap=True)
    sys.exit(1)


def _is_of_the_database(error: Exception) -> bool:
    """Whether Django raised it about the database; asks no command to import Django."""
    django = sys.modules.get("django.db.utils")
    return django is not None and isinstance(error, django.Error)
