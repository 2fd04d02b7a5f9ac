"""Artifacts of one test are kept from another's; a small model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from django.conf import settings as django_settings
from django.test import override_settings

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage

WORDS = ("cup", "sabre")


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path) -> Iterator[None]:
    state = str(tmp_path / "state")
    config = msgspec.structs.replace(django_settings.CONFIG, state_dir=state)
    with override_settings(CONFIG=config):
        yield


@pytest.fixture(scope="session")
def made() -> artifact.Artifact:
    """Train a small model of the topic weapons."""
    rows = tuple(
        Listing(id=f"{i}", version=1, seller_id=f"s{i % 40}", title=f"a {WORDS[i % 2]} {i}")
        for i in range(200)
    )
    data = Rows(rows, np.arange(200) % 2 == 1, np.ones(200))
    lineage = Lineage(by="ann", data_set="weapons-0123456789ab")
    settings = Settings(spec=NgramSpec(bits=10), choose_text=False, with_trees=False)
    return train(data, "weapons", settings, lineage=lineage)
