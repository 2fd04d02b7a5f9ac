"""The gated multimodal unit: quality beside other ways to fuse, speed, time to train.

    python -m bench gmu [--quick]

Quality: 12,000 products of a fashion catalogue, 49 one-vs-all labels, their words taken out of
the names; random 70/30. As in the paper, the picture encoder is trained alone and then fixed;
every fusion then trains text and fusion together, with the same epochs, widths and seeds.
Thresholds are chosen a label on a sixth of the training part. Writes bench/results/gmu.json.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bench.environment import result, write


def main(quick: bool = False) -> dict[str, Any]:
    """Run all; quickly on a part of the rows, with one seed, which proves little."""
    import torch

    from bench.gmu import quality, speed

    torch.set_num_threads(2)
    quality_aims, table = quality.measure(quick)
    speed_aims, figures = speed.measure(quick)
    found = result([*quality_aims, *speed_aims], {"multimodal": table, "speed": figures})
    if not quick:
        write("gmu", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(quick="--quick" in sys.argv), indent=1, ensure_ascii=False))
