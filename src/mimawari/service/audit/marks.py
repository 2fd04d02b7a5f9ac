"""What is kept of a batch's rows once one of them is erased or removed: a salt or a commitment.

The secret that derived the salts must go with the first row: it would let its content be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.ledger.leaves import row_salt
from mimawari.ledger.merkle import SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.audit.models import Batch

# Of a row as it was, of one whose content was erased, and of one that retention removed.
SALT, COMMITMENT, REMOVED = 0, 1, 2
_WIDTH = 1 + SIZE


def marks_of(batch: Batch, ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """Give for each row of a batch what it is verified with."""
    if batch.secret is not None:
        secret = bytes(batch.secret)
        return [(SALT, row_salt(secret, b"%d" % number)) for number in ids]
    packed = bytes(batch.marks or b"")
    cut = [packed[at : at + _WIDTH] for at in range(0, len(packed), _WIDTH)]
    return [(part[0], part[1:]) for part in cut]


def packed(marks: Sequence[tuple[int, bytes]]) -> bytes:
    """Write marks one behind the other."""
    return b"".join(bytes([kind]) + value for kind, value in marks)
