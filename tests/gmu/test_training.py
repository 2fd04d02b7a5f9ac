"""Training that is killed, goes wrong, or is given what it cannot use."""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from tests.gmu.world import PICTURE, PLAIN, SEEING, TOPIC, Market, market
from torch import nn

from mimawari.detectors.gmu.runtime import Network, require
from mimawari.detectors.gmu.training.export import onnx_of
from mimawari.detectors.gmu.training.loop import TrainingStoppedError, fit
from mimawari.detectors.gmu.training.rows import LabelledListings, prepare
from mimawari.detectors.gmu.training.steps import Steps
from mimawari.detectors.gmu.training.train import train
from mimawari.errors import InvalidInputError


def die_after_two(done: int, _: int) -> None:
    if done == 2:
        os._exit(9)


def trained_until_killed(folder: Path) -> None:
    torch.set_num_threads(1)
    steps, data = prepared(market())
    rows = np.arange(len(data.y))
    fit(steps, data.y, data.weight, rows, PLAIN, (folder / "a.npz", "key"), die_after_two)


def prepared(world: Market) -> tuple[Steps, LabelledListings]:
    data = LabelledListings.of(world.rows, TOPIC)
    return Steps(prepare(data, PLAIN.spec), PLAIN.spec, PLAIN, "cpu"), data


def test_killed_and_taken_up_again_it_ends_as_if_never_stopped(
    world: Market, tmp_path: Path
) -> None:
    child = multiprocessing.get_context("spawn").Process(
        target=trained_until_killed, args=(tmp_path,)
    )
    child.start()
    child.join(120)
    assert child.exitcode == 9
    steps, data = prepared(world)
    rows = np.arange(len(data.y))
    epochs: list[int] = []
    resumed = fit(steps, data.y, data.weight, rows, PLAIN, (tmp_path / "a.npz", "key"),
                  lambda done, _: epochs.append(done))  # fmt: skip
    straight = fit(steps, data.y, data.weight, rows, PLAIN)
    assert epochs == [3, 4]
    for name, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_checkpoint_of_other_data_is_refused(world: Market, tmp_path: Path) -> None:
    train(world.rows, TOPIC, PLAIN, checkpoints=tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"fold-1.npz", "fold-2.npz", "whole.npz"}
    with pytest.raises(InvalidInputError, match="other data or settings"):
        train(market(seed=5).rows, TOPIC, PLAIN, checkpoints=tmp_path)
    (tmp_path / "fold-1.npz").write_bytes(b"broken")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        train(world.rows, TOPIC, PLAIN, checkpoints=tmp_path)


def test_a_loss_that_is_no_number_stops_with_step_and_reason(world: Market, tmp_path: Path) -> None:
    steps, data = prepared(world)
    rows, place = np.arange(len(data.y)), (tmp_path / "a.npz", "key")
    two = msgspec.structs.replace(PLAIN, epochs=2)
    fit(steps, data.y, data.weight, rows, two, place)
    kept = place[0].read_bytes()
    numbers = steps.data.numbers.copy()
    numbers[3] = np.inf
    broken = Steps(replace(steps.data, numbers=numbers), PLAIN.spec, PLAIN, "cpu")
    with pytest.raises(
        TrainingStoppedError, match=r"step (1[5-9]|2[01]): .*no number.*checkpoint is kept"
    ):
        fit(broken, data.y, data.weight, rows, PLAIN, place)
    assert place[0].read_bytes() == kept
    fast = msgspec.structs.replace(PLAIN, rate=1e30)
    with pytest.raises(TrainingStoppedError, match="lower the learning rate"):
        fit(steps, data.y, data.weight, rows, fast)


class Pooled(nn.Module):
    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return picture.mean((2, 3))


def exported(height: int, width: int) -> bytes:
    return onnx_of(Pooled(), [torch.zeros(1, 3, height, width)], ("picture",), ("features",))


def test_an_encoder_from_outside_is_used_and_named(world: Market, tmp_path: Path) -> None:
    encoder = exported(24, 18)
    made = train(world.rows, TOPIC, SEEING, world.pictures, encoder=encoder)
    assert made.parts.encoder == encoder
    assert made.parts.spec.picture is not None
    assert made.parts.spec.picture.features == 3
    assert made.parts.spec.fingerprint() != SEEING.spec.fingerprint()


def custom_operator() -> bytes:
    from onnx import TensorProto, helper

    node = helper.make_node("RunAnything", ["picture"], ["features"], domain="evil.example")
    shape = [None, 3, PICTURE.height, PICTURE.width]
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 3])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("evil.example", 1)]
    return helper.make_model(graph, opset_imports=opsets).SerializeToString()


def other_input() -> bytes:
    return onnx_of(Pooled(), [torch.zeros(1, 3, 24, 18)], ("image",), ("features",))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (lambda: exported(32, 18), "takes rowsx3x32x18 as picture"),
        (lambda: b"not a network", "no network that can be run"),
        (custom_operator, "uses an operator that is not ONNX's: evil.example:RunAnything"),
        (other_input, "takes image, not picture"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(world: Market, data: object, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem) as told:
        train(world.rows, TOPIC, SEEING, world.pictures, encoder=data())  # type: ignore[operator]
    assert told.value.problems[0].field == "encoder"


def test_a_network_whose_weights_lie_in_another_file_is_refused() -> None:
    from onnx import TensorProto, helper

    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="pyproject.toml")
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [weight],
    )
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    with pytest.raises(InvalidInputError, match="keeps its weights in other files"):
        Network(data.SerializeToString(), "encoder", {"x": (None, 1)})


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InvalidInputError, match=r"pip install 'mimawari\[train\]'"):
        require("torch", "train")
