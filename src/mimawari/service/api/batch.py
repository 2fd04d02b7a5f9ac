"""NDJSON intake: lines in as they arrive, an answer a line out once it is durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.validation import LIMITS, parse_listing
from mimawari.service.api.answers import FREE, Problem, is_full, plain
from mimawari.service.intake import log
from mimawari.service.intake.writer import FullError
from mimawari.service.platform.metrics import LISTINGS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mimawari.listings.listing import Listing
    from mimawari.service.intake.writer import Writer

MOST_LINE = 1_000_000
GROUP = 200
GROUP_BYTES = 1_000_000
MOST_BATCH = 256_000_000
# Of what is wrong with lines; past it each tells its first problem only.
MOST_TOLD = 4_000_000
REJECTED, FAILED = "rejected", "failed"
PATIENCE = 50
MOST_LINES = 100_000
SMALLER = f"send at most {MOST_LINE:,} bytes: a title has {LIMITS['title']:,} characters at most"
UNKEPT = Problem("storage", "did not keep this line", "send it again")
FULL = Problem("storage", "is full; the line was not kept", FREE)


class LineAnswer(msgspec.Struct):
    """What became of one line (counted from 1)."""

    line: int
    status: str
    listing_id: str | None = None
    version: int | None = None
    problems: list[Problem] = []


async def lines_of(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes | None]:
    """Split a stream into lines; None stands for a line over the limit, which is skipped."""
    rest, skipping = b"", False
    async for part in stream:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield None if skipping or len(line) > MOST_LINE else line
            skipping = False
        if len(rest) > MOST_LINE:
            rest, skipping = b"", True
    if rest or skipping:
        yield None if skipping else rest


async def answer_lines(stream: AsyncIterator[bytes], writer: Writer) -> AsyncIterator[bytes]:
    """Answer every non-empty line of a stream, in order."""
    number, size, answered_bytes = 0, 0, 0
    group: list[LineAnswer | tuple[int, Listing]] = []
    async for line in lines_of(stream):
        number += 1
        # One answer says it for all that follow: they are read, and neither kept nor answered.
        if number > MOST_LINES + 1 or (line is not None and not line.strip()):
            continue
        group.append(read_line(number, line, brief=answered_bytes > MOST_TOLD))
        size += len(line or b"")
        if len(group) >= GROUP or size >= GROUP_BYTES:
            answered = await write_group(group, writer, size)
            yield answered
            group, size, answered_bytes = [], 0, answered_bytes + len(answered)
    if group:
        yield await write_group(group, writer, size)


def read_line(
    number: int, line: bytes | None, brief: bool = False
) -> LineAnswer | tuple[int, Listing]:
    """Parse one line, or say what is wrong with it; ``brief``: the first thing."""
    try:
        if number > MOST_LINES:
            raise InvalidInputError(
                FieldProblem(
                    "line",
                    f"is past line {MOST_LINES:,}",
                    "send it and all after it in another request",
                )
            )
        if line is None:
            raise InvalidInputError(FieldProblem("line", f"is over {MOST_LINE:,} bytes", SMALLER))
        return number, parse_listing(line)
    except InvalidInputError as error:
        return LineAnswer(number, REJECTED, problems=plain(error.problems[: 1 if brief else None]))


async def write_group(
    group: list[LineAnswer | tuple[int, Listing]], writer: Writer, size: int
) -> bytes:
    """Append the good lines of a group; a full queue is waited for, as the body is paused.

    Parameters
    ----------
    size
        Bytes of its lines.
    """
    good = [line for line in group if isinstance(line, tuple)]
    listings = [listing for _, listing in good]
    statuses, why = await _append(listings, writer, size) if good else ([], UNKEPT)
    written = dict(zip((number for number, _ in good), statuses, strict=True))
    answers = [_answer(line, written, why) for line in group]
    for line_answer in answers:
        LISTINGS.labels(line_answer.status).inc()
    return b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers)


async def _append(listings: list[Listing], writer: Writer, size: int) -> tuple[list[str], Problem]:
    """Give the statuses, and why it was where they say that it failed."""
    why = UNKEPT
    for _ in range(PATIENCE):
        try:
            return await writer.append(listings, size, patient=True), why
        except FullError:
            await asyncio.sleep(0.1)
        except Exception as error:  # told to the client line by line; logged by the writer
            if is_full(error):
                why = FULL
            break
    return [FAILED] * len(listings), why


def _answer(
    line: LineAnswer | tuple[int, Listing], written: dict[int, str], why: Problem
) -> LineAnswer:
    if isinstance(line, LineAnswer):
        return line
    number, listing = line
    status = written[number]
    line_answer = LineAnswer(number, status, listing.id, listing.version)
    if status == log.CONFLICT:
        line_answer.status = REJECTED
        line_answer.problems = [
            Problem(
                "version",
                f"{listing.version} is known with other content",
                "send an edit under a greater version",
            )
        ]
    elif status == FAILED:
        line_answer.problems = [why]
    return line_answer
