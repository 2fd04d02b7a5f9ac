"""What somebody with the database's password could do to the ledger, drawn by chance.

The append-only triggers must be gone; each change is meant to be rolled back afterwards.
"""

from __future__ import annotations

import random

from django.db import connection

from mimawari.ledger import tiles
from mimawari.ledger.leaves import commitment
from mimawari.service.audit import models, sealing

COLUMNS = {
    "id": "number",
    "sequence": "number",
    "at": "number",
    "kind": "text",
    "subject": "text",
    "principal_kind": "text",
    "principal": "text",
    "commitment": "bytes",
    "salt": "bytes",
    "body": "text",
}
# Rows of the store, by table, key and a column that never changes.
ROWS = (
    ("review_decision", "id", "verdict"),
    ("review_decision", "id", "seconds"),
    ("review_decision", "id", "policy_version"),
    ("admission_alert", "id", "topic"),
    ("releases_generation", "number", "reason"),
    ("intake_listingversion", "id", "payload"),
    ("intake_listingversion", "id", "seller_id"),
    ("scoring_score", "listing_version_id", "picture_text"),
    ("scoring_score", "listing_version_id", "scores"),
)


def tamper(draw: random.Random) -> str:
    """Do one thing by hand; says what."""
    ways = (
        change_column,
        change_with_hashes,
        insert,
        delete,
        cut_off,
        change_tile,
        change_head,
        change_row,
        delete_row,
        insert_row,
    )
    return draw.choice(ways)(draw)


def change_column(draw: random.Random) -> str:
    """Give a column of an event another value."""
    column, kind = draw.choice(list(COLUMNS.items()))
    event = chosen(draw)
    before = getattr(event, column)
    values = {
        "number": lambda: before + draw.choice((-1, 1)) * draw.randrange(10_000, 10**9),
        "text": lambda: changed_text(draw, before),
        "bytes": lambda: changed_bytes(draw, bytes(before)),
    }
    run(f"UPDATE audit_event SET {column} = %s WHERE id = %s", values[kind](), event.pk)
    return f"{column} of event {event.pk}"


def change_with_hashes(draw: random.Random) -> str:
    """Change what an event says with its commitment, its leaf and every hash above it."""
    event = chosen(draw)
    event.body = changed_text(draw, event.body or "")
    event.commitment = commitment(bytes(event.salt or b""), event.body.encode())
    event.save()
    rewrite_tiles()
    return f"event {event.pk} with all hashes"


def insert(draw: random.Random) -> str:
    """Copy an event to another place, taken or not."""
    event = chosen(draw)
    size = models.Event.objects.exclude(sequence=None).count()
    event.pk, event.sequence = event.pk + 10**6, size + draw.randrange(3)
    event.save(force_insert=True)
    return f"event {event.pk} inserted"


def delete(draw: random.Random) -> str:
    """Delete an event, with its leaf or without."""
    event = chosen(draw)
    event.delete()
    if draw.random() < 0.5:
        later = models.Event.objects.filter(sequence__gt=event.sequence).order_by("sequence")
        for event_after in later:  # close the gap
            run(
                "UPDATE audit_event SET sequence = %s WHERE id = %s",
                event_after.sequence - 1,
                event_after.pk,
            )
        rewrite_tiles()
    return f"event at {event.sequence} deleted"


def cut_off(draw: random.Random) -> str:
    """Cut off the newest events with their hashes and heads."""
    sizes = sorted(models.Checkpoint.objects.values_list("size", flat=True))
    size = draw.choice(sizes[:-1])
    run("DELETE FROM audit_event WHERE sequence >= %s", size)
    run("DELETE FROM audit_checkpoint WHERE size > %s", size)
    rewrite_tiles()
    return f"cut off after {size}"


def change_tile(draw: random.Random) -> str:
    """Change a bit of a stored hash."""
    tile = draw.choice(list(models.Tile.objects.all()))
    hashes = changed_bytes(draw, bytes(tile.hashes))
    statement = "UPDATE audit_tile SET hashes = %s WHERE level = %s AND number = %s"
    run(statement, hashes, tile.level, tile.number)
    return f"tile {tile.level}/{tile.number}"


def change_head(draw: random.Random) -> str:
    """Change a letter of a signed checkpoint."""
    head = draw.choice(list(models.Checkpoint.objects.all()))
    note = changed_text(draw, head.note)
    run("UPDATE audit_checkpoint SET note = %s WHERE size = %s", note, head.size)
    return f"checkpoint {head.size}"


def rewrite_tiles() -> None:
    """Make all tiles anew from the events as they are."""
    rows = models.Event.objects.exclude(sequence=None).order_by("sequence")
    leaves = [sealing.leaf(row, row.sequence or 0).hash() for row in rows]
    made = tiles.extend(lambda *_: b"", 0, leaves)
    run("DELETE FROM audit_tile")
    models.Tile.objects.bulk_create(
        models.Tile(level=level, number=number, hashes=hashes)
        for (level, number), hashes in made.items()
    )


def chosen(draw: random.Random) -> models.Event:
    """Draw a sealed event."""
    count = models.Event.objects.exclude(sequence=None).count()
    return models.Event.objects.get(sequence=draw.randrange(count))


def changed_text(draw: random.Random, text: str) -> str:
    """Give another letter to a text at a place drawn."""
    place = draw.randrange(len(text)) if text else 0
    letter = "x" if text[place : place + 1] != "x" else "y"
    return text[:place] + letter + text[place + 1 :]


def changed_bytes(draw: random.Random, data: bytes) -> bytes:
    """Turn a bit drawn."""
    place = draw.randrange(len(data))
    turned = data[place] ^ 1 << draw.randrange(8)
    return data[:place] + bytes([turned]) + data[place + 1 :]


def run(statement: str, *values: object) -> None:
    """Run a statement past the models."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def change_row(draw: random.Random) -> str:
    """Change what a row says that the ledger was told of."""
    table, key, column = draw.choice(ROWS)
    number, before = chosen_row(draw, table, key, column)
    change = changed_bytes if isinstance(before, bytes) else changed_value
    run(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", change(draw, before), number)
    return f"{column} of {table} {number}"


def delete_row(draw: random.Random) -> str:
    """Delete a decision or a score."""
    table, key, column = draw.choice((ROWS[0], ROWS[-1]))
    number, _ = chosen_row(draw, table, key, column)
    run(f"DELETE FROM {table} WHERE {key} = %s", number)
    return f"{table} {number} deleted"


def insert_row(draw: random.Random) -> str:
    """Copy a decision."""
    number, _ = chosen_row(draw, *ROWS[0])
    columns = "alert_id, moderator_id, verdict, policy_version, generation_id, decided_at, seconds"
    run(
        f"INSERT INTO review_decision (id, {columns}) "
        f"SELECT id + 1000000, {columns} FROM review_decision WHERE id = %s",
        number,
    )
    return f"decision {number + 1_000_000} inserted"


def chosen_row(draw: random.Random, table: str, key: str, column: str) -> tuple[int, object]:
    """Draw a row; gives its number and what a column holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} ORDER BY {key}")
        number = int(draw.choice([row[0] for row in cursor.fetchall()]))
        cursor.execute(f"SELECT {column} FROM {table} WHERE {key} = %s", [number])
        value = cursor.fetchone()[0]
    return number, bytes(value) if isinstance(value, memoryview) else value


def changed_value(draw: random.Random, value: object) -> object:
    """Change a text or a number."""
    if isinstance(value, str):
        return changed_text(draw, value)
    assert isinstance(value, int | float)
    return value + draw.randrange(1, 100)
