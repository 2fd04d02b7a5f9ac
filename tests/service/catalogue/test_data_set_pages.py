"""Pages of data sets: the list, a card, and how two versions differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.acting import TESTS
from tests.service.catalogue.world import HOSTILE, client, data_set, labelled, model, page

from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.data_sets.forgetting import note_erasure
from mimawari.service.data_sets.reading import artifact_name

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("generation")]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[DataSetVersion, DataSetVersion]:
    """Keep two versions: of the second three labels are turned round, and ten are new."""
    return data_set(tmp_path, labelled(40)), data_set(tmp_path, labelled(50, turned=3), days=20)


def test_who_may_see_data_sets(pair: tuple[DataSetVersion, DataSetVersion]) -> None:
    old, new = pair
    for path in ("/data-sets", f"/data-sets/{new.pk}", f"/data-sets/{new.pk}?from={old.pk}"):
        assert client().get(path).status_code == 200
        assert client("auditor").get(path).status_code == 200
        for nobody in ("lead", "moderator", "policy_editor"):
            assert client(nobody).get(path).status_code == 403
    assert 'href="/data-sets"' in page(client().get("/models"))
    assert 'href="/data-sets"' not in page(client("lead").get("/models"))
    of_drugs = client("ml_engineer", "drugs")
    assert new.pk not in page(of_drugs.get("/data-sets"))
    assert new.pk not in page(of_drugs.get("/data-sets?name=weapons"))
    assert of_drugs.get(f"/data-sets/{new.pk}").status_code == 403
    for unknown in ("weapons", "nothing-0", "%00", "a b"):
        assert client().get(f"/data-sets/{unknown}").status_code == 404


def test_the_list_has_series_with_their_newest_versions(tmp_path: Path) -> None:
    made = [data_set(tmp_path, labelled(10 + i), days=10 + i) for i in range(6)]
    other = data_set(tmp_path, labelled(12), name="another")
    told = page(client().get("/data-sets"))
    assert told.index(other.pk) < told.index(made[5].pk) < told.index(made[3].pk)
    assert made[2].pk not in told
    assert 'href="?name=weapons"' in told
    assert 'href="?name=another"' not in told
    whole = page(client().get("/data-sets?name=weapons"))
    assert [one.pk in whole for one in made] == [True] * 6
    assert "There is no data set of this name." in page(client().get("/data-sets?name=x%00"))


def test_long_lists_have_pages(tmp_path: Path) -> None:
    for i in range(30):
        data_set(tmp_path, labelled(4), name=f"series{i:02}")
    first = page(client().get("/data-sets"))
    assert "series24" in first
    assert "series25" not in first
    rest = page(client().get("/data-sets?after=series24"))
    assert "series25" in rest
    assert "series24" not in rest
    for i in range(55):
        data_set(tmp_path, labelled(4), days=40 + i)
    newest = page(client().get("/data-sets?name=weapons"))
    last = newest.split("before=weapons-")[1].split('"')[0]
    older = page(client().get(f"/data-sets?name=weapons&before=weapons-{last}"))
    assert older.count("<tr>") == 1 + 5
    assert "Older versions" not in older


def test_a_card_in_words(pair: tuple[DataSetVersion, DataSetVersion]) -> None:
    _, new = pair
    told_model = model("weapons-aaaaaaaaaaaa", data_set=new.pk)
    told = page(client().get(f"/data-sets/{new.pk}"))
    for said in (
        *("v1: 47, v2: 3", "en 50", "2026-03-02", "classes without a label", "passed"),
        *("violations of one seller", "80%", "eve", told_model.pk),
    ):
        assert said in told, said
    of_drugs = client("ml_engineer", "weapons")
    assert told_model.pk in page(of_drugs.get(f"/data-sets/{new.pk}"))


def test_how_two_versions_differ(pair: tuple[DataSetVersion, DataSetVersion]) -> None:
    old, new = pair
    told = page(client().get(f"/data-sets/{new.pk}?from={old.pk}"))
    for said in (
        *("13 labels differ.", "decided again under another policy version", "relabelled"),
        *("decided before, and not old enough", "&lt;script&gt;alert(1)&lt;/script&gt;0"),
    ):
        assert said in told, said
    assert HOSTILE not in told
    assert "0 labels differ." in page(client().get(f"/data-sets/{new.pk}?from={new.pk}"))
    unknown = page(client().get(f"/data-sets/{new.pk}?from=nothing"), 404)
    assert "There is no data set of this version." in unknown


def test_rows_that_are_gone_are_said_so(pair: tuple[DataSetVersion, DataSetVersion]) -> None:
    old, new = pair
    note_erasure(old, TESTS, "asked")
    artifacts().remove(artifact_name(old.pk))
    told = page(client().get(f"/data-sets/{new.pk}?from={old.pk}"), 409)
    assert "a seller among them was erased" in told
    assert "the card stays" in page(client().get(f"/data-sets/{old.pk}"))
    assert "rows removed" in page(client().get("/data-sets"))


def test_rows_that_are_lost_are_said_so(tmp_path: Path) -> None:
    lost = data_set(tmp_path, labelled(44))
    artifacts().remove(artifact_name(lost.pk))
    told = page(client().get(f"/data-sets/{lost.pk}?from={lost.pk}"), 409)
    assert "missing or damaged" in told
    assert str(tmp_path) not in told


def test_a_difference_is_computed_once(
    pair: tuple[DataSetVersion, DataSetVersion],
) -> None:
    old, new = pair
    path = f"/data-sets/{new.pk}?from={old.pk}"
    assert "13 labels differ." in page(client().get(path))
    artifacts().remove(artifact_name(new.pk))
    assert "13 labels differ." in page(client().get(path))
    note_erasure(new, TESTS, "asked")
    assert client().get(path).status_code == 409
