"""How long do the steps of a model's life take? Each file here measures one.

python -m bench lifecycle
"""

from __future__ import annotations

from typing import Any

from bench.lifecycle import flows


def main(quick: bool = False) -> dict[str, Any]:
    """Measure all of them."""
    return flows.main(quick)
