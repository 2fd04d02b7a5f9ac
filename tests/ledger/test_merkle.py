"""The Merkle log against the RFC's own definition, and against published vectors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.ledger import tiles
from mimawari.ledger.merkle import (
    EMPTY_ROOT,
    Range,
    extends,
    fold,
    includes,
    leaf_hash,
    node_hash,
    root_of,
)

# The reference inputs and hashes of Certificate Transparency's Merkle tree tests.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}
CONSISTENCY: dict[tuple[int, int], tuple[str, ...]] = {
    (1, 1): (),
    (1, 8): INCLUSION[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
# Sizes around the edges of tiles, and small ones of every shape.
SIZES = st.one_of(st.integers(1, 70), st.sampled_from((255, 256, 257, 511, 512, 513, 700)))


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over leaves' hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = left(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = left(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = left(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def left(n: int) -> int:
    """The largest power of two below n, looked for one by one."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def hashes(count: int, seed: int = 0) -> list[bytes]:
    return [leaf_hash(b"%d of %d" % (i, seed)) for i in range(count)]


def stored(leaves: list[bytes], pieces: list[int]) -> dict[tuple[int, int], bytes]:
    """Tiles of a log that grew in pieces; what is left comes at the end."""
    kept: dict[tuple[int, int], bytes] = {}
    size = 0

    def read(level: int, number: int) -> bytes:
        return kept[level, number]

    for piece in [*pieces, len(leaves)]:
        part = leaves[size : size + piece]
        kept.update(tiles.extend(read, size, part))
        size += len(part)
    return kept


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    leaves = [leaf_hash(data) for data in INPUTS[:size]]
    assert root_of(leaves).hex() == naive_root(leaves).hex() == ROOTS[size]


@pytest.mark.parametrize("case", INCLUSION)
def test_published_inclusion_proofs(case: tuple[int, int]) -> None:
    index, size = case
    leaves = [leaf_hash(data) for data in INPUTS[:size]]
    kept = stored(leaves, [])
    proof = tiles.inclusion(lambda level, number: kept[level, number], index, size)
    assert tuple(piece.hex() for piece in proof) == INCLUSION[case]
    assert includes(index, size, leaves[index], proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize("case", CONSISTENCY)
def test_published_consistency_proofs(case: tuple[int, int]) -> None:
    first, second = case
    kept = stored([leaf_hash(data) for data in INPUTS], [])
    proof = tiles.consistency(lambda level, number: kept[level, number], first, second)
    assert tuple(piece.hex() for piece in proof) == CONSISTENCY[case]
    roots = bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second])
    assert extends(first, second, proof, *roots)


@given(SIZES, st.data())
def test_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    leaves = hashes(size)
    kept = stored(leaves, data.draw(st.lists(st.integers(0, 300), max_size=4)))
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))

    def read(level: int, number: int) -> bytes:
        return kept[level, number]

    root, older = naive_root(leaves), naive_root(leaves[:first])
    assert tiles.root(read, size) == root_of(leaves) == root
    assert tiles.root(read, first) == tiles.edge(read, first).root() == older
    proof = tiles.inclusion(read, index, size)
    assert proof == naive_path(index, leaves)
    assert includes(index, size, leaves[index], proof, root)
    proof = tiles.consistency(read, first, size)
    assert proof == naive_subproof(first, leaves, True)
    assert extends(first, size, proof, older, root)


@given(SIZES, SIZES)
def test_the_edge_of_a_log_goes_on(first: int, more: int) -> None:
    leaves = hashes(first + more)
    kept = stored(leaves, [])
    log = tiles.edge(lambda level, number: kept[level, number], first)
    for leaf in leaves[first:]:
        log.append(leaf)
    assert (log.size, log.root()) == (first + more, naive_root(leaves))


@given(st.integers(1, 40), st.data())
def test_no_other_proof_passes(size: int, data: st.DataObject) -> None:
    leaves = hashes(size)
    root = naive_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = naive_path(index, leaves)
    assert not includes(index, size, leaf_hash(b"other"), path, root)
    assert not includes(index, size, leaves[index], [*path, root], root)
    assert not includes(size, size, leaves[index], path, root)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:place], leaf_hash(b"other"), *path[place + 1 :]]
        assert not includes(index, size, leaves[index], changed, root)
        assert not includes(index, size, leaves[index], path[:-1], root)


@given(st.integers(2, 40), st.data())
def test_no_other_history_passes(size: int, data: st.DataObject) -> None:
    leaves = hashes(size)
    first = data.draw(st.integers(1, size - 1))
    older, root = naive_root(leaves[:first]), naive_root(leaves)
    proof = naive_subproof(first, leaves, True)
    other = naive_root([leaf_hash(b"other"), *leaves[1:first]])
    assert not extends(first, size, proof, other, root)
    assert not extends(first, size, proof, older, other)
    assert not extends(first, size, proof[:-1], older, root)
    assert not extends(first, size, [*proof, root], older, root)
    assert not extends(size, first, proof, root, older)


def test_the_empty_log() -> None:
    assert Range().root() == root_of([]) == tiles.root(lambda *_: b"", 0) == EMPTY_ROOT
    assert tiles.consistency(lambda *_: b"", 0, 5) == []
    assert extends(0, 5, [], EMPTY_ROOT, node_hash(b"", b""))
    assert not extends(0, 5, [], node_hash(b"", b""), EMPTY_ROOT)
    assert not includes(0, 0, EMPTY_ROOT, [], EMPTY_ROOT)


def test_nodes_are_no_leaves() -> None:
    left_leaf, right_leaf = hashes(2)
    assert fold([left_leaf, right_leaf]) != leaf_hash(left_leaf + right_leaf)
