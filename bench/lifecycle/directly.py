"""Does what the steps of the flow `retrain` do, in one process: ``directly.py REQUEST``."""

from __future__ import annotations

import sys

from mimawari.flows import stages


def run_directly(request_path: str) -> None:
    """Call the steps' functions in their order."""
    for topics in stages.begin(request_path):
        problems = stages.train(request_path, topics, TimeoutError)
        stages.trained(request_path, [problems], [])
        problems = stages.audit(request_path, topics, TimeoutError)
        stages.finish(request_path, stages.audited(request_path, [problems], []))


if __name__ == "__main__":
    run_directly(sys.argv[1])
