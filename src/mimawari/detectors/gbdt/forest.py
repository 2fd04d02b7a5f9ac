"""LightGBM's trees in one compiled loop, read from the text of the model.

A booster answers a batch in some hundred microseconds however small it is, and a suite asks
twenty of them. Here the nodes are flat arrays; leaves lead to themselves, so that every row
takes the same number of steps and the processor never guesses. `lightgbm.Booster.predict` is
the oracle: sums are equal to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mimawari.compiled import counting, fast
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=np.generic)
# Bits of LightGBM's decision_type: categorical; NaN goes left; missing values (0 none, 2 NaN).
CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT, MISSING_NAN = 1, 2, 2, 2


@fast
def add_trees(x, roots, depths, feature, threshold, children, nan_right, value, total):
    """Add the leaves that each row of features falls into to its total, tree by tree."""
    for tree in range(len(roots)):
        for row in range(len(x)):
            node = roots[tree]
            for _ in range(depths[tree]):
                v = x[row, feature[node]]
                right = v > threshold[node] or (v != v and nan_right[node])
                node = children[node, 1 if right else 0]
            total[row] += value[node]


@counting
def _largest(cuts, known, roots, ends, feature, threshold, children, value, bounds):
    best = np.empty(len(feature))
    for i in range(len(bounds)):
        at = cuts[i] if i < len(cuts) else np.inf
        for tree in range(len(roots)):
            # Children are numbered after their parents.
            for node in range(ends[tree] - 1, roots[tree] - 1, -1):
                left, right = children[node, 0], children[node, 1]
                if left == node:
                    best[node] = value[node]
                elif feature[node] == known:
                    best[node] = best[right] if at > threshold[node] else best[left]
                else:
                    best[node] = max(best[left], best[right])
            bounds[i] += best[roots[tree]]


@dataclass(frozen=True, slots=True)
class Bound:
    """The largest sum of trees that a row could get, knowing one of its features."""

    cuts: NDArray[np.float64]
    bounds: NDArray[np.float64]

    def of(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the bound of each row by the value of the known feature; none is NaN."""
        return self.bounds[np.searchsorted(self.cuts, values)]


@dataclass(frozen=True, slots=True)
class Forest:
    """Nodes and leaves of all trees, numbered through.

    Parameters
    ----------
    roots, depths
        First node and number of steps of each tree.
    feature, threshold, children, nan_right, value
        Of each node; a leaf's children are itself, an inner node's value is unused.
    """

    roots: NDArray[np.int32]
    depths: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    children: NDArray[np.int32]
    nan_right: NDArray[np.bool_]
    value: NDArray[np.float64]

    @classmethod
    def parse(cls, text: str) -> Forest:
        """Read a model's text; the empty text is a forest without trees.

        Raises
        ------
        InvalidInputError
            The trees are of a kind that the training here never grows.
        """
        blocks = text.split("\nTree=")[1:]
        if "\naverage_output" in text:
            raise _refuse("averages its trees")
        trees = [_Tree.read(block) for block in blocks]
        bases = np.cumsum([0, *(len(t.value) for t in trees)]).astype(np.int32)
        return cls(
            bases[:-1],
            np.array([t.depth() for t in trees], np.int32),
            _join([t.feature for t in trees], np.int32),
            _join([t.threshold for t in trees], np.float64),
            _join([t.children + b for t, b in zip(trees, bases, strict=False)], np.int32, (0, 2)),
            _join([t.nan_right for t in trees], np.bool_),
            _join([t.value for t in trees], np.float64),
        )

    @classmethod
    def joined(cls, forests: Sequence[Forest]) -> tuple[Forest, NDArray[np.int64]]:
        """Put forests one behind the other; also gives where the trees of each begin."""
        bases = np.cumsum([0, *(len(f.feature) for f in forests)]).astype(np.int32)
        numbered = list(zip(forests, bases, strict=False))
        whole = cls(
            _join([f.roots + base for f, base in numbered], np.int32),
            _join([f.depths for f in forests], np.int32),
            _join([f.feature for f in forests], np.int32),
            _join([f.threshold for f in forests], np.float64),
            _join([f.children + base for f, base in numbered], np.int32, (0, 2)),
            _join([f.nan_right for f in forests], np.bool_),
            _join([f.value for f in forests], np.float64),
        )
        return whole, np.cumsum([0, *(len(f.roots) for f in forests)])

    def bound(self, known: int) -> Bound:
        """Find the largest sums by the value of one feature.

        Between two thresholds of that feature all its splits are decided; of the others
        the larger side counts. No row exceeds it, whatever its other features.
        """
        inner = self.children[:, 0] != np.arange(len(self.feature))
        cuts = np.unique(self.threshold[inner & (self.feature == known)])
        ends = np.append(self.roots[1:], len(self.feature)).astype(np.int32)
        bounds = np.zeros(len(cuts) + 1)
        _largest(cuts, known, self.roots, ends, self.feature, self.threshold,
                 self.children, self.value, bounds)  # fmt: skip
        return Bound(cuts, bounds)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the sum of the trees for each row of features, shape (n,)."""
        total = np.zeros(len(x))
        add_trees(x, self.roots, self.depths, self.feature, self.threshold,
                  self.children, self.nan_right, self.value, total)  # fmt: skip
        return total


@dataclass(slots=True)
class _Tree:
    """One tree; inner nodes first, then the leaves."""

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    children: NDArray[np.int32]
    nan_right: NDArray[np.bool_]
    value: NDArray[np.float64]
    leaves: slice

    @classmethod
    def read(cls, block: str) -> _Tree:
        """Read the lines ``key=value value ...`` of one tree."""
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if fields.get("num_cat", "0") != "0" or fields.get("is_linear", "0") != "0":
            raise _refuse("has categorical splits or linear leaves")
        leaves = _numbers(fields["leaf_value"], np.float64)
        inner = len(leaves) - 1
        kinds = _numbers(fields.get("decision_type", ""), np.int32)
        if ((kinds >> MISSING_SHIFT & 3) == 1).any() or (kinds & CATEGORICAL).any():
            raise _refuse("takes zero for missing, or has categorical splits")
        itself = np.arange(inner, 2 * inner + 1, dtype=np.int32)
        sides = [_numbers(fields.get(f"{side}_child", ""), np.int32) for side in ("left", "right")]
        # LightGBM numbers leaves -1, -2, ...
        split = np.column_stack([np.where(s < 0, inner - 1 - s, s) for s in sides])
        threshold = _numbers(fields.get("threshold", ""), np.float64)
        # Where no NaN was seen in training, LightGBM reads NaN as 0.
        nan_right = np.where(
            kinds >> MISSING_SHIFT & 3 == MISSING_NAN, (kinds & DEFAULT_LEFT) == 0, threshold < 0
        )
        return cls(
            _padded(_numbers(fields.get("split_feature", ""), np.int32), inner + 1),
            _padded(threshold, inner + 1),
            np.concatenate((split, np.column_stack((itself, itself)))).astype(np.int32),
            _padded(nan_right.astype(np.bool_), inner + 1),
            np.concatenate((np.zeros(inner), leaves)),
            slice(inner, None),
        )

    def depth(self) -> int:
        """Give the steps to the farthest leaf."""
        steps, reached = 0, {0}
        inner = self.leaves.start
        while any(node < inner for node in reached):
            reached = {int(c) for node in reached if node < inner for c in self.children[node]}
            steps += 1
        return steps


def _numbers(text: str, dtype: type[Kind]) -> NDArray[Kind]:
    return np.array(text.split(), dtype=np.float64).astype(dtype)


def _padded(values: NDArray[Kind], by: int) -> NDArray[Kind]:
    return np.concatenate((values, np.zeros(by, values.dtype)))


def _join(
    parts: Sequence[NDArray[np.generic]], dtype: type[Kind], shape: tuple[int, ...] = (0,)
) -> NDArray[Kind]:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(shape, dtype)


def _refuse(problem: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem("model.txt", problem, "train with `mimawari train`"))
