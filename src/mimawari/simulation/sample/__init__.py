"""The bundled sample of real listings: one part to train on, one to stream.

Both have ``label:TOPIC`` columns; no vendor and no product family is in both parts.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__name__)))
TRAIN = FOLDER / "train.parquet"
STREAM = FOLDER / "stream.parquet"
CHOSEN = FOLDER / "chosen.json"
"""The kind of detector of each topic, as `bench choosing` found on the part to train on."""
