from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.media import store as module
from mimawari.listings.media.store import DamagedMediaError, MediaStore


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def files(store: MediaStore) -> list[Path]:
    return [one for one in store.folder.rglob("*") if one.is_file()]


def test_bytes_come_back_under_their_hash(store: MediaStore) -> None:
    for data in (b"", b"a", b"x" * 100_000):
        name = store.put(data)
        assert name == hashlib.sha256(data).hexdigest()
        assert store.get(name) == data
        assert store.path(name).parent.name == name[:2]


def test_the_same_bytes_are_kept_once_and_not_written_again(store: MediaStore) -> None:
    name = store.put(b"a")
    before = store.path(name).stat().st_ino
    assert store.put(b"a") == name
    assert store.path(name).stat().st_ino == before
    assert len(files(store)) == 1


def test_unknown_names_give_nothing(store: MediaStore) -> None:
    assert store.get("0" * 64) is None
    assert store.remove("0" * 64) is False


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "0" * 63, "0" * 63 + "G", "0" * 64 + "\n"]
)
def test_names_that_are_no_hash_are_refused(store: MediaStore, name: str) -> None:
    for use in (store.get, store.remove, store.path):
        with pytest.raises(InvalidInputError, match="64 hexadecimal digits"):
            use(name)


def test_damage_is_found_and_mended_by_putting_again(store: MediaStore) -> None:
    name = store.put(b"picture")
    store.path(name).write_bytes(b"pictura")
    with pytest.raises(DamagedMediaError, match=name):
        store.get(name)
    store.put(b"picture")
    assert store.get(name) == b"picture"


def test_removed_bytes_are_gone(store: MediaStore) -> None:
    name = store.put(b"picture")
    assert store.remove(name) is True
    assert files(store) == []


def test_a_write_that_fails_leaves_nothing(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"picture")
    assert files(store) == []


def test_a_put_ends_when_the_names_are_on_the_disk_too(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, fsync = hashlib.sha256(b"picture").hexdigest(), module.os.fsync
    synced: list[tuple[int, bool]] = []

    def noted(handle: int) -> None:
        fsync(handle)
        synced.append((module.os.fstat(handle).st_ino, store.path(name).exists()))

    monkeypatch.setattr(module.os, "fsync", noted)
    store.put(b"picture")
    folders = (store.path(name).parent, store.folder, store.folder.parent)
    names = [(folder.stat().st_ino, True) for folder in folders]
    assert synced == [(store.path(name).stat().st_ino, False), *names]
    synced.clear()
    store.put(b"picture")  # whoever put it first may have been killed just before its folders were
    assert synced == names


def test_a_folder_that_cannot_be_synced_is_told(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, "_sync", broken)
    with pytest.raises(OSError, match="Input/output"):
        store.put(b"picture")
    monkeypatch.undo()
    assert store.get(store.put(b"picture")) == b"picture"


def test_threads_put_the_same_and_different_bytes(store: MediaStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda at: store.put(b"%d" % (at % 5)), range(100)))
    assert len(names) == len(files(store)) == 5
    assert all(store.get(name) is not None for name in names)
