"""Topic packs: ready-made topic files, as data inside the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["starter"]


def starter() -> tuple[Path, ...]:
    """Give the topic files of the starter pack: 28 topics, English and Japanese.

    The files are a starting point: copy them, change them to your policies and
    laws, and replay them on your own listings before you activate them.

    Returns
    -------
    tuple of Path
        One TOML file a topic, sorted by name; the stem is the topic's key.

    Raises
    ------
    FileNotFoundError
        Where the package was installed without its data.

    Examples
    --------
    >>> len(starter())
    28
    >>> starter()[0].stem
    'accounts_digital'
    """
    folder = Path(str(files(__name__) / "starter"))
    return tuple(sorted(folder.glob("*.toml"), key=lambda path: path.stem)) or _missing(folder)


def _missing(folder: Path) -> tuple[Path, ...]:
    raise FileNotFoundError(
        f"{folder.name}: no topic files; the package was installed without its data, "
        "install mimawari again"
    )
