"""Options that training and its evaluation share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Least = Annotated[int, typer.Option(help="Fewest positives to train from.", min=2)]
Capacity = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="K: alerts over all these listings; by default the topic's capacity a day times the "
        "days that they cover.",
    ),
]
RulesFile = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        help="The topic's file; by default that of the store, with --from of the starter pack.",
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(
        help="Folder of pictures, named like the last part of each image address; without --from "
        "those that were kept."
    ),
]
Encoder = Annotated[
    Path | None,
    typer.Option(help="ONNX file of a picture encoder; without one, a small one is trained."),
]
Sentences = Annotated[
    Path | None,
    typer.Option(help="Folder of a sentence encoder, which 'mimawari encoder' writes."),
]
Earlier = Annotated[
    Path | None,
    typer.Option(
        help="File of the labels of earlier rounds, which are in --from too: says what those added "
        "since changed. train makes no model of labels that made it worse."
    ),
]
Augment = Annotated[
    bool | None,
    typer.Option(
        "--augment/--no-augment",
        help="Train text scores on disguised copies too: more is found when sellers hide. By "
        "default where they cost nothing beyond noise.",
        show_default=False,
    ),
]
HiddenShare = Annotated[
    float,
    typer.Option(
        help="Share of the violations that sellers disguise, for that decision.", min=0, max=1
    ),
]
