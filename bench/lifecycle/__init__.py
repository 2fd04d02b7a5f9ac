"""How long do the steps of a model's life take? Each file here measures one.

python -m bench lifecycle
"""

from __future__ import annotations

from typing import Any

from bench.lifecycle import flows


def main(quick: bool = False) -> dict[str, Any]:
    """Measure all of them."""
    from bench.lifecycle import drift

    reports = [measure(quick) for measure in (flows.main, drift.main)]
    return {"aims": [one for report in reports for one in report["aims"]]}
