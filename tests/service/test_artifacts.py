"""The artifact store: whole or not at all, on a folder and on an object store, and away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from mimawari.errors import InvalidInputError
from mimawari.service.catalogue.artifacts import WHOLE, ArtifactStore


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "inner" / "b.txt").write_text("b")
    return folder


@pytest.fixture(params=["folder", "object store"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "kept")
        return
    yield "memory://kept"
    if fsspec.filesystem("memory").exists("/kept"):
        fsspec.filesystem("memory").rm("/kept", recursive=True)


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_kept_comes_back_on_any_host(url: str, source: Path, tmp_path: Path) -> None:
    store = ArtifactStore(url, tmp_path / "copies")
    store.put(source, "models/weapons-1")
    store.put(source, "models/weapons-1")
    assert store.has("models/weapons-1")
    elsewhere = ArtifactStore(url, tmp_path / "copies of another host")
    for _ in range(2):
        assert texts(elsewhere.folder("models/weapons-1")) == {"a.txt": "a", "inner/b.txt": "b"}


def test_a_copy_that_was_broken_off_counts_for_nothing(
    url: str, source: Path, tmp_path: Path
) -> None:
    store = ArtifactStore(url, tmp_path / "copies")
    store.put(source, "models/weapons-1")
    files, root = fsspec.core.url_to_fs(url)
    files.rm(f"{root}/models/weapons-1{WHOLE}")
    files.rm(f"{root}/models/weapons-1/a.txt")
    assert not store.has("models/weapons-1")
    store.put(source, "models/weapons-1")
    assert texts(store.folder("models/weapons-1"))["a.txt"] == "a"


def test_what_is_not_kept_is_an_error_with_a_remedy(url: str, tmp_path: Path) -> None:
    store = ArtifactStore(url, tmp_path / "copies")
    with pytest.raises(InvalidInputError, match=r"weapons-2.*register the model again|answers"):
        store.folder("models/weapons-2")


def test_a_store_that_is_away_is_told_and_copies_serve_on(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ArtifactStore("memory://away", tmp_path / "copies")
    store.put(source, "models/weapons-1")
    store.folder("models/weapons-1")

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("no route to the store")

    for name in ("get", "open", "exists"):
        monkeypatch.setattr(type(store._files), name, refuse)
    assert texts(store.folder("models/weapons-1"))["a.txt"] == "a"
    with pytest.raises(InvalidInputError, match="no route to the store"):
        store.put(source, "models/weapons-3")
    with pytest.raises(InvalidInputError, match="no route to the store"):
        store.folder("models/weapons-3")
