"""`python -m mimawari`."""

from __future__ import annotations

from mimawari.cli.main import main

main()
