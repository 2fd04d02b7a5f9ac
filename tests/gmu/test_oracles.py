"""The network against plain NumPy, ONNX against PyTorch, embeddings against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.gmu.world import SEEING, TOPIC, Market

from mimawari.detectors.gmu.reference import gated_parts, normalised
from mimawari.detectors.gmu.runtime import Network as OnnxNetwork
from mimawari.detectors.gmu.training.export import Served, heads_of, onnx_of, parts_of
from mimawari.detectors.gmu.training.loop import balanced, fit, margins_of
from mimawari.detectors.gmu.training.network import Gates, Network
from mimawari.detectors.gmu.training.rows import LabelledListings, prepare
from mimawari.detectors.gmu.training.steps import Steps
from mimawari.detectors.gmu.trunk import Trunk
from mimawari.listings.batch import ListingBatch


def array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy()


@pytest.mark.parametrize("seed", range(3))
def test_gates_are_those_of_the_paper(seed: int) -> None:
    torch.manual_seed(seed)
    widths, n = [5, 3, 7], 9
    gates = Gates(widths, 4, 0.0).eval()
    inputs = [torch.randn(n, width) for width in widths]
    present = (torch.rand(n, 3) > 0.3).float()
    parts, opened = gates(inputs, present)
    shown = [
        normalised(array(x), array(norm.weight), array(norm.bias))
        for x, norm in zip(inputs, gates.norms, strict=True)
    ]
    layers = [
        [(array(layer.weight), array(layer.bias)) for layer in kind]
        for kind in (gates.candidates, gates.gates)
    ]
    expected = gated_parts(shown, array(present) > 0, *layers)
    assert np.allclose(array(parts), expected, atol=1e-5)
    assert (array(opened)[array(present) == 0] == 0).all()


def test_what_is_absent_cannot_be_read() -> None:
    gates = Gates([5, 3], 4, 0.0).eval()
    text, table = torch.randn(6, 5), torch.randn(6, 3)
    absent = torch.tensor([[1.0, 0.0]]).repeat(6, 1)
    one, _ = gates([text, table], absent)
    other, _ = gates([text, table * 100 + 3], absent)
    assert torch.equal(one, other)


def test_onnx_gives_what_torch_gives() -> None:
    torch.manual_seed(1)
    network = Network(SEEING.spec, 2, 0.0).eval()
    shown = [torch.randn(4, w) for w in (8, 7, 112)] + [torch.ones(4, 3)]
    names = ("text", "table", "picture", "present")
    data = onnx_of(Served(network), shown, names, ("fused", "parts", "gates"))
    served = OnnxNetwork(
        data, "trunk", {n: (None, t.shape[1]) for n, t in zip(names, shown, strict=True)}
    )
    for rows in (1, 4, 3):
        fed = {n: array(t[:rows]) for n, t in zip(names, shown, strict=True)}
        found = served.run(["fused", "parts", "gates"], fed)
        expected = Served(network)(*(t[:rows] for t in shown))
        for f, e in zip(found, expected, strict=True):
            assert np.allclose(f, array(e), atol=1e-5)


def test_serving_gives_what_training_gave(world: Market) -> None:
    """The kernel's embedding bag, the encoder and the heads: the whole way, end to end."""
    data = LabelledListings.of(world.rows, TOPIC, world.pictures)
    prepared = prepare(data, SEEING.spec)
    steps = Steps(prepared, SEEING.spec, SEEING, "cpu")
    rows = np.arange(prepared.rows)
    network = fit(steps, data.y, data.weight, rows, SEEING)
    for bag in (network.text, network.shelf):  # served in half precision
        bag.weight.data = bag.weight.data.half().float()
    expected = margins_of(network, steps, rows)[:, 0]
    trunk = Trunk(parts_of(network, prepared, None))
    head = heads_of(network)[0]
    batch = ListingBatch.of(world.rows.listings, pictures=world.pictures)
    assert np.allclose(
        trunk.listing_vectors(batch) @ head.weights + head.intercept, expected, atol=1e-4
    )


def test_balance_evens_out_what_it_is_asked_to() -> None:
    y = np.array([[1], [0], [0], [0], [np.nan]], np.float32)
    weight = np.array([[2], [1], [1], [2], [9]], np.float32)
    even = balanced(y, weight, 1.0)[:, 0]
    assert even[0] == pytest.approx(even[1:4].sum())
    plain = balanced(y, weight, 0.0)[:, 0]
    assert plain[0] == pytest.approx(2 * plain[1])
    assert even[4] == plain[4] == 0
    assert plain[:4].mean() == pytest.approx(1)
