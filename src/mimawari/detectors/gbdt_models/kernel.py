"""The loops over all models: sums of weights, rows worth their trees, sums of trees."""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mimawari.compiled import counting, fast
from mimawari.detectors.gbdt.forest import add_trees
from mimawari.detectors.ngrams.kernel import hash_text, scratch_for

LINE, AHEAD = 64, 16  # bytes that memory gives at once; rows asked for before they are added


@intrinsic
def prefetch(_typing, array, row, byte):
    """Ask for the memory at a byte of a row, without waiting for it."""

    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, data.strides)[0]
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = builder.add(builder.mul(arguments[1], stride), arguments[2])
        first = builder.bitcast(data.data, address)
        # Reading, likely to be needed soon, data.
        builder.call(fetch, [builder.gep(first, [place]), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), generate


@fast
def keep_new(buckets, count, skip):
    """Keep the buckets that have a weight and come for the first time; returns how many.

    ``skip`` has a bit a bucket: it has no weight, or was met in this text. Written without
    branches, as half of all n-grams come again and no processor guesses which.
    """
    kept = 0
    for j in range(count):
        bucket = buckets[j]
        bits = skip[bucket >> 3]
        buckets[kept] = bucket
        kept += 1 - (bits >> (bucket & 7) & 1)
        skip[bucket >> 3] = bits | 1 << (bucket & 7)
    return kept


@fast
def add_rows(weights, rows, first, end, total):
    """Add rows of weights to a total in their order, eight at a time.

    Rows lie far apart in a table larger than the caches: those to come are asked for early.
    """
    columns = weights.shape[1]
    j = first
    while j + 8 <= end:
        for ahead in range(j + AHEAD, min(j + AHEAD + 8, end)):
            for byte in range(0, 4 * columns, LINE):
                prefetch(weights, rows[ahead], byte)  # type: ignore[call-arg]  # numba gives one
            prefetch(weights, rows[ahead], 4 * columns - 4)  # type: ignore[call-arg]
        a, b, c, d = rows[j], rows[j + 1], rows[j + 2], rows[j + 3]
        e, f, g, h = rows[j + 4], rows[j + 5], rows[j + 6], rows[j + 7]
        w, x, y, z = weights[a], weights[b], weights[c], weights[d]
        p, q, r, s = weights[e], weights[f], weights[g], weights[h]
        for k in range(columns):
            four = (((total[k] + w[k]) + x[k]) + y[k]) + z[k]
            total[k] = (((four + p[k]) + q[k]) + r[k]) + s[k]
        j += 8
    while j < end:
        w = weights[rows[j]]
        for k in range(columns):
            total[k] += w[k]
        j += 1


@counting
def gather_halves(
    codes, starts, marked, marked_starts, words, chars, seed, half, weights, occupied, sums
):
    """Add the weights of each text's distinct n-grams to ``sums`` (n, 2, models).

    A bucket of words has no weight of characters, and the reverse: one column a model holds
    both, and the bucket says to which of the two sums it goes. Those of characters come first.
    """
    buckets = scratch_for(starts, marked_starts, words, chars)
    skip = ~occupied
    for i in range(len(starts) - 1):
        m = hash_text(codes, starts, marked, marked_starts, i, words, chars, seed, half, buckets)
        kept = keep_new(buckets, m, skip)
        of_chars = kept
        while of_chars and buckets[of_chars - 1] < half:
            of_chars -= 1
        add_rows(weights, buckets, 0, of_chars, sums[i, 1])
        add_rows(weights, buckets, of_chars, kept, sums[i, 0])
        for j in range(kept):
            skip[buckets[j] >> 3] &= ~(1 << (buckets[j] & 7))


@counting
def rows_in_reach(margins, least):
    """Find the rows whose text margin is not under a model's least.

    Returns
    -------
    refined, rows, bounds
        A flag for each row and model (n, models); the rows of model ``i`` are
        ``rows[bounds[i]:bounds[i + 1]]``.
    """
    n, models = margins.shape
    refined = np.empty((n, models), np.bool_)
    bounds = np.zeros(models + 1, np.int64)
    for row in range(n):
        for i in range(models):
            refined[row, i] = not margins[row, i] < least[i]
            bounds[i + 1] += refined[row, i]
    bounds = np.cumsum(bounds)
    rows, end = np.empty(bounds[-1], np.int64), bounds[:-1].copy()
    for row in range(n):
        for i in range(models):
            if refined[row, i]:
                rows[end[i]] = row
                end[i] += 1
    return refined, rows, bounds


@counting
def correct(rows, bounds, tabular, shelves, medians, neutral, halves, margins, trees, totals):
    """Add the trees of each model to the totals of its rows, over `features.compute`'s features.

    Parameters
    ----------
    rows, bounds
        As of `rows_in_reach`.
    tabular, shelves
        As of `Facts`.
    medians
        Median price of each model and shelf, shape (models, shelves); NaN is unknown.
    neutral
        What stands in for a missing log price and seller's age, shape (models, 2).
    halves, margins
        Margins of words and characters (n, 2, models), and of the text (n, models).
    trees
        `Forest` of all models, and where the trees of each begin.
    """
    roots, depths, feature, threshold, children, nan_right, value, first_trees = trees
    for i in range(len(bounds) - 1):
        first, end = first_trees[i], first_trees[i + 1]
        mine = rows[bounds[i] : bounds[i + 1]]
        if len(mine) == 0 or first == end:
            continue
        x = np.zeros((len(mine), 9), np.float32)
        for j in range(len(mine)):
            row = mine[j]
            log_price, age, images, price = tabular[row]
            x[j, 0] = neutral[i, 0] if math.isnan(log_price) else log_price
            ratio = price / medians[i, shelves[row]]
            x[j, 1] = 0.0 if math.isnan(ratio) else math.log(max(ratio, 1e-3))
            x[j, 2] = neutral[i, 1] if math.isnan(age) else age
            x[j, 3] = images
            x[j, 6], x[j, 7], x[j, 8] = halves[row, 0, i], halves[row, 1, i], margins[row, i]
        added = np.zeros(len(mine))
        add_trees(x, roots[first:end], depths[first:end], feature, threshold, children,
                  nan_right, value, added)  # fmt: skip
        for j in range(len(mine)):
            totals[mine[j], i] += added[j]
