"""A model handed over to a real MLflow store, and loaded back by our loader."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.acting import TESTS
from tests.small_model import small_model

from mimawari.detectors.loading import load_model
from mimawari.detectors.resources import subject_of
from mimawari.errors import InvalidInputError
from mimawari.records.lineage import Lineage
from mimawari.records.measured import Figure, Measured, Source
from mimawari.service.audit.models import Event
from mimawari.service.platform import clock
from mimawari.service.releases.activating import activate_topic_file, register_model
from mimawari.service.releases.mlflow_export import _without_secrets, export_to_mlflow
from mimawari.service.releases.models import Measurement

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tracking = pytest.importorskip("mlflow.tracking")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore"),  # what MLflow's own parts warn of
]
Make = Callable[..., Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lineage = Lineage(by="ann", rows=400, settings={"text": ["x" * 900]})
    return small_model(tmp_path_factory.mktemp("export") / "model", lineage=lineage)


@pytest.fixture
def version(folder: Path, topic_file: Make) -> str:
    activate_topic_file(topic_file(word="pistol"), TESTS, "why")
    register_model(folder, TESTS)
    figure = Figure(measure="auprc", value=0.7, low=0.6, high=0.8, over=90)
    Measurement.objects.create(
        model=subject_of(folder).name,
        at=clock.database_now(),
        actor="ann",
        measured=Measured(source=Source.VALIDATION, figures=(figure,)),
    )
    return subject_of(folder).name


def test_it_is_loaded_back_the_same(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where MLflow keeps files of a database's runs
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    made = export_to_mlflow(version, store, TESTS)
    client = tracking.MlflowClient(tracking_uri=store)
    run = client.get_run(made.run)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"auprc": 0.7, "auprc_low": 0.6, "auprc_high": 0.8}
    assert run.data.params["rows"] == "400"
    assert run.data.tags["mimawari.version"] == version
    (tmp_path / "back").mkdir()
    back = Path(client.download_artifacts(made.run, "", str(tmp_path / "back")))
    model = load_model(back / "model" / "sealed", version)
    assert model.fingerprint == run.data.tags["mimawari.fingerprint"]
    assert (
        subject_of(back / "model" / "sealed").digest["sha256"] == run.data.tags["mimawari.digest"]
    )
    flavors = yaml.safe_load((back / "model" / "MLmodel").read_text("utf-8"))["flavors"]
    assert set(flavors) == {"mimawari"}
    assert (back / "card.md").read_text("utf-8").startswith("---\nlibrary_name: mimawari")
    again = export_to_mlflow(version, store, TESTS)
    assert (again.run, again.existed) == (made.run, True)
    (event,) = Event.objects.filter(kind="model_export", subject=version)
    assert event.body
    assert made.run in event.body


def test_a_store_that_does_not_take_it_is_a_problem(version: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InvalidInputError, match="tracking: does not take it"):
        export_to_mlflow(version, f"sqlite:///{tmp_path / 'file' / 'x.db'}", TESTS)
    assert not Event.objects.filter(kind="model_export").exists()


def test_passwords_of_an_address_are_not_kept() -> None:
    assert _without_secrets("https://u:p@ml.test/x?t=1") == "https://ml.test/x"
    assert _without_secrets("sqlite:////var/m.db") == "sqlite:////var/m.db"
