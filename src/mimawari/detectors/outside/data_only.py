"""Files of a folder may hold data, never code: what is no known form of data is refused."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from mimawari.detectors.sealed import refuse

if TYPE_CHECKING:
    from mimawari.detectors.sealed import Sealed

SUFFIXES = (
    ".csv",
    ".json",
    ".jsonl",
    ".npy",
    ".onnx",
    ".parquet",
    ".safetensors",
    ".toml",
    ".txt",
    ".yaml",
)
# Pickles since protocol 2, and what the system runs.
CODE = (*(bytes([0x80, protocol]) for protocol in range(2, 8)), b"\x7fELF", b"MZ", b"#!")


def require_data(sealed: Sealed) -> None:
    """Refuse a folder with a file that is no data.

    Raises
    ------
    InvalidInputError
        Of the first such file.
    """
    for name, contents in sealed.contents.items():
        path = sealed.folder / name
        if not name.endswith(SUFFIXES):
            problem = "is of no form that is known to hold data alone"
            raise refuse(path, problem, f"write one of {', '.join(SUFFIXES)}")
        if contents.startswith(CODE) or (name.endswith(".npy") and _holds_objects(contents)):
            raise refuse(path, "holds code", "write numbers and texts, not a pickle")


def _holds_objects(contents: bytes) -> bool:
    """Whether an array's file needs pickle to be read, or is no array's file."""
    import numpy as np

    try:
        np.load(io.BytesIO(contents), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return True
    return False
