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
    full: Annotated[
        bool, typer.Option("--full", help="Keep 32-bit weights: four times the size.")
    ] = False,
) -> None:
    """Write the encoder.onnx and tokenizer.json that 'train --sentences' takes."""
    from mimawari.detectors.sentences.encoder import NETWORK, TOKENIZER
    from mimawari.detectors.sentences.export import export

    try:
        if output.exists() and any(output.iterdir()):
            problem = FieldProblem("--output", f"is not empty: {output}", "name a new folder")
            raise InvalidInputError(problem)
        with Console(stderr=True).status("Exporting, which takes a minute ..."):
            exported = export(model, quantised=not full)
            width = exported.encoder().width
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    output.mkdir(parents=True, exist_ok=True)
    (output / NETWORK).write_bytes(exported.network)
    (output / TOKENIZER).write_bytes(exported.tokenizer)
    size = len(exported.network) / 1e6
    typer.echo(f"An encoder of {width} features, {size:.0f} MB, in {output}.")
