from __future__ import annotations

import pytest
import torch
from tests.gmu.world import Market, market


@pytest.fixture(scope="session")
def world() -> Market:
    torch.set_num_threads(1)
    return market()
