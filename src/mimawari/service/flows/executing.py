"""A run's flow as a child of this process: watched, heard of, ended with it."""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.launch import FIRST, LOG, Launch
from mimawari.flows.progress import Progress
from mimawari.service.flows import exporting, finishing, runs
from mimawari.service.flows.models import Outcome, RunState

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mimawari.records.principal import Principal
    from mimawari.service.flows.models import FlowRun

BEAT_SECONDS = 2.0
LOCK = "in_use.lock"


class StoppedError(InvalidInputError):
    """Somebody stopped the run."""


def execute(
    run: FlowRun,
    actor: Principal,
    stood: str = "",
    workers: int = 1,
    note: Callable[[str], object] = lambda line: None,
) -> Outcome:
    """Run a flow to its end and take over what it gave.

    Parameters
    ----------
    stood
        How the run stood before it was taken up again; empty for a new one.
    note
        Called with each line that Metaflow prints.

    Raises
    ------
    InvalidInputError
        The flow failed, or somebody stopped it.
    """
    try:
        folder = exporting.export(run)
    except InvalidInputError as error:
        name = "data set" if run.request.data_set else "days"
        finishing.fail(run, Outcome(problems={name: str(error)}), actor)
        raise
    launch = Launch(run.flow, folder, exporting.root(), workers)
    with in_use(launch.root):
        if folder.result is None and (status := _run(run, launch, stood, note)) != 0:
            raise _failed(run, launch, status, actor)
    result = folder.result
    if result is None:
        raise _failed(run, launch, 0, actor)
    _require_going_on(run, launch)
    return finishing.finish(run, folder, result, actor)


@contextmanager
def in_use(root: Path, alone: bool = False) -> Iterator[None]:
    """Keep files of runs from being pruned while one runs; ``alone``, runs from beginning.

    The system lets go of it with the process, however that ends.

    Raises
    ------
    InvalidInputError
        A run is going on, or runs are pruned.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            problem = "is going on" if alone else "are pruned just now"
            field = "a run" if alone else "runs"
            raise InvalidInputError(FieldProblem(field, problem, "wait for its end")) from None
        yield


def _run(run: FlowRun, launch: Launch, stood: str, note: Callable[[str], object]) -> int:
    """Run Metaflow, gives its exit status; whatever happens, nothing of it is left behind."""
    earlier = launch.metaflow_run or next(reversed(run.metaflow_runs), None)
    step = FIRST[run.flow] if stood == RunState.FAILED and earlier else None
    progress = run.progress.taken_up() if run.progress else Progress()
    runs.beat(run, earlier, progress)
    process = launch.start(earlier, step)
    beaten = 0.0
    try:
        with (launch.run.path / LOG).open("a", encoding="utf-8") as log:
            for line in _lines(process):
                if line is not None:
                    log.write(line)
                    note(line.rstrip())
                    progress.note(line, datetime.now(UTC))
                if time.monotonic() - beaten < BEAT_SECONDS:
                    continue
                beaten = time.monotonic()
                _require_going_on(run, launch, progress)
        _require_going_on(run, launch, progress)
        return process.wait()
    finally:
        with process, suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """Yield what a process prints, and None where it prints nothing for a while."""
    assert process.stdout is not None
    handle = process.stdout.fileno()
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        while True:
            if not selector.select(BEAT_SECONDS):
                yield None
                continue
            data = os.read(handle, 65_536)
            if not data:
                break
            *whole, pending = (pending + data).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace") + "\n"
    if pending:
        yield pending.decode("utf-8", "replace") + "\n"


def _require_going_on(run: FlowRun, launch: Launch, progress: Progress | None = None) -> None:
    """Be heard of; refuse to go on where somebody stopped the run, or another process took it."""
    if not runs.beat(run, launch.metaflow_run, progress):
        remedy = f"mimawari flow resume {run.pk} goes on"
        raise StoppedError(FieldProblem(run.pk, "was stopped", remedy))


def _failed(run: FlowRun, launch: Launch, status: int, actor: Principal) -> InvalidInputError:
    _require_going_on(run, launch)
    problems = launch.run.problems() or (
        FieldProblem(
            run.pk,
            f"has failed (exit status {status})",
            f"see {launch.run.path / LOG}; then mimawari flow resume {run.pk}",
        ),
    )
    words = {problem.field: str(problem) for problem in problems}
    finishing.fail(run, Outcome(problems=words), actor)
    return InvalidInputError(*problems)
