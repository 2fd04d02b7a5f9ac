"""Metaflow as a child process: a flow's file run or resumed, in a folder of all runs.

Metaflow keeps its files below the working directory, so every run of an installation is started
in the same one; nothing of the user's own configuration of Metaflow is read there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mimawari.detectors.outside import for_child_process
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.flows.run_folder import RunFolder

FLOWS = {
    "train": "TrainFlow",
    "audit": "AuditFlow",
    "retrain": "RetrainFlow",
    "backtest": "BacktestFlow",
    "select": "SelectFlow",
    "monitor": "MonitorFlow",
}
"""Flows by the name that commands use, and Metaflow's own name of each."""
FIRST = {
    "train": "train",
    "audit": "audit",
    "retrain": "train",
    "backtest": "replay",
    "select": "choose",
    "monitor": "count",
}
"""The step that is run again where a run failed and not only its process was ended."""
RUN_ID = "metaflow_run"
LOG = "flow.log"


@dataclass(frozen=True, slots=True)
class Launch:
    """A flow that is to be run in a folder.

    Parameters
    ----------
    root
        Working directory of all runs; ``.metaflow`` is made there.
    workers
        Tasks at the same time.
    """

    flow: str
    run: RunFolder
    root: Path
    workers: int = 1

    def start(self, earlier: str | None = None, step: str | None = None) -> subprocess.Popen[bytes]:
        """Start the flow; of an ``earlier`` Metaflow run what was done is not done again.

        It ends when this thread does, however that ends.

        Parameters
        ----------
        step
            Where an earlier run goes on from; where it was ended by default.

        Raises
        ------
        InvalidInputError
            Metaflow is not installed.
        """
        require_metaflow()
        self.root.mkdir(parents=True, exist_ok=True)
        (self.run.path / RUN_ID).unlink(missing_ok=True)
        return subprocess.Popen(  # noqa: S603  # our own file, by this interpreter
            self.command(earlier, step),
            cwd=self.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it is ended with all its tasks, by their group
        )

    def command(self, earlier: str | None = None, step: str | None = None) -> list[str]:
        """Give the command line."""
        file = str(files("mimawari.flows.graphs").joinpath(f"{self.flow}_flow.py"))
        common = [
            *("--run-id-file", str(self.run.path / RUN_ID)),
            *("--max-workers", str(self.workers)),
            *("--max-num-splits", "10000"),
            *("--tag", f"mimawari:{self.run.request.run}"),
        ]
        python = [sys.executable, "-u", file, "--no-pylint"]
        if earlier is None:
            return [*python, "run", "--request", str(self.run.request_path), *common]
        resume = ["resume", *([step] if step else []), "--origin-run-id", earlier]
        return [*python, *resume, *common]

    @property
    def metaflow_run(self) -> str | None:
        """Metaflow's own name of the run that was started last; None before it has one."""
        path = self.run.path / RUN_ID
        return path.read_text("utf-8").strip() if path.exists() else None


def environment() -> dict[str, str]:
    """Give the child's environment: files here, a user name, no configuration from elsewhere."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("METAFLOW_")}
    return (
        ours
        | for_child_process()
        | {
            "METAFLOW_USER": "mimawari",
            "METAFLOW_DEFAULT_DATASTORE": "local",
            "METAFLOW_DEFAULT_METADATA": "local",
            "METAFLOW_HOME": os.devnull,
        }
    )


def require_metaflow() -> None:
    """See that Metaflow is installed.

    Raises
    ------
    InvalidInputError
        It is not.
    """
    if find_spec("metaflow") is None:
        remedy = "pip install 'mimawari[flows]'"
        raise InvalidInputError(FieldProblem("flow", "needs Metaflow, which is missing", remedy))
