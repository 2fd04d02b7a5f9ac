"""Cards: CycloneDX by its own schema, and the same figures in every form."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from mimawari.evaluation.cards import (
    CardDataSet,
    CardFigure,
    ModelCard,
    as_cyclonedx,
    card_markdown,
)
from mimawari.evaluation.gates import MEASURES
from mimawari.records.measured import Figure, Table

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SHA = "ab" * 32
CARD = ModelCard(
    version="weapons-0123456789ab",
    topic="weapons",
    kind="gbdt",
    at=AT,
    registered_at=AT,
    registered_by="anna",
    fingerprint="f" * 16,
    digest=SHA,
    files={"manifest.json": SHA},
    libraries={"numpy": "2.4.0", "lightgbm": "4.6.0"},
    lineage={"by": "anna", "settings": {"folds": 5}, "rows": 10},
    data=CardDataSet(
        version="weapons-ba9876543210", sha256=SHA, rows=10, positives=3, languages={"ja": 7}
    ),
    figures=(
        CardFigure(AT, Figure(measure="auprc", value=0.71, low=0.64, high=0.77, over=1200)),
        CardFigure(AT, Figure(measure="auprc_gain", value=0.1, against="")),
    ),
    tables=(Table("Parts", ("part", "recall"), (("<b>ja|x", "0.5"),)),),
    absent={"recall_disguised": "too few"},
    stages=("validated", "shadow"),
)
BARE = msgspec.structs.replace(
    CARD, digest="", files={}, libraries={}, lineage={}, data=CardDataSet(), figures=(), tables=(),
    absent={}, stages=(), kind="",
)  # fmt: skip
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@pytest.mark.parametrize("card", [CARD, BARE])
def test_it_is_valid_cyclonedx(card: ModelCard) -> None:
    assert VALIDATOR.validate_str(json.dumps(as_cyclonedx(card))) is None


def test_the_schema_would_find_a_fault() -> None:
    bom = as_cyclonedx(CARD)
    bom["metadata"]["component"]["modelCard"]["figures"] = []  # type: ignore[index, call-overload]
    assert VALIDATOR.validate_str(json.dumps(bom)) is not None


@given(st.text(max_size=60), st.text(max_size=60), st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_people_write_stays_valid(text: str, name: str, value: float) -> None:
    text = text.encode("utf-8", "replace").decode()
    figure = CardFigure(AT, Figure(measure="auprc", value=value, low=value, high=value))
    card = msgspec.structs.replace(
        CARD, lineage={"by": text, name: text}, registered_by=text, absent={"x": text},
        figures=(figure,), kind=text,
    )  # fmt: skip
    assert VALIDATOR.validate_str(json.dumps(as_cyclonedx(card))) is None
    front = card_markdown(card).split("---\n")[1]
    assert yaml.safe_load(front)["library_name"] == "mimawari"


def test_every_form_has_the_same_figures() -> None:
    model = as_cyclonedx(CARD)["metadata"]["component"]  # type: ignore[index, call-overload]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert metrics[0] == {
        "type": "auprc",
        "value": "0.71",
        "confidenceInterval": {"lowerBound": "0.64", "upperBound": "0.77"},
        "slice": "of 1200",
    }
    assert metrics[1]["slice"] == "against the rules alone"
    text = card_markdown(CARD)
    assert "| auprc | 0.71 | 0.64 to 0.77 | 1,200 |  | 2026-11-02 |" in text
    assert "Not measured: recall_disguised: too few" in text
    assert "&#60;b\\>ja\\|x" in text
    assert all(figure.figure.measure in MEASURES for figure in CARD.figures)


def test_data_and_libraries_are_what_the_model_depends_on() -> None:
    bom = as_cyclonedx(CARD)
    (dependency,) = bom["dependencies"]  # type: ignore[misc, union-attr]
    assert dependency["dependsOn"] == [  # type: ignore[index, call-overload]
        "data:weapons-ba9876543210",
        "pkg:pypi/lightgbm@4.6.0",
        "pkg:pypi/numpy@2.4.0",
    ]
