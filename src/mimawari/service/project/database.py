"""A database address as Django's settings; nothing of it is dropped."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from mimawari.errors import FieldProblem, InvalidInputError

FIELD = "database_url"
WRITE = "write sqlite:///path/to/file.db or postgresql://user@host:5432/name"
CONNECT_SECONDS = 5
# What is deleted is overwritten: erased text stays in no free part of the file.
PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;"
    " PRAGMA secure_delete=ON;"
)


def database(url: str, timeout_seconds: int = 0, connections: int = 20) -> dict[str, object]:
    """Turn a database address into Django's settings.

    Parameters
    ----------
    timeout_seconds
        Longest that one statement may take on PostgreSQL; 0: no limit.
    connections
        Most that a process which answers requests has open to PostgreSQL.

    Raises
    ------
    InvalidInputError
        The address is of no engine that is supported, or has an option that its engine has not.

    Examples
    --------
    >>> database("sqlite:///var/a.db")["NAME"]
    'var/a.db'
    >>> database("postgresql://me@db:5433/shop")["PORT"]
    '5433'
    >>> database("postgresql://db/shop?sslmode=verify-full")["OPTIONS"]["sslmode"]
    'verify-full'
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        return _sqlite(url)
    if scheme == "postgresql":
        return _postgresql(url, timeout_seconds, connections)
    raise _refused(f"{scheme or 'no scheme'!r} is not supported", WRITE)


def _sqlite(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if not parts.path[1:] or parts.netloc:
        raise _refused("names no file", WRITE)
    if parts.query or parts.fragment:
        problem = f"has the options {parts.query or parts.fragment!r}, and SQLite takes none here"
        raise _refused(problem, "leave them out; write ? in a file's name as %3F, # as %23")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": unquote(parts.path[1:]),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": PRAGMAS},
    }


def _postgresql(url: str, timeout_seconds: int, connections: int) -> dict[str, object]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    from mimawari.service.platform.postgresql.connection import BoundedConnection

    try:
        given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.Error as error:
        problem = f"is no address that PostgreSQL knows: {' '.join(str(error).split())}"
        raise _refused(problem, "correct it; options are those of libpq, as ?sslmode=") from None
    if not given.get("dbname"):
        raise _refused("names no database", WRITE)
    pool = {"min_size": 1, "max_size": connections, "timeout": CONNECT_SECONDS}
    options: dict[str, object] = {
        "connect_timeout": CONNECT_SECONDS,
        "pool": {**pool, "connection_class": BoundedConnection},
    }
    limit = f"-c statement_timeout={1_000 * timeout_seconds}" if timeout_seconds else ""
    if timeout_seconds:
        options |= {
            "answer_seconds": timeout_seconds,
            "tcp_user_timeout": 1_000 * timeout_seconds,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        }
    settings = {
        "ENGINE": "mimawari.service.platform.postgresql",
        "NAME": given.pop("dbname"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", "5432"),
    }
    whole = f"{limit} {given.pop('options', '')}".strip()  # of two the later counts
    options |= {**given, "options": whole} if whole else given
    return {**settings, "OPTIONS": options}


def _refused(problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(FIELD, problem, remedy))
