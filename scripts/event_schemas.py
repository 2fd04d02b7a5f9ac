"""Write docs/schemas from the bodies that are sent; what was published is never broken.

python scripts/event_schemas.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mimawari.records.outgoing import RETIRED
from mimawari.records.schemas import broken_promises, schemas

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"


def main() -> int:
    """Write every schema that may be written; gives the exit code."""
    made, broken = schemas(), list[str]()
    for path in FOLDER.glob("*.json"):
        if path.name not in (*made, *RETIRED):
            broken.append(f"{path.name}: is not sent any more; a version stays as long as readers")
    for name, schema in made.items():
        path = FOLDER / name
        published = json.loads(path.read_text("utf-8")) if path.exists() else schema
        promises = broken_promises(published, schema)
        broken += [f"{name}: {promise}; make a new version" for promise in promises]
        if not promises:
            path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
