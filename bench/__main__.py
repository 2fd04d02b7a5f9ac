"""Run benches and print one table: ``python -m bench [NAME ...] [--quick]``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import bench


def names() -> list[str]:
    """Find the modules that have a ``main``, importing none: some want the service set up."""
    found = sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if m.name != "__main__")
    return [name for name in found if "\ndef main(" in _source(name)]


def _source(name: str) -> str:
    spec = importlib.util.find_spec(f"bench.{name}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text("utf-8")


def measure(name: str, quick: bool) -> dict[str, Any]:
    """Run one bench; those that know no quick run are run whole."""
    main = importlib.import_module(f"bench.{name}").main
    return main(quick=quick) if "quick" in inspect.signature(main).parameters else main()


def main() -> int:
    """Run the benches asked for; the exit status says whether all aims were met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    parser.add_argument("--quick", action="store_true", help="less data, rougher figures")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(names()):
        parser.error(f"no bench named {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    table = Table("bench", "measure", "aim", "measured", "met", title="Benches")
    missed = 0
    for name in asked.names or names():
        for one in measure(name, asked.quick).get("aims", []):
            missed += not one["met"]
            met = "[green]yes[/]" if one["met"] else "[red]no[/]"
            table.add_row(name, one["measure"], f"{one['aim']:,}", f"{one['measured']:,}", met)
    Console().print(table)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
