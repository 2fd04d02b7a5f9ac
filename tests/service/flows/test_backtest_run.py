"""`mimawari flow run backtest` on the real Metaflow: closed days, a candidate, links both ways."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from tests.acting import TESTS
from tests.service.data_sets.test_data_sets import decide
from tests.service.flows.conftest import Run
from tests.service.history.world import FIRST, Clock, close, fill
from tests.small_model import small_model

from mimawari.errors import InvalidInputError
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.monitor import stages as monitoring
from mimawari.flows.records import TrainSettings
from mimawari.flows.selection_records import Selection
from mimawari.records.lineage import Lineage
from mimawari.service.admission.models import Alert
from mimawari.service.campaigns.models import CampaignChange
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.flows import artifacts, exporting, runs
from mimawari.service.flows.asking import Asked, request_of
from mimawari.service.flows.models import ArtifactKind, FlowRun, RunState
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock as database_clock
from mimawari.service.releases.activating import register_model
from mimawari.service.review.models import Verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(database_clock, "database_now", lambda: clock.now)
    return clock


@pytest.fixture
def closed(generation: int, clock: Clock) -> Clock:
    """Give three closed days of ten listings, of which each tenth has a pistol."""
    fill(clock)
    for number in range(3):
        close(FIRST.date().replace(day=number + 1))
    return clock


def candidate(place: Path, lineage: Lineage | None = None) -> str:
    return register_model(small_model(place / "candidate", lineage=lineage), TESTS)


def asked(model: str) -> Asked:
    return Asked("backtest", ("weapons",), TrainSettings(), models=(model,))


def test_a_candidate_over_closed_days(closed: Clock, tmp_path: Path, typed: Run) -> None:
    model = candidate(tmp_path)
    words = ("--topic", "weapons", "--model", model, "--until", "2026-03-02", "--workers", "1")
    printed = typed("flow", "run", "backtest", *words)
    run = FlowRun.objects.get()
    assert f"{run.pk}: backtest of weapons, 2 days, 2026-03-01 to 2026-03-02" in printed
    assert run.state == RunState.SUCCEEDED
    result = exporting.folder_of(run).result
    assert result is not None
    backtest = result.topics[0].backtest
    assert backtest is not None
    assert (backtest.model, backtest.against, backtest.listings) == (model, "", 20)
    assert backtest.champion.alerts == 2
    assert "2 days, 2026-03-01 to 2026-03-02" in typed("flow", "show", run.pk)
    assert list(artifacts.runs_of(ArtifactKind.MODEL, model)) == [run]
    assert list(artifacts.runs_of(ArtifactKind.DAY, "2026-03-02")) == [run]
    assert not artifacts.runs_of(ArtifactKind.DAY, "2026-03-03")


def test_labels_that_a_model_learnt_from_do_not_judge_it(closed: Clock, tmp_path: Path) -> None:
    versions = list(ListingVersion.objects.order_by("id")[:4])
    for i, version in enumerate(versions[:2]):
        decide(version, Verdict.DOES_NOT_VIOLATE if i else Verdict.VIOLATES)
    model = candidate(tmp_path, Lineage(labels_until=datetime.now(UTC).isoformat()))
    decide(versions[2], Verdict.DOES_NOT_VIOLATE)
    closed.now = datetime.now(UTC)
    run = runs.begin("backtest", request_of(asked(model), TESTS), TESTS, "why")
    folder = exporting.export(run)
    known = folder.read(f"topics/weapons/{LABELS}", KnownLabels)
    assert (known.numbers, known.learnt) == ((versions[2].pk,), 2)


def test_a_day_that_was_rewritten_by_an_erasure_is_refused(closed: Clock, tmp_path: Path) -> None:
    run = runs.begin("backtest", request_of(asked(candidate(tmp_path)), TESTS), TESTS, "why")
    exporting.export(run)
    erase_seller(ListingVersion.objects.order_by("id")[0].seller_id, TESTS, "asked for")
    with pytest.raises(InvalidInputError, match="has other files than when the run was asked"):
        exporting.export(run)


def test_without_a_closed_day_nothing_begins(generation: int, tmp_path: Path, typed: Run) -> None:
    words = ("--topic", "weapons", "--model", candidate(tmp_path), "--since", "2026-03-01")
    printed = typed("flow", "run", "backtest", *words, code=1)
    assert "none from 2026-03-01 to today is closed; mimawari history list" in printed
    assert not FlowRun.objects.exists()


def test_a_selection_becomes_a_campaign(closed: Clock, typed: Run, tmp_path: Path) -> None:
    words = ("--topic", "weapons", "--budget", "6", "--workers", "1")
    printed = typed("flow", "run", "select", *words, "--source", "random", "--source", "uncertain")
    run = FlowRun.objects.get()
    result = exporting.folder_of(run).result
    assert result is not None
    selection = result.topics[0].selection
    assert selection is not None
    asked_already = set(Alert.objects.values_list("listing_version_id", flat=True))
    assert not asked_already & {version.number for version in selection.chosen}
    assert len(selection.chosen) == 6
    plan = exporting.folder_of(run).topic("weapons") / "plan.json"
    assert f"mimawari campaigns create NAME --topic weapons --plan {plan}" in printed
    create = ("campaigns", "create", "spring", "--topic", "weapons", "--plan")
    typed(*create, str(plan), "--budget", "5", "--beyond", "5")
    planned = CampaignChange.objects.get().planned
    assert (planned.sources, planned.labels, planned.budget) == (("random",), 6, 5)
    assert "give plan.json of a run" in typed(*create, str(plan.with_name("none")), code=1)
    _written_to_be_labelled(run, selection, typed, tmp_path)


def _written_to_be_labelled(run: FlowRun, selection: Selection, typed: Run, tmp_path: Path) -> None:
    """See that the listings are written, but for those of a seller who was erased since."""
    output = tmp_path / "label.jsonl"
    words = ("flow", "selected", run.pk, "--topic", "weapons", "-o", str(output))
    assert "6 listings are in" in typed(*words)
    rows = [msgspec.json.decode(line) for line in output.read_text("utf-8").splitlines()]
    numbers = [version.number for version in selection.chosen]
    known = ListingVersion.objects.filter(pk__in=numbers).values_list("listing_id", "seller_id")
    assert {row["id"] for row in rows} == {listing for listing, _ in known}
    listing, seller = known[0]
    erase_seller(seller, TESTS, "asked for")
    typed(*words)
    assert f'"{listing}"' not in output.read_text("utf-8")
    assert "has chosen nothing of adult" in typed(*words[:4], "adult", *words[5:], code=1)


def test_closed_days_are_watched_by_the_steps_alone(closed: Clock) -> None:
    asked = Asked("monitor", ("weapons",), TrainSettings())
    run = runs.begin("monitor", request_of(asked, TESTS), TESTS, "after the outage")
    folder = exporting.export(run)
    path = str(folder.request_path)
    for days in monitoring.begin(path):
        monitoring.count(path, days)
    monitoring.watch(path)
    monitoring.finish(path)
    result = folder.result
    assert result is not None
    assert result.monitored is not None
    assert result.monitored.versions == 30
    assert [day.alerted for day in result.monitored.topics["weapons"]] == [1, 1, 1]
    assert [day.scored for day in result.monitored.topics["weapons"]] == [1, 1, 1]


def test_what_a_flow_would_not_heed_is_refused(closed: Clock) -> None:
    asked = Asked("select", ("weapons",), TrainSettings(), data_set="weapons")
    with pytest.raises(InvalidInputError, match="--data-set: is not heeded by select"):
        request_of(asked, TESTS)
    asked = Asked("train", ("weapons",), TrainSettings(), since=FIRST.date())
    with pytest.raises(InvalidInputError, match="--since: is not heeded by train"):
        request_of(asked, TESTS)
