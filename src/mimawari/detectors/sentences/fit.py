"""Whether a network and a tokenizer belong together, and give what is read from them.

Looked at when they are loaded: what does not fit must not be found out while listings wait.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gmu.runtime import require
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from mimawari.detectors.gmu.runtime import Session

    Run = Callable[[Sequence[int]], NDArray[np.float32]]

MOST_TOKENS = 128
NETWORK, TOKENIZER = "encoder.onnx", "tokenizer.json"
BELONGS = "tokenizer_sha256"
"""Where a network notes the tokenizer that it was exported with."""
INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})
TOGETHER = "give network and tokenizer of one model, as 'mimawari encoder' wrote them"
# Tables of words are often rounded up: BERT-like ones by less than this, and another's by more.
LEAST_SPARE, SPARE = 256, 50


def tokenizer_of(data: bytes) -> Tokenizer:
    """Read a tokenizer.json; marks of its own that a seller writes are plain words to it.

    Raises
    ------
    InvalidInputError
        It is broken, or the extra ``sentences`` is not installed.
    """
    require("tokenizers", "sentences")
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_buffer(data)
    except Exception as error:  # its errors share no class but Exception
        remedy = "give the tokenizer.json that belongs to the network"
        raise _refuse(TOKENIZER, f"cannot be read ({str(error)[:200]})", remedy) from error
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def check_fit(session: Session, tokenizer: bytes) -> None:
    """Look at what a network says of itself.

    Raises
    ------
    InvalidInputError
        It takes or gives something else than an encoder, or notes another tokenizer.
    """
    ports = session.get_inputs()
    names = [port.name for port in ports]
    if set(names) - INPUTS or "input_ids" not in names:
        problem = f"takes {', '.join(names)}"
        raise _refuse(NETWORK, problem, f"export it with {', '.join(sorted(INPUTS))}")
    for port in ports:
        if port.type != "tensor(int64)":
            raise _refuse(NETWORK, f"takes {port.type} as {port.name}", "export it with int64")
    output = session.get_outputs()[0]
    if output.type != "tensor(float)":
        raise _refuse(NETWORK, f"gives {output.type} as {output.name}", "export it with float32")
    noted = session.get_modelmeta().custom_metadata_map.get(BELONGS)
    if noted is not None and noted != hashlib.sha256(tokenizer).hexdigest():
        raise _refuse(TOKENIZER, f"is not the one that {NETWORK} was exported with", TOGETHER)


def width_of(run: Run, tokenizer: Tokenizer) -> int:
    """Run a network on the shortest and the longest text, and on its last token.

    Returns
    -------
    int
        Numbers in a vector.

    Raises
    ------
    InvalidInputError
        It does not run, gives something else than a vector a token, or has another vocabulary
        than the tokenizer.
    """
    ids = tokenizer.encode("probe").ids[:MOST_TOKENS] or [0]
    last = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0)
    widths = {_width(run, some) for some in (ids, [ids[0]] * MOST_TOKENS, [last])}
    if len(widths) > 1:
        problem = f"gives vectors of {' and '.join(map(str, sorted(widths)))} numbers"
        raise _refuse(NETWORK, problem, "export it so that texts of any length may come")
    beyond = last + max(LEAST_SPARE, last // SPARE)
    try:
        run([beyond])
    except Exception:  # as it should be: there is no such token
        return widths.pop()
    problem = f"has {last + 1:,} tokens, and {NETWORK} more than {beyond:,}"
    raise _refuse(TOKENIZER, problem, TOGETHER)


def _width(run: Run, ids: Sequence[int]) -> int:
    try:
        vectors = run(ids)
    except Exception as error:  # ONNX Runtime's errors share no class but Exception
        reason = str(error).strip().splitlines()[-1][:200]
        problem = f"does not run on {len(ids)} tokens up to number {max(ids):,} ({reason})"
        raise _refuse(NETWORK, problem, TOGETHER) from error
    shape = vectors.shape
    if len(shape) != 3 or shape[:2] != (1, len(ids)) or not shape[2]:
        problem = f"gives {'x'.join(map(str, shape))} for 1 text of {len(ids)} tokens"
        raise _refuse(NETWORK, problem, "export it so that it gives a vector a token")
    if not np.isfinite(vectors).all():
        raise _refuse(NETWORK, "gives vectors that are no numbers", "export it again")
    return int(shape[2])


def _refuse(name: str, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(name, problem, remedy))
