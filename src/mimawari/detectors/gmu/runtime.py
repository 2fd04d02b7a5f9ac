"""ONNX networks, run by ONNX Runtime on one thread: data, not code of this process.

A network is read from bytes; custom operators have no library here and are refused with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

# A network's input: its sizes, None where any number of rows may come.
Shape = tuple[int | None, ...]


def require(module: str, extra: str) -> Any:  # noqa: ANN401  # a module without types
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
        found = {one.name: one for one in self._session.get_inputs()}
        if set(found) != set(inputs):
            told = f"takes {', '.join(sorted(found))}, not {', '.join(sorted(inputs))}"
            raise InvalidInputError(FieldProblem(name, told, "export it with these inputs"))
        for key, shape in inputs.items():
            _check_input(name, key, found[key].type, found[key].shape, shape)
        self.outputs = {one.name: tuple(one.shape) for one in self._session.get_outputs()}

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Run it; any number of threads may."""
        found: list[NDArray[np.float32]] = self._session.run(list(outputs), dict(inputs))
        return found


def input_shape(data: bytes, name: str) -> tuple[int | None, ...]:
    """Give the sizes of a network's only input, None where any fits.

    Raises
    ------
    InvalidInputError
        The file is broken, or takes more than one input.
    """
    found = session(data, name).get_inputs()
    if len(found) != 1:
        told = f"takes {len(found)} inputs, not one"
        raise InvalidInputError(FieldProblem(name, told, "export it with the input 'picture'"))
    return tuple(size if isinstance(size, int) else None for size in found[0].shape)


def session(data: bytes, name: str) -> Any:  # noqa: ANN401  # ONNX Runtime has no types
    """Start ONNX Runtime on one thread.

    Raises
    ------
    InvalidInputError
        The file is broken, or uses operators that are not ONNX's.
    """
    runtime = require("onnxruntime", "gmu")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no class but Exception
        said = str(error).strip().splitlines()[-1][:300] if str(error).strip() else "no reason told"
        remedy = "give one ONNX file of standard operators, its weights inside"
        raise InvalidInputError(
            FieldProblem(name, f"is no network that can be run ({said})", remedy)
        ) from error


def _check_input(name: str, key: str, kind: str, found: Sequence[Any], wanted: Shape) -> None:
    shown = "x".join("any" if w is None else str(w) for w in wanted)
    remedy = f"export it with float32 of {shown}"
    if kind != "tensor(float)":
        raise InvalidInputError(FieldProblem(name, f"takes {kind} as {key}", remedy))
    fits = len(found) == len(wanted) and all(
        not isinstance(f, int) if w is None else f == w or not isinstance(f, int)
        for f, w in zip(found, wanted, strict=True)
    )
    if not fits:
        told = "x".join(str(f) for f in found)
        raise InvalidInputError(FieldProblem(name, f"takes {told} as {key}", remedy))
