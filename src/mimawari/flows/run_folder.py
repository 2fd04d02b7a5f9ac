"""A run's folder: the request, what each topic has so far, the result.

request.json    what is to be done
topics/TOPIC/   rules.toml or rules.yaml, model/, champion/, trained.json, audit.json, backtest.json
days.json       of what reads history: where its files lie here; parts/ what was replayed of them
result.json     once all is done; card.html beside it
problem.json    why a step refused to go on
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.records import Request, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T", bound=msgspec.Struct)
REQUEST, RESULT, PROBLEM, CARD = "request.json", "result.json", "problem.json", "card.html"


class Problem(msgspec.Struct, frozen=True):
    """A `FieldProblem` as it is written."""

    field: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Everything that a run reads and writes."""

    path: Path

    @classmethod
    def of(cls, request: str) -> RunFolder:
        """Give the folder that a request lies in."""
        return cls(Path(request).parent)

    @property
    def request_path(self) -> Path:
        """Where the request lies: what a flow is started with."""
        return self.path / REQUEST

    @property
    def request(self) -> Request:
        """What is to be done."""
        return self.read(REQUEST, Request)

    @property
    def result(self) -> Result | None:
        """What it gave; None before its end."""
        return self.read(RESULT, Result) if (self.path / RESULT).exists() else None

    def topic(self, topic: str) -> Path:
        """Give a topic's folder."""
        return self.path / "topics" / topic

    def rules(self, topic: str) -> Path | None:
        """Give a topic's file, as it was in force when the run was asked for."""
        return next(iter(sorted(self.topic(topic).glob("rules.*"))), None)

    def model(self, topic: str) -> Path:
        """Give the folder of a topic's model."""
        return self.topic(topic) / "model"

    def champion(self, topic: str) -> Path:
        """Give the folder of the model that was in force for a topic."""
        return self.topic(topic) / "champion"

    def read(self, name: str, kind: type[T]) -> T:
        """Read a file of the run.

        Raises
        ------
        InvalidInputError
            It is missing or damaged.
        """
        path = self.path / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except OSError as error:
            raise _refuse(path, error.strerror or "cannot be read") from error
        except msgspec.MsgspecError as error:
            raise _refuse(path, f"cannot be read ({error})") from error

    def write(self, name: str, record: msgspec.Struct) -> None:
        """Write a file of the run, whole or not at all."""
        self.write_text(name, msgspec.json.format(msgspec.json.encode(record)).decode() + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text, whole or not at all."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)

    def write_folder(self, folder: Path, fill: Callable[[Path], object]) -> None:
        """Have a folder filled, and put it in its place once it is whole."""
        partial = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        fill(partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)

    @contextmanager
    def noting_problems(self) -> Iterator[None]:
        """Keep what input was refused for, so that whoever started the run can say it."""
        try:
            yield
        except InvalidInputError as error:
            problems = [Problem(p.field, p.problem, p.remedy) for p in error.problems]
            self.write_text(PROBLEM, msgspec.json.encode(problems).decode())
            raise

    def problems(self) -> tuple[FieldProblem, ...]:
        """Give what input was refused for."""
        path = self.path / PROBLEM
        if not path.exists():
            return ()
        noted = msgspec.json.decode(path.read_bytes(), type=list[Problem])
        return tuple(FieldProblem(p.field, p.problem, p.remedy) for p in noted)


def _refuse(path: Path, problem: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(str(path), problem, "start a new run"))
