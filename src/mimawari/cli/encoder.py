"""``mimawari encoder``: a sentence encoder as two data files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimawari.errors import FieldProblem, InvalidInputError


def encoder(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write; must be new.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder with config.json, model.safetensors and tokenizer.json; by default "
            "all-MiniLM-L6-v2 (English), which the extra 'encoder' brings.",
        ),
    ] = None,
    multilingual: Annotated[
        bool,
        typer.Option(
            "--multilingual",
            help="multilingual-e5-small instead, which the extra 'multilingual' brings.",
        ),
    ] = False,
    prefix: Annotated[
        str,
        typer.Option(
            "--prefix",
            help="What the model of --from wants before every text: 'query: ' for E5 models.",
        ),
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Keep 32-bit weights: four times the size.")
    ] = False,
) -> None:
    """Write the encoder.onnx and tokenizer.json that 'train --sentences' takes."""
    from mimawari.detectors.sentences.export import export, export_multilingual
    from mimawari.detectors.sentences.fit import NETWORK, TOKENIZER

    try:
        if multilingual and (model or prefix):
            problem = FieldProblem(
                "--multilingual", "brings its own model and prefix", "drop --from and --prefix"
            )
            raise InvalidInputError(problem)
        if output.exists() and any(output.iterdir()):
            problem = FieldProblem("--output", f"is not empty: {output}", "name a new folder")
            raise InvalidInputError(problem)
        with Console(stderr=True).status("Exporting, which takes a minute ..."):
            if multilingual:
                exported = export_multilingual(quantised=not full)
            else:
                exported = export(model, not full, prefix)
            width = exported.encoder().width
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    output.mkdir(parents=True, exist_ok=True)
    (output / NETWORK).write_bytes(exported.network)
    (output / TOKENIZER).write_bytes(exported.tokenizer)
    size = len(exported.network) / 1e6
    typer.echo(f"An encoder of {width} features, {size:.0f} MB, in {output}.")
