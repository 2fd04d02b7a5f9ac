"""Past decisions from files: labels as of their date, ours first, once, and nothing follows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.cli.main import main
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import of_user
from mimawari.service.accounts.permissions import Role
from mimawari.service.actions.models import Action
from mimawari.service.admission.models import Alert
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.console import timeline
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.monitoring.quality import quality
from mimawari.service.review import importing, labels, queue
from mimawari.service.review.listing_history import history_of
from mimawari.service.review.models import (
    Decision,
    DecisionImport,
    ImportedDecision,
    ImportedReviewer,
)

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., tuple[int, str]]
COLUMNS = ("id", "topic", "verdict", "decided_at", "reviewer")
MARCH, MAY = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def run(
    generation: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Give what runs a command: its exit code, and what it wrote."""

    def command(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["mimawari", *words])
        monkeypatch.setenv("COLUMNS", "300")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.err.strip() + captured.out

    return command


def written(path: Path, *rows: dict[str, object]) -> str:
    """Write a CSV file with the columns of its rows."""
    columns = list(dict.fromkeys((*COLUMNS, *(name for row in rows for name in row))))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def past(number: int = 1, verdict: str = "violates", **more: object) -> dict[str, object]:
    """Give a row of a past decision on a known listing."""
    row: dict[str, object] = {"id": f"L{number}", "topic": "weapons", "verdict": verdict}
    return row | {"decided_at": MARCH.isoformat(), "reviewer": "Ms Abe"} | more


def known(until: datetime | None = None) -> dict[str, int]:
    """Give what labels say by listing."""
    return {row.listing.id: row.label.value for row in labels.labelled("weapons", until)}


def test_labels_as_of_their_date_and_nothing_follows(run: Run, tmp_path: Path) -> None:
    log.append([listing(1, "a pistol"), listing(2)])
    events = Event.objects.count()
    rows = [
        past(1),
        past(2, "does_not_violate", decided_at=MAY.isoformat()),
        past(3, "yes", title="an old rifle", seller_id="s9", reviewer="Mr Ito", note="seen twice"),
    ]
    code, text = run("decisions", "import", written(tmp_path / "past.csv", *rows))
    assert (code, text.splitlines()[-2:]) == (
        0,
        [
            "past.csv: 3 rows: 3 imported, 0 known, 0 rejected.",
            "2 of them are violations: listings that repeat one are proposed.",
        ],
    )
    assert known(MARCH - timedelta(seconds=1)) == {}
    assert known(MARCH) == {"L1": 1, "L3": 1}
    assert known() == {"L1": 1, "L2": 0, "L3": 1}
    exported = {row[0].id: (row[1], row[2]) for row in labels.export()}
    assert exported["L3"] == ({"weapons": 1}, {"weapons": 1.0})
    assert not Action.objects.exists()
    assert not Alert.objects.exists()
    assert ListingVersion.objects.count() == 2, "what came along is not in the log"
    new = list(Event.objects.order_by("pk")[events:])
    assert [event.kind for event in new] == ["rows", "rows", "decision_import"]
    body = json.loads(new[-1].body or "")["details"]
    (imported,) = DecisionImport.objects.all()
    assert body == {"file": "past.csv", "sha256": imported.sha256, "rows": 3, "imported": 3,
                    "known": 0, "rejected": 0}  # fmt: skip
    seal_all()
    assert not verify().problems


def test_a_listing_that_came_along_may_still_be_sent(run: Run, tmp_path: Path) -> None:
    run("decisions", "import", written(tmp_path / "past.csv", past(1, title="a pistol")))
    assert log.append([listing(1, "a pistol, edited")]) == [log.ACCEPTED]
    work()
    assert Alert.objects.count() == 1


def test_a_second_run_and_another_file_of_the_same_bring_nothing(run: Run, tmp_path: Path) -> None:
    log.append([listing(1), listing(2)])
    rows = [past(1), past(2), past(3, title="a rifle")]
    file = written(tmp_path / "past.csv", *rows)
    run("decisions", "import", file)
    code, text = run("decisions", "import", file)
    assert (code, "nothing is new" in text) == (0, True)
    other = written(tmp_path / "other.csv", *rows[::-1])
    code, text = run("decisions", "import", other)
    assert text.strip() == "other.csv: 3 rows: 0 imported, 3 known, 0 rejected."
    code, text = run("decisions", "import", file, "--restart")
    assert text.startswith("past.csv: 3 rows: 0 imported, 3 known, 0 rejected.")
    assert ImportedDecision.objects.count() == 3


def test_ours_wins_from_when_it_was_decided(run: Run, tmp_path: Path) -> None:
    log.append([listing(1, "a pistol")])
    work()
    (alert,) = Alert.objects.all()
    anna = User.objects.create_user("anna")
    queue.next_alert(anna)
    queue.decide(alert, anna, queue.Judgement("does_not_violate"), 1.0)
    decided = Decision.objects.get()
    _code, text = run("decisions", "import", written(tmp_path / "past.csv", past(1)))
    assert "1 of them count no more: a moderator of yours decided the listing." in text
    assert known() == {"L1": 0}
    assert known(decided.decided_at - timedelta(seconds=1)) == {"L1": 1}, "not known by then"
    queue.undo(anna)
    assert known() == {"L1": 1}
    assert "Ms Abe" not in {person.name for person in quality("weapons").moderators}
    assert not User.objects.filter(username="Ms Abe").exists()


def test_reviewers_who_differ_and_who_correct_themselves(run: Run, tmp_path: Path) -> None:
    log.append([listing(1), listing(2)])
    later = MAY.isoformat()
    rows = [
        past(1),
        past(1, "does_not_violate", reviewer="Mr Ito"),
        past(2),
        past(2, "does_not_violate", decided_at=later),
    ]
    run("decisions", "import", written(tmp_path / "past.csv", *rows))
    assert known(MARCH) == {"L2": 1}, "a tie is unknown"
    assert known(MAY) == {"L2": 0}


def test_each_bad_row_is_told_with_its_reason(run: Run, tmp_path: Path) -> None:
    log.append([listing(1)])
    rows = [
        past(1),
        past(9),
        past(1, "perhaps"),
        past(1, decided_at="2024-05-01 10:00"),
        past(1, decided_at="2199-05-01T10:00:00Z"),
        past(1, topic="weapon"),
        past(1, reviewer=""),
        past(1, version=7),
        past(1, clause="c9"),
        past(1, topic="drugs", verdict="no"),
    ]
    file = written(tmp_path / "past.csv", *rows)
    _code, text = run("decisions", "import", file)
    assert "10 rows: 2 imported, 0 known, 8 rejected." in text
    lines = (tmp_path / "past.rejects.jsonl").read_text("utf-8").splitlines()
    problems = {r["row"]: r["problems"][0] for r in map(json.loads, lines)}
    assert {row: problem["field"] for row, problem in problems.items()} == {
        2: "id", 3: "verdict", 4: "decided_at", 5: "decided_at", 6: "topic", 7: "reviewer",
        8: "version", 9: "clause",
    }  # fmt: skip
    assert problems[6]["remedy"] == "did you mean 'weapons'?"
    assert "no time zone" in problems[4]["problem"]


def test_a_header_that_is_wrong_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "past.csv"
    file.write_text("id,topic,verdict,decided,reviewer\n", "utf-8")
    code, text = run("decisions", "import", str(file))
    assert code == 1
    assert "column decided_at: is missing" in text


def test_jsonl_and_parquet_are_read_alike(run: Run, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    log.append([listing(1), listing(2)])
    lines = tmp_path / "past.jsonl"
    lines.write_text(json.dumps(past(1)) + "\n[]\n" + json.dumps({"id": "L2"}), "utf-8")
    _, text = run("decisions", "import", str(lines))
    assert "3 rows: 1 imported, 0 known, 2 rejected." in text
    rows = [past(1) | {"decided_at": MARCH}, past(2) | {"decided_at": MAY}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "past.parquet")
    _code, text = run("decisions", "import", str(tmp_path / "past.parquet"))
    assert text.startswith("past.parquet: 2 rows: 1 imported, 1 known, 0 rejected.")


def test_it_goes_on_where_it_was_stopped(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mimawari.cli.decisions.GROUP", 2)
    log.append([listing(number) for number in range(1, 6)])
    file = written(tmp_path / "past.csv", *(past(n) for n in (1, 99, 2, 98, 3, 97, 4)))
    real, calls = importing.take_in, []

    def stops(*given: object) -> object:
        calls.append(given)
        answers = real(*given)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return answers

    monkeypatch.setattr(importing, "take_in", stops)
    code, text = run("decisions", "import", file)
    assert (code, "goes on after row 2" in text) == (1, True), text
    assert ImportedDecision.objects.count() == 1
    code, text = run("decisions", "import", file)
    assert "past.csv: 7 rows: 4 imported, 0 known, 3 rejected." in text
    lines = (tmp_path / "past.rejects.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["row"] for line in lines] == [2, 4, 6]
    assert Event.objects.filter(kind="decision_import").count() == 1


def test_only_who_may_imports(run: Run, tmp_path: Path) -> None:
    User.objects.create_user("lead")
    roles.change("lead", Role.LEAD, TESTS)
    code, text = run("decisions", "import", written(tmp_path / "p.csv", past(1)), "--by", "lead")
    assert (code, "lacks decisions:write" in text) == (1, True), text


def test_an_erasure_takes_texts_and_notes_and_the_ledger_verifies(run: Run, tmp_path: Path) -> None:
    log.append([listing(1)])
    rows = [
        past(1, note="sold to a friend"),
        past(3, title="an old rifle", seller_id="s", note="x"),
    ]
    run("decisions", "import", written(tmp_path / "past.csv", *rows))
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportedDecision.objects.update(verdict="does_not_violate")
    erase_seller("s", TESTS, "asked for it")
    assert set(ImportedDecision.objects.values_list("note", flat=True)) == {""}
    assert known() == {}
    seal_all()
    assert not verify().problems


def test_a_listings_history_tells_of_it_without_a_moderators_name(run: Run, tmp_path: Path) -> None:
    log.append([listing(1)])
    run("decisions", "import", written(tmp_path / "past.csv", past(1, note="seen twice")))
    (person,) = ImportedReviewer.objects.all()
    history = history_of("L1")
    assert history is not None
    (decision,) = history.versions[0].imported
    assert (decision.topic, decision.reviewer) == ("weapons", f"imported-{person.pk}")
    for role, name in ((Role.LEAD, "Ms Abe"), (Role.MODERATOR, f"imported reviewer {person.pk}")):
        account = User.objects.create_user(role)
        roles.change(role, role, TESTS)
        (version,) = timeline.events("L1", of_user(account))
        (event,) = [e for e in version.events if e.kind == "decided elsewhere, imported"]
        assert (event.who, event.why) == (name, ("seen twice",))
