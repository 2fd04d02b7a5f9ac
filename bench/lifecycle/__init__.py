"""What does a model's life cost beside scoring? Each file here measures one part.

python -m bench lifecycle
python -m bench.lifecycle.history    (one of them)
"""

from __future__ import annotations

from typing import Any

from bench.environment import result
from bench.lifecycle import flows, history


def main(quick: bool = False) -> dict[str, Any]:
    """Measure all of them; each writes its own file."""
    from bench.lifecycle import drift, second_stage

    measured = (flows, history, drift, second_stage)
    parts = {part.__name__.rpartition(".")[2]: part.main(quick) for part in measured}
    aims = [one for report in parts.values() for one in report["aims"]]
    return result(aims, {name: report["figures"] for name, report in parts.items()})
