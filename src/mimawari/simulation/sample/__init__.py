"""The bundled sample of real listings that the demo trains on and streams."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SAMPLE = Path(str(files(__name__))) / "sample.parquet"
"""Listings with ``label:TOPIC`` columns; ``part`` says which train and which are streamed."""
