"""What commands on the store share: Django set up, tables there, who is acting."""

from __future__ import annotations

import errno
import getpass

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.principal import Principal


def open_store() -> None:
    """Set Django up; an empty store gets its tables, any other has to have them.

    Raises
    ------
    InvalidInputError
        The store lacks migrations, or a newer version made it.
    """
    from mimawari.service.project.setup import setup

    setup()
    from mimawari.service.platform import migrating

    if migrating.is_empty():
        migrating.migrate()
    if migrating.pending().problems() and (problems := migrating.settled().problems()):
        raise InvalidInputError(*problems)


def acting(by: str | None = None) -> Principal:
    """Say who acts: the account that ``--by`` names, else the operating system's user.

    Raises
    ------
    InvalidInputError
        There is no such account.
    """
    if by is None:
        return Principal.operator(getpass.getuser())
    from mimawari.service.accounts.authority import account

    return account(by)


def open_store_for(permission: str, by: str | None) -> None:
    """Open the store for a command that reads what not everybody may.

    Raises
    ------
    ForbiddenError
        The account that ``--by`` names lacks the permission.
    """
    open_store()
    from mimawari.service.accounts.authority import require
    from mimawari.service.accounts.permissions import Permission

    require(acting(by), Permission(permission))


def storage_problem(error: Exception, then: str = "repeat the command") -> FieldProblem:
    """Say what a failed write or read means to an operator.

    Parameters
    ----------
    error
        Of the database, or of the operating system.
    then
        What to do once the cause is gone.

    Examples
    --------
    >>> print(storage_problem(OSError(28, "No space left on device", "var/secret_key")))
    var/secret_key: No space left on device; free space, then repeat the command
    >>> print(storage_problem(Exception("database or disk is full")))
    storage: database or disk is full; free space, then repeat the command
    """
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, OSError):
        where, problem = str(error.filename or "storage"), error.strerror or str(error)
    else:
        where, problem = "storage", " ".join(str(error).split())
        full = "full" in problem or "No space" in problem
    remedy = "free space" if full else "mend it (mimawari check looks at the store)"
    return FieldProblem(where, problem, f"{remedy}, then {then}")
