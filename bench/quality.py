"""How good is the GBDT detector on real listings, beside simpler models in the same folds?

    python -m bench quality

P1: inside one market, each topic against all its other rows, folds grouped by vendor.
P2: shop rows plus a topic's rows at 0.5 % (or all there are), style-normalised titles,
other topics as negatives.
P3: how far style counts alone tell market from shop rows, raw and normalised.
Surface web: banned against ordinary items of one shop. Writes bench/results/quality.json.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import platform
import string
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from mimawari.detectors.gbdt.evaluate import held_out_scores, measure_scores
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings
from mimawari.listings.listing import Listing

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "bench" / "results" / "quality.json"
DATA = Path(os.environ.get("MIMAWARI_DATA", ROOT.parent / "shared" / "data"))
LARGER = (
    "weapons",
    "counterfeit_goods",
    "forged_documents",
    "cash_and_financial_accounts",
    "steroids",
    "prescription_medicine",
)
OTHERS = ("illegal_drugs", "guides_ebooks", "pirated_software")
CENTS_A_BITCOIN = 80_000  # scale only: the trees see ranks of prices
LOOSE = Settings(least_positives=1)


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV, compressed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of(
    titles: Sequence[str],
    y: NDArray[np.bool_],
    sellers: Sequence[str],
    cents: list[int] | None = None,
) -> Rows:
    """Make labelled rows."""
    listings = tuple(
        Listing(
            id=str(i),
            version=1,
            seller_id=sellers[i],
            title=titles[i],
            price_minor=None if cents is None else cents[i],
            currency=None if cents is None else "USD",
        )
        for i in range(len(titles))
    )
    return Rows(listings, y, np.ones(len(y)))


def tfidf(fit: list[str], y: NDArray[np.bool_], held: list[str]) -> NDArray[np.float64]:
    """TF-IDF of words 1-2 and characters 3-5, logistic regression."""
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        ),
        LogisticRegression(C=10, solver="liblinear", class_weight="balanced"),
    )
    return model.fit(fit, y).decision_function(held)


def nbsvm(fit: list[str], y: NDArray[np.bool_], held: list[str]) -> NDArray[np.float64]:
    """Binary words 1-2 and characters 2-5 weighted by the log-count ratio."""
    grams = make_union(
        CountVectorizer(ngram_range=(1, 2), binary=True),
        CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), binary=True),
    )
    x = grams.fit_transform(fit).tocsr().astype(float)
    inside, outside = 1 + x.T @ y, 1 + x.T @ ~y
    ratio = diags(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))
    model = LogisticRegression(C=4, solver="liblinear").fit(x @ ratio, y)
    return model.decision_function(grams.transform(held) @ ratio)


def floor(model: Callable[..., NDArray[np.float64]], rows: Rows) -> NDArray[np.float64]:
    """Score a simpler model's held-out rows in the same folds."""
    titles = np.array([one.title for one in rows.listings], object)
    scores = np.zeros(len(titles))
    cut = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for fit, held in cut.split(titles, rows.y, rows.groups):
        scores[held] = model(list(titles[fit]), rows.y[fit], list(titles[held]))
    return scores


def compare(rows: Rows, topic: str, floors: bool = True) -> dict[str, Any]:
    """Measure ours and the floors."""
    ours = measure_scores(held_out_scores(rows, topic, 5, LOOSE), rows, topic, (50, 100))
    found: dict[str, Any] = {
        "positives": ours.positives,
        "prevalence": round(float(rows.y.mean()), 5),
        "sellers": len({g for g, one in zip(rows.groups, rows.y, strict=True) if one}),
        "auprc": [round(v, 4) for v in (ours.auprc.value, ours.auprc.low, ours.auprc.high)],
        "precision_at": {k: round(v.value, 4) for k, v in ours.precision_at.items()},
        "recall_at": {k: round(v.value, 4) for k, v in ours.recall_at.items()},
    }
    for name, model in (("tfidf_lr", tfidf), ("nbsvm", nbsvm)) if floors else ():
        found[name] = round(float(average_precision_score(rows.y, floor(model, rows))), 4)
    return found


def in_market(topics: Sequence[str], floors: bool = True) -> dict[str, Any]:
    """P1."""
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    titles, sellers = [r["title"] for r in table], [r["vendor_id"] for r in table]
    cents = [round(float(r["price_btc"] or 0) * CENTS_A_BITCOIN) for r in table]

    def one(topic: str) -> dict[str, Any]:
        y = np.array([r["topic"] == topic for r in table])
        return compare(of(titles, y, sellers, cents), topic, floors)

    return dict(zip(topics, Parallel(4)(delayed(one)(t) for t in topics), strict=True))


def composite_rows(topic: str, share: float) -> Rows:
    """P2: shop rows, other topics of the market, and the topic's rows thinned to a share."""
    table = pq.read_table(DATA / "composite_listings_v1" / "composite_v1.parquet").to_pylist()
    random = np.random.default_rng(0)
    market = [r for r in table if r["domain"] == "market_agora"]
    shop = [r for r in table if r["violation"] == 0]
    rest = [r for r in market if r["topic"] != topic]
    inside = [r for r in market if r["topic"] == topic]
    wanted = min(len(inside), round(share * (len(shop) + len(rest)) / (1 - share)))
    inside = [inside[i] for i in random.permutation(len(inside))[:wanted]]
    chosen = shop + rest + inside
    y = np.repeat([False, True], [len(shop) + len(rest), len(inside)])
    # Shop rows name no seller: their first three words group them, as the table's folds do.
    sellers = [r["seller_id"] or " ".join(r["norm_title"].split()[:3]) for r in chosen]
    return of([r["norm_title"] for r in chosen], y, sellers)


def style(text: str) -> list[float]:
    """Count marks, digits, capitals and lengths: no word."""
    words = text.split() or [""]
    shares = [sum(map(f, text)) / max(len(text), 1) for f in (str.isupper, str.isdigit)]
    marks = [text.count(c) for c in "-[](){}!.,/&+'%*:"]
    other = sum(c in string.punctuation for c in text)
    return [len(text), len(words), len(text) / len(words), *shares, *marks, other]


def leak() -> dict[str, float]:
    """P3: AUROC of style counts alone, market against shop rows."""
    table = pq.read_table(DATA / "composite_listings_v1" / "composite_v1.parquet").to_pylist()
    y = np.array([r["domain"].startswith("market") for r in table])
    found = {}
    for column in ("title", "norm_title"):
        x = np.array([style(r[column]) for r in table])
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        p = cross_val_predict(model, x, y, cv=folds, method="decision_function")
        found[column] = round(float(roc_auc_score(y, p)), 4)
    return found


def surface() -> dict[str, Any]:
    """Banned against ordinary items of one shop; no sellers are known, so rows are groups."""
    banned = [r["title_from_url"] for r in read(DATA / "markup_amazon" / "banned_items.csv")]
    banned = [t for t in banned if t]
    plain = [r["title"] for r in read(DATA / "markup_amazon" / "ordinary_products.csv.gz")]
    titles = banned + plain
    y = np.repeat([True, False], [len(banned), len(plain)])
    return compare(of(titles, y, [str(i) for i in range(len(titles))]), "banned")


def main(quick: bool = False) -> dict[str, Any]:
    """Run all protocols; ``quick`` runs P1 on two topics without floors, and P3."""
    start = time.time()
    found: dict[str, Any] = {"machine": platform.machine(), "cores": os.cpu_count()}
    if quick:
        found["p1"] = in_market(LARGER[:2], floors=False)
        found["p3_style_auroc"] = leak()
    else:
        found["surface"] = surface()
        print(found["surface"], flush=True)
        found["p1"] = in_market(LARGER)
        for name in ("auprc", "tfidf_lr", "nbsvm"):
            values = [np.ravel(found["p1"][t][name])[0] for t in LARGER]
            found[f"p1_mean_of_six_{name}"] = round(float(np.mean(values)), 4)
        found["p3_style_auroc"] = leak()
        found["p2"] = {"weapons": compare(composite_rows("weapons", 0.005), "weapons")}
    found["seconds"] = round(time.time() - start)
    if not quick:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
