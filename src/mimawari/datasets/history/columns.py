"""Packed scores as columns of a table, and back to the same bytes.

``s_TOPIC`` holds what competed, ``r_TOPIC`` what rules gave, ``c_TOPIC`` whether it was the canary
that competed, ``a_TOPIC`` whether the version was alerted. ``m_TOPIC/MODEL`` holds what a model
gave, whatever slot it had then, and ``t_TOPIC/MODEL`` whether its trees were asked. A null in
``m_`` is the same number as in ``s_``, which most are: it takes no room. What a generation did not
have is null in all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mimawari.datasets.history.rows import ScoredVersion
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from mimawari.records.manifest import Manifest

    Manifests = Mapping[int, Manifest]
    """Generations by number."""

PLAIN = ("number", "listing_id", "version", "received_at", "generation", "day", "scored_at")
PACKED = ("scores", "rule_scores", "model_scores", "refined", "in_canary")


def schema_of(manifests: Manifests, alerted: Iterable[str] = ()) -> pa.Schema:
    """Give the columns of a day.

    Parameters
    ----------
    manifests
        Of all generations that scored on that day.
    alerted
        Topics that versions were alerted for, also later ones.
    """
    import pyarrow as pa

    instant = pa.timestamp("us", "UTC")
    types = (pa.int64(), pa.string(), pa.int64(), instant, pa.int64(), pa.date32(), instant)
    fields = [pa.field(*pair, nullable=False) for pair in zip(PLAIN, types, strict=True)]
    topics = sorted({topic for m in manifests.values() for topic in m.topic_order})
    for topic in topics:
        fields += [pa.field(f"{prefix}_{topic}", pa.float32()) for prefix in "sr"]
        fields.append(pa.field(f"c_{topic}", pa.bool_()))
    models = {f"{topic}/{d.model}" for m in manifests.values() for topic, d in m.columns}
    for name in sorted(models):
        fields += [pa.field(f"m_{name}", pa.float32()), pa.field(f"t_{name}", pa.bool_())]
    fields += [pa.field(f"a_{topic}", pa.bool_()) for topic in sorted({*topics, *alerted})]
    return pa.schema(fields)


def table_of(rows: Sequence[ScoredVersion], manifests: Manifests, schema: pa.Schema) -> pa.Table:
    """Write rows as a table.

    Raises
    ------
    InvalidInputError
        A row has other columns than its generation.
    """
    import pyarrow as pa

    values: dict[str, np.ndarray] = {}
    masks: dict[str, np.ndarray] = {}

    def put(name: str, at: np.ndarray, column: np.ndarray, known: np.ndarray | bool = True) -> None:
        if name not in values:
            values[name] = np.zeros(len(rows), column.dtype)
            masks[name] = np.ones(len(rows), bool)
        values[name][at] = column
        masks[name][at] = ~np.broadcast_to(known, len(at))

    generations = np.array([row.generation for row in rows], np.int64)
    for number in np.unique(generations).tolist():
        at = np.flatnonzero(generations == number)
        unpacked = _Unpacked([rows[i] for i in at.tolist()], manifests[number])
        for name, column, known in unpacked.columns():
            put(name, at, column, known)
    arrays = {name: [getattr(row, name) for row in rows] for name in PLAIN}
    for name in schema.names:
        if name.startswith("a_"):
            topic = name.removeprefix("a_")
            arrays[name] = [topic in row.alerted for row in rows]
        elif name in values:
            arrays[name] = pa.array(values[name], schema.field(name).type, mask=masks[name])
        elif name not in arrays:
            arrays[name] = pa.nulls(len(rows), schema.field(name).type)
    return pa.table({name: arrays[name] for name in schema.names}, schema=schema)


class _Unpacked:
    """Matrices of rows of one generation."""

    def __init__(self, rows: Sequence[ScoredVersion], manifest: Manifest) -> None:
        self.manifest = manifest
        topics, deployments = len(manifest.topic_order), len(manifest.columns)
        widths = (4 * topics, 4 * topics, 4 * deployments, -(-deployments // 8))
        for row in rows:
            if tuple(len(getattr(row, name)) for name in PACKED[:4]) != widths:
                problem = f"has no scores of generation {row.generation}"
                remedy = "run 'mimawari audit verify'"
                raise InvalidInputError(FieldProblem(f"version {row.number}", problem, remedy))
        self.scores = _floats([row.scores for row in rows], topics)
        self.rules = _floats([row.rule_scores for row in rows], topics)
        self.models = _floats([row.model_scores for row in rows], deployments)
        self.refined = _bits([row.refined for row in rows], deployments)
        self.has_canary = np.array([bool(row.in_canary) for row in rows])
        nothing = bytes(-(-topics // 8))
        self.in_canary = _bits([row.in_canary or nothing for row in rows], topics)

    def columns(self) -> Iterable[tuple[str, np.ndarray, np.ndarray | bool]]:
        """Give each column's name, its values, and which of them are known."""
        order = self.manifest.topic_order
        for i, topic in enumerate(order):
            yield f"s_{topic}", self.scores[:, i], True
            yield f"r_{topic}", self.rules[:, i], True
            yield f"c_{topic}", self.in_canary[:, i], self.has_canary
        for i, (topic, deployment) in enumerate(self.manifest.columns):
            column, competed = self.models[:, i], self.scores[:, order.index(topic)]
            # Compared as bits: NaN equals NaN, and the same bytes come back.
            differs = column.view(np.uint32) != competed.view(np.uint32)
            yield f"m_{topic}/{deployment.model}", column, differs
            yield f"t_{topic}/{deployment.model}", self.refined[:, i], True


def rows_of(table: pa.Table, manifests: Manifests) -> list[ScoredVersion]:
    """Give the rows of a table, in its order, with the bytes that were stored.

    Raises
    ------
    InvalidInputError
        A generation is not known.
    """
    plain = [table[name].to_pylist() for name in PLAIN]
    generations = table["generation"].to_numpy()
    packed: list[tuple[bytes, ...]] = [()] * len(table)
    for number in np.unique(generations).tolist():
        if number not in manifests:
            remedy = "it was in the database when the day was closed: restore a back-up"
            problem = "is not known"
            raise InvalidInputError(FieldProblem(f"generation {number}", problem, remedy))
        at = np.flatnonzero(generations == number)
        part = table if len(at) == len(table) else table.take(at)
        for i, row in zip(at.tolist(), _packed(part, manifests[number]), strict=True):
            packed[i] = row
    alerted = _alerted(table)
    rows: list[ScoredVersion] = []
    for i, values in enumerate(zip(*plain, *zip(*packed, strict=True), strict=True)):
        fields: dict[str, Any] = dict(zip((*PLAIN, *PACKED), values, strict=True))
        rows.append(ScoredVersion(**fields, alerted=alerted.get(i, ())))
    return rows


def _packed(table: pa.Table, manifest: Manifest) -> Iterable[tuple[bytes, ...]]:
    order = manifest.topic_order
    scores = _matrix(table, [f"s_{topic}" for topic in order], np.float32)
    rules = _matrix(table, [f"r_{topic}" for topic in order], np.float32)
    names = [(topic, f"{topic}/{d.model}") for topic, d in manifest.columns]
    models = np.empty((len(table), len(names)), np.float32)
    for i, (topic, name) in enumerate(names):
        column = table[f"m_{name}"].combine_chunks()
        same = column.is_null().to_numpy(zero_copy_only=False)
        values = column.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint32)
        competed = scores[:, order.index(topic)].view(np.uint32)
        models[:, i] = np.where(same, competed, values).view(np.float32)
    refined = _matrix(table, [f"t_{name}" for _, name in names], np.bool_)
    canary = _matrix(table, [f"c_{topic}" for topic in order], np.bool_)
    unknown = table[f"c_{order[0]}"].is_null().to_pylist() if order else [True] * len(table)
    refined_bits = np.packbits(refined, axis=1, bitorder="little")
    canary_bits = np.packbits(canary, axis=1, bitorder="little")
    for i in range(len(table)):
        yield (
            scores[i].tobytes(),
            rules[i].tobytes(),
            models[i].tobytes(),
            refined_bits[i].tobytes(),
            b"" if unknown[i] else canary_bits[i].tobytes(),
        )


def _matrix(table: pa.Table, names: Sequence[str], kind: type) -> np.ndarray:
    matrix: np.ndarray = np.empty((len(table), len(names)), kind)
    for i, name in enumerate(names):
        column = table[name].combine_chunks()
        matrix[:, i] = column.fill_null(kind(0)).to_numpy(zero_copy_only=False)
    return matrix


def _alerted(table: pa.Table) -> dict[int, tuple[str, ...]]:
    """Give the topics that rows were alerted for, of those that were."""
    topics: dict[int, tuple[str, ...]] = {}
    for name in table.column_names:
        if name.startswith("a_"):
            flags = table[name].combine_chunks().fill_null(False)
            for i in np.flatnonzero(flags.to_numpy(zero_copy_only=False)).tolist():
                topics[i] = (*topics.get(i, ()), name.removeprefix("a_"))
    return topics


def _floats(parts: Sequence[bytes], width: int) -> np.ndarray:
    return np.frombuffer(b"".join(parts), "<f4").reshape(len(parts), width)


def _bits(parts: Sequence[bytes], width: int) -> np.ndarray:
    whole = np.frombuffer(b"".join(parts), np.uint8).reshape(len(parts), -(-width // 8))
    return np.unpackbits(whole, axis=1, count=width, bitorder="little").astype(bool)
