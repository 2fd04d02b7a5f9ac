"""`mimawari models neglected`: what is unused, stale, alerted or costly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import open_store
from mimawari.evaluation.neglect.causes import Cause, Remedy
from mimawari.evaluation.neglect.facts import Limits

if TYPE_CHECKING:
    from mimawari.evaluation.neglect.causes import Neglected

app = typer.Typer()
UNUSED, LABELS, RETRAINED = Limits().unused, Limits().labels, Limits().retrained
CAUSES = {
    Cause.FORGOTTEN: "beside the champion, neither compared nor validated since",
    Cause.NEVER_IN_FORCE: "never in force since it was registered",
    Cause.SILENT: "no alert for its scores since",
    Cause.NOT_REVIEWED: "alerts come, and none was decided since",
    Cause.POLICY_CHANGED: "the policy is newer than its labels",
    Cause.LABELS_OLD: "its labels are old",
    Cause.NEVER_RETRAINED: "no newer model was trained since",
    Cause.DATA_ERASED: "the rows of its data set were erased",
    Cause.READINGS_CHANGED: "readings changed since it was trained",
    Cause.SCORES_MOVED: "its scores moved, says alarm",
    Cause.ALERTED: "an alarm is open:",
    Cause.COSTLY: "catches too little beyond the rules for the hours of its upkeep",
}
REMEDIES = {
    Remedy.RETIRE: "mimawari models retire {model} --reason WHY",
    Remedy.UNDEPLOY: "mimawari models undeploy {model} --reason WHY",
    Remedy.RETRAIN: "mimawari flow run retrain --topic {topic}",
    Remedy.ALARM: "mimawari alarms show {alarm}",
    Remedy.REVIEW: "have its queue reviewed",
    Remedy.RULES: "mimawari models rollback {topic} --to rules --reason WHY",
    Remedy.TRAFFIC: "see that listings come, and that the topic has a capacity",
}


@app.command("neglected")
def show(
    unused: Annotated[
        int, typer.Option(min=1, max=3_650, help="Days without a look, an alert or a decision.")
    ] = UNUSED,
    labels: Annotated[
        int, typer.Option(min=1, max=3_650, help="Days after which labels are old.")
    ] = LABELS,
    retrained: Annotated[
        int, typer.Option(min=1, max=3_650, help="Days in which a champion has no newer model.")
    ] = RETRAINED,
) -> None:
    """List what is unused, stale, alerted or costly, with the cause, since when, and what helps."""
    open_store()
    from mimawari.service.monitoring.neglect import MOST_SPARE, neglect

    gathered = neglect(Limits(unused=unused, labels=labels, retrained=retrained))
    table = Table("topic", "model", "cause", "since", "what helps")
    for row in gathered.rows:
        table.add_row(*_cells(row))
    Console().print(table, highlight=False)
    if gathered.more:
        typer.echo(f"More were never in force; the {MOST_SPARE} oldest are shown.")


def _cells(row: Neglected) -> tuple[str, ...]:
    model = f"{row.model} ({row.slot})" if row.slot else row.model
    alarm = row.alarm.number if row.alarm else 0
    about = f"{row.alarm.kind.replace('_', ' ')} ({alarm})" if row.alarm else row.about
    cause = f"{CAUSES[row.cause]} {about}".rstrip()
    helps = REMEDIES[row.remedy].format(model=row.model, topic=row.topic, alarm=alarm)
    return row.topic, model, cause, f"{row.since:%Y-%m-%d}", helps
