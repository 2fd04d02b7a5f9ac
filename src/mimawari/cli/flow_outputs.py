"""`mimawari flow argo|selected`: files that are written for others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store_for

if TYPE_CHECKING:
    from mimawari.listings.writers import Labelled

Name = Annotated[str, typer.Argument(help="A run, as 'list' shows it.")]
FLOWS = "train, audit, retrain, backtest, select or monitor."


def selected(
    name: Name,
    topic: Annotated[str, typer.Option(help="One of the run's.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="CSV, JSONL or Parquet file to write.")
    ],
    by: By = None,
) -> None:
    """Write the listings that a run of select chose, to be labelled in a file."""
    open_store_for("exports:read", by)
    from mimawari.listings.writers import write_labelled
    from mimawari.service.flows.runs import by_name
    from mimawari.service.flows.selected import selected as chosen_listings

    rows: list[Labelled] = [
        (listing, {}, {topic: 1 / chosen.probability} if chosen.probability else {})
        for listing, chosen in chosen_listings(by_name(name), topic, acting(by))
    ]
    write_labelled(output, rows, [topic])
    typer.echo(f"{len(rows):,} listings are in {output}. Write 1 or 0 into label:{topic}.")


def argo(
    flow: Annotated[str, typer.Argument(help=FLOWS)],
    image: Annotated[str, typer.Option(help="Image of the pods, with mimawari[flows] in it.")],
    store: Annotated[
        str, typer.Option(help="s3://BUCKET/PREFIX for Metaflow's files; the code is put there.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="JSON file to write.")],
    claim: Annotated[
        str, typer.Option(help="Volume claim that holds the state folder of this host.")
    ] = "mimawari-state",
    mount: Annotated[
        str | None, typer.Option(help="Where pods find it; by default at the same path.")
    ] = None,
) -> None:
    """Write a flow as a WorkflowTemplate of Argo Workflows; asks no cluster, applies nothing."""
    import json
    import tempfile

    from mimawari.flows.argo import Cluster, workflow_template
    from mimawari.service.project.config import load

    path = mount or str(Path(load().state_dir).absolute())
    with tempfile.TemporaryDirectory() as root:
        template = workflow_template(flow, Cluster(image, store, claim, path), Path(root))
    output.write_text(json.dumps(template, indent=2) + "\n", "utf-8")
    typer.echo(f"{output}: kubectl apply -f it; each run is given --parameter request=PATH")
