"""How much of its recall a model keeps against sellers who try until they are not found."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.attacks import example, places, share_of_recall
from mimawari.evaluation.bootstrap import group_bootstrap
from mimawari.evaluation.validation.hiding import FLAGGED_ONLY, drawn_violations, scorer
from mimawari.listings.disguises import among
from mimawari.records.measured import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.loading import Model

TRIES, DRAWS = 10, 200
MEASURE = "recall_after_tries"


def recall_after_tries(
    rows: Rows, model: Model, clean: NDArray[np.float64], tries: int = TRIES, seed: int = 0
) -> Figure:
    """Simulate sellers who offer a listing again and again, disguised otherwise each time.

    Each violation is written ``tries`` times, by a disguise of letters drawn at random, half of
    its words drawn at random; the one that scores least is what the model must find. It is what a
    seller learns who sees only whether his listing was removed, not the score nor the model.
    The figure is ``recall@V after / recall@V before``, V the number of violations, with the
    percentile interval of `group_bootstrap` over sellers; the draws of disguises are one.

    Parameters
    ----------
    clean
        The model's scores of the rows as they are, shape (n,).
    """
    random = np.random.default_rng((seed, 0x7E1))
    violating = drawn_violations(rows, random)
    others = np.flatnonzero(~rows.y)
    chosen = np.concatenate([violating, others])
    y = np.arange(len(chosen)) < len(violating)
    named = among([rows.listings[i] for i in others])
    disguises = [d for n, d in named.items() if d.character_level and n not in FLAGGED_ONLY]
    score = scorer(model)
    scores = np.nan_to_num(clean[chosen])
    least, published = scores[y], [rows.listings[i] for i in violating]
    for _ in range(tries):
        picked = random.integers(len(disguises), size=len(violating))
        hidden = [
            disguises[which](rows.listings[i], random)
            for which, i in zip(picked, violating, strict=True)
        ]
        tried = score(hidden)
        for i in np.flatnonzero(tried < least):
            published[i] = hidden[i]
        least = np.minimum(least, tried)
    keys = [rows.listings[i].id for i in chosen]
    sellers = [rows.listings[i].seller_id for i in chosen]
    after = np.where(y, np.append(least, np.zeros(len(others))), scores)
    measure = partial(share_of_recall, places(scores, keys), places(after, keys), y, None)
    interval = group_bootstrap(measure, sellers, seed, DRAWS)
    fallen = int(np.argmax(scores[y] - least))
    before, hidden_best = example(rows.listings[violating[fallen]], published[fallen])
    return Figure(
        measure=MEASURE,
        value=interval.value,
        low=interval.low,
        high=interval.high,
        over=len(violating),
        statement=f"{tries} tries a seller, such as {before!r} as {hidden_best!r}",
    )
