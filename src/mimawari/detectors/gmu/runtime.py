"""ONNX networks, run by ONNX Runtime on one thread: data, not code of this process.

A network is read from bytes; custom operators have no library here and are refused with it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Protocol

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

# Without a folder, ONNX Runtime looks for a network's further files where the process stands.
BESIDE, NOWHERE = "session.model_external_initializers_file_folder_path", f"{os.devnull}/none"
OPERATOR = re.compile(r"(\S+?)\(-?\d+\) is not a registered function/op")
# A network's input: its sizes, None where any number of rows may come.
Shape = tuple[int | None, ...]


class Port(Protocol):
    """An input or output of a network; a size that may vary has a name or none."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def type(self) -> str:
        """What it holds, as ``tensor(float)``."""
        ...

    @property
    def shape(self) -> Sequence[int | str | None]:
        """Its sizes."""
        ...


class Meta(Protocol):
    """Notes in a network's file."""

    @property
    def custom_metadata_map(self) -> Mapping[str, str]:
        """Notes by name."""
        ...


class Session(Protocol):
    """What is used of ONNX Runtime's session, which ships without types."""

    def get_inputs(self) -> Sequence[Port]:
        """Describe the inputs."""
        ...

    def get_outputs(self) -> Sequence[Port]:
        """Describe the outputs."""
        ...

    def get_modelmeta(self) -> Meta:
        """Give what the file says beside the network."""
        ...

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.generic]], /
    ) -> list[NDArray[np.float32]]:
        """Compute outputs."""
        ...


def require(module: str, extra: str) -> ModuleType:
    """Import a module of an extra.

    Raises
    ------
    InvalidInputError
        It is not installed; the message names the extra.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        remedy = f"install it: pip install 'mimawari[{extra}]'"
        raise InvalidInputError(FieldProblem(module, "is not installed", remedy)) from error


class Network:
    """A network whose inputs are float32 and were checked against what it will be given.

    Parameters
    ----------
    data
        The ONNX file.
    name
        What errors call it.
    inputs
        Shape of every input by name; sizes of None may be anything, and vary.

    Raises
    ------
    InvalidInputError
        The file is broken, uses operators that are not ONNX's, or takes something else.
    """

    def __init__(self, data: bytes, name: str, inputs: Mapping[str, Shape]) -> None:
        self._session = session(data, name)
        ports = {port.name: port for port in self._session.get_inputs()}
        if set(ports) != set(inputs):
            problem = f"takes {', '.join(sorted(ports))}, not {', '.join(sorted(inputs))}"
            raise InvalidInputError(FieldProblem(name, problem, "export it with these inputs"))
        for key, shape in inputs.items():
            _check_input(name, ports[key], shape)
        self.outputs = {port.name: tuple(port.shape) for port in self._session.get_outputs()}

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Run it; any number of threads may."""
        return self._session.run(list(outputs), dict(inputs))


def input_shape(data: bytes, name: str) -> tuple[int | None, ...]:
    """Give the sizes of a network's only input, None where any fits.

    Raises
    ------
    InvalidInputError
        The file is broken, or takes more than one input.
    """
    ports = session(data, name).get_inputs()
    if len(ports) != 1:
        problem = f"takes {len(ports)} inputs, not one"
        raise InvalidInputError(FieldProblem(name, problem, "export it with the input 'picture'"))
    return tuple(size if isinstance(size, int) else None for size in ports[0].shape)


def session(data: bytes, name: str, extra: str = "gmu") -> Session:
    """Start ONNX Runtime on one thread.

    A network's weights may stand in other files, named by it: none is read, wherever it points.

    Raises
    ------
    InvalidInputError
        The file is broken, keeps weights in others, or uses operators that are not ONNX's.
    """
    runtime = require("onnxruntime", extra)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry(BESIDE, NOWHERE)
    try:
        started: Session = runtime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its errors share no class but Exception
        raise InvalidInputError(FieldProblem(name, *_why(str(error)))) from error
    return started


def _why(message: str) -> tuple[str, str]:
    """Give problem and remedy for what ONNX Runtime says of a network that it refuses."""
    lines = message.strip().splitlines()
    reason = lines[-1][:300] if lines else "no reason told"
    if unknown := OPERATOR.search(message):
        problem = f"uses an operator that is not ONNX's: {unknown[1][:100]}"
        return problem, "export it with standard operators"
    if any(mark in message for mark in ("xternal data", "model_path", NOWHERE, "in-memory")):
        remedy = "save it as one file: onnx.save(onnx.load(IN), OUT)"
        return "keeps its weights in other files", remedy
    remedy = "give one ONNX file of standard operators, its weights inside"
    return f"is no network that can be run ({reason})", remedy


def _check_input(name: str, port: Port, wanted: Shape) -> None:
    shown = "x".join("any" if w is None else str(w) for w in wanted)
    remedy = f"export it with float32 of {shown}"
    if port.type != "tensor(float)":
        raise InvalidInputError(FieldProblem(name, f"takes {port.type} as {port.name}", remedy))
    fits = len(port.shape) == len(wanted) and all(
        not isinstance(size, int) if w is None else size == w or not isinstance(size, int)
        for size, w in zip(port.shape, wanted, strict=True)
    )
    if not fits:
        sizes = "x".join(str(size) for size in port.shape)
        raise InvalidInputError(FieldProblem(name, f"takes {sizes} as {port.name}", remedy))
