"""Scorers say whether a model that they loaded comes to its golden scores there."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from django.db import DatabaseError

from mimawari.detectors.golden import compare_golden, read_golden
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.platform import clock
from mimawari.service.platform.hosts import here
from mimawari.service.releases.models import GoldenCheck

if TYPE_CHECKING:
    from mimawari.detectors.loading import Model

logger = logging.getLogger(__name__)
MOST_TEXT = 500


def check_golden(model: Model) -> None:
    """Compare a model's scores of fixed listings with those where it was trained, and note it.

    It goes on scoring: what follows is up to the guards of its topic. One that was trained before
    there were golden scores is not checked; one that fails at them is noted as all off.
    """
    folder = artifacts().folder(f"models/{model.version}")
    golden = read_golden(folder)
    if golden is None:
        return
    try:
        difference = compare_golden(model, golden)
        greatest, allowed = difference.greatest, difference.allowed
        where = "; ".join(difference.environment)
    except Exception as error:  # a model is code of others
        greatest, allowed, where = 1.0, 0.0, f"{type(error).__name__}: {error}"
    if greatest > allowed:
        logger.error("%s is %.3g off its golden scores here: %s", model.version, greatest, where)
    try:
        GoldenCheck.objects.create(
            model=model.version,
            host=here(),
            pid=os.getpid(),
            at=clock.database_now(),
            greatest=greatest,
            allowed=allowed,
            environment=where[:MOST_TEXT],
        )
    except DatabaseError as error:  # the model loads nevertheless
        logger.warning("the golden scores of %s were not noted: %s", model.version, error)
