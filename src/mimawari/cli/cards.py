"""`mimawari models card|sign|statement`: a model told, signed and handed over to others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from mimawari.cli.store import acting, open_store

app = typer.Typer(help="What others are given of a model.", no_args_is_help=True)
Version = Annotated[str, typer.Argument(help="A registered model.")]
By = Annotated[str | None, typer.Option(help="Whose account; the system's user by default.")]
Form = Annotated[
    Literal["markdown", "cyclonedx", "json"],
    typer.Option("--format", help="How it is written."),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="A file in place of this.")]


@app.command()
def card(
    version: Version,
    form: Annotated[
        Literal["markdown", "cyclonedx", "json"],
        typer.Option("--format", help="How it is written."),
    ] = "markdown",
    output: Output = None,
) -> None:
    """Write a model's card: what it is, what it was made from, how good it was."""
    open_store()
    from mimawari.evaluation.cards import as_cyclonedx, card_markdown
    from mimawari.service.releases.cards import card_of

    known = card_of(version)
    if form == "markdown":
        _write(card_markdown(known), output)
    else:
        plain = as_cyclonedx(known) if form == "cyclonedx" else known
        _write(msgspec.json.format(msgspec.json.encode(plain)).decode() + "\n", output)


@app.command()
def sign(
    version: Version,
    output: Annotated[Path, typer.Option("-o", "--output", help="The signature's file.")],
    public_key: Annotated[Path, typer.Option(help="A file for the key to check it with.")],
    by: By = None,
) -> None:
    """Sign a model's folder in the form that 'model_signing verify' reads."""
    open_store()
    from mimawari.service.releases.attesting import sign_model

    signed = sign_model(version, acting(by))
    output.write_bytes(signed.bundle + b"\n")
    public_key.write_text(signed.public_key, "ascii")
    typer.echo(f"{output} signs {signed.folder}; {public_key} checks it:")
    command = f"model_signing verify key {signed.folder} --signature {output}"
    typer.echo(f"  {command} --public_key {public_key}")


@app.command()
def statement(
    version: Version,
    signed: Annotated[bool, typer.Option("--signed", help="In signed bundles.")] = False,
    output: Output = None,
    by: By = None,
) -> None:
    """Write an in-toto statement of each of a model's releases, one a line."""
    open_store()
    from mimawari.service.releases.attesting import release_statements, sign_statements

    if signed:
        lines = sign_statements(version, acting(by))
    else:
        lines = [msgspec.json.encode(statement) for statement in release_statements(version)]
    _write("".join(f"{line.decode()}\n" for line in lines), output)


@app.command()
def export(
    version: Version,
    tracking: Annotated[str, typer.Option(help="Address of MLflow's tracking store.")],
    to: Annotated[Literal["mlflow"], typer.Option(help="What takes it.")] = "mlflow",
    by: By = None,
) -> None:
    """Hand a model over to MLflow: its folder, figures, lineage and card, as one run."""
    open_store()
    from mimawari.service.releases.mlflow_export import export_to_mlflow

    made = export_to_mlflow(version, tracking, acting(by))
    was = "was there already" if made.existed else "is there"
    typer.echo(f"{version} {was} as {to} run {made.run}.")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        typer.echo(f"{output} is written.")
