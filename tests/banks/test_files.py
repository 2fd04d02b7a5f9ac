from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.media.drawn import picture

from mimawari.detectors.banks import Entry, Verdict, add, entry_of, load, remove
from mimawari.errors import InvalidInputError
from mimawari.listings.media.hashes import pdq
from mimawari.listings.media.pictures import Picture

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


def entry(
    number: int, verdict: Verdict = Verdict.BAD, topic: str = "weapons", **more: str
) -> Entry:
    return Entry(pdq=f"{number:064x}", topic=topic, verdict=verdict, by="ann", at=AT, **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "known.jsonl"


def test_what_was_added_is_read_again(path: Path) -> None:
    told = [entry(1, note="事件 17\nsecond line"), entry(2, Verdict.GOOD), entry(1, topic="drugs")]
    add(path, told[:2])
    add(path, told[2:])
    bank = load(path)
    assert bank.name == "known"
    assert list(bank.history) == list(bank.entries) == told


def test_the_last_entry_of_a_hash_and_topic_holds(path: Path) -> None:
    add(path, [entry(1), entry(1, topic="drugs"), entry(1, Verdict.GOOD, note="stock photo")])
    found = {one.topic: one for one in load(path).entries}
    assert (found["weapons"].verdict, found["weapons"].note) == (Verdict.GOOD, "stock photo")
    assert found["drugs"].verdict is Verdict.BAD


def test_removing_leaves_who_and_when(path: Path) -> None:
    add(path, [entry(1), entry(2)])
    later = AT + timedelta(days=1)
    remove(path, entry(1).pdq, "weapons", by="bob", at=later, note="wrong picture")
    bank = load(path)
    assert bank.entries == (entry(2),)
    withdrawn = bank.history[-1]
    assert (withdrawn.verdict, withdrawn.by, withdrawn.at) == (Verdict.WITHDRAWN, "bob", later)
    add(path, [entry(1)])
    assert set(load(path).entries) == {entry(1), entry(2)}


def test_removing_what_is_not_there_is_refused(path: Path) -> None:
    add(path, [entry(1)])
    for number, topic in ((1, "drugs"), (2, "weapons")):
        with pytest.raises(InvalidInputError, match=r"pdq: .* is not in known\.jsonl"):
            remove(path, entry(number).pdq, topic, by="bob", at=AT)
    remove(path, entry(1).pdq, "weapons", by="bob", at=AT)
    with pytest.raises(InvalidInputError, match="is not in"):
        remove(path, entry(1).pdq, "weapons", by="bob", at=AT)


def test_every_entry_changes_the_version(path: Path) -> None:
    versions = []
    for one in (entry(1), entry(2), entry(2)):
        add(path, [one])
        versions.append(load(path).version)
    assert len(set(versions)) == 3
    assert load(path).version == versions[-1]


def test_all_bad_lines_are_named(path: Path) -> None:
    good = msgspec.json.encode(entry(1))
    bad = [
        b"",
        b"{",
        b"[]",
        good.replace(b"weapons", b"Weapons!"),
        good.replace(b'"bad"', b'"evil"'),
        good.replace(b"0001", b"001"),
        good.replace(b"Z", b""),
        good.replace(b'"ann"', b'"\xff"'),
        good.replace(b'"note"', b'"more"'),
    ]
    path.write_bytes(b"\n".join([good, *bad, good]) + b"\n")
    with pytest.raises(InvalidInputError) as told:
        load(path)
    fields = [one.field for one in told.value.problems]
    assert fields == [f"known.jsonl line {number}" for number in range(2, 2 + len(bad))]
    assert all(one.remedy for one in told.value.problems)


def test_a_file_of_another_kind_names_only_some_of_its_lines(path: Path) -> None:
    path.write_bytes(b"no entry\n" * 1_000)
    with pytest.raises(InvalidInputError) as told:
        load(path)
    assert len(told.value.problems) == 20


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"known\.jsonl: cannot be read"):
        load(path)


def test_nothing_is_added_to_a_line_that_was_cut_off(path: Path) -> None:
    add(path, [entry(1), entry(2)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(InvalidInputError, match="line 2"):
        load(path)
    with pytest.raises(InvalidInputError, match="ends within a line"):
        add(path, [entry(3)])
    assert path.read_bytes() == whole[:-5]


@pytest.mark.parametrize(
    "changed",
    [
        {"pdq": "F" * 64},
        {"pdq": "0" * 64 + "\n"},
        {"topic": ""},
        {"by": ""},
        {"note": "x" * 1_001},
        {"note": "\ud800"},
        {"at": datetime(2026, 1, 31)},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_could_not_be_read_again_is_not_written(
    path: Path, changed: dict[str, object]
) -> None:
    with pytest.raises(InvalidInputError, match="entry: "):
        add(path, [entry(1), msgspec.structs.replace(entry(2), **changed)])
    assert not path.exists()


def test_writers_at_once_lose_nothing(path: Path) -> None:
    add(path, [entry(0)])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add(path, [entry(n), entry(n + 1_000)]), range(1, 60)))
    assert len(load(path).entries) == 1 + 2 * 59


def test_a_picture_becomes_an_entry() -> None:
    one = entry_of(picture(1), "weapons", Verdict.BAD, "ann", AT, "case 17")
    assert one.bits == pdq(picture(1)).bits
    assert one.provenance == "case 17 (by ann, 2026-01-31)"


def test_a_picture_with_nothing_on_it_is_refused() -> None:
    blank = Picture("0" * 64, np.full((200, 200, 3), 200, np.uint8))
    with pytest.raises(InvalidInputError, match="resembles too many others"):
        entry_of(blank, "weapons", Verdict.BAD, "ann", AT)
