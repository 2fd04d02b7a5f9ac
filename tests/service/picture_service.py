"""A real server of pictures on this machine, and a fetcher that is run by hand."""

from __future__ import annotations

import ipaddress
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.media.servers import Server

from mimawari.listings.listing import Listing
from mimawari.listings.media.fetch import Fetcher, FetchLimits
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.media.picture_fetcher import PictureFetcher

HERE = ipaddress.ip_network("127.0.0.1/32")


def keep_from(settings: Settings, server: Server, folder: Path, **more: object) -> None:
    """Let pictures of a server be kept below a folder."""
    told = {
        "image_origins": (server.base,),
        "image_private_networks": (str(HERE),),
        "state_dir": str(folder),
        **more,
    }
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, **told)


def shows(server: Server, *names: str, number: int = 1, **fields: object) -> Listing:
    """Make a listing with pictures of the server."""
    known: dict[str, object] = {"version": 1, "seller_id": f"s{number}", "title": "a cup", **fields}
    urls = tuple(f"{server.base}/{name}" for name in names)
    return Listing(id=f"L{number}", image_urls=urls, **known)  # type: ignore[arg-type]


def fetch_all(fetcher: PictureFetcher | None = None) -> None:
    """Fetch what is due, and settle it."""
    with closing(fetcher or PictureFetcher()) as running:
        while running.turn():
            continue


def impatient(seconds: float) -> PictureFetcher:
    return PictureFetcher(fetcher=Fetcher(FetchLimits(seconds=seconds), allow_private=[HERE]))


def make_due() -> None:
    """Let the pauses and leases of all pending snapshots be over."""
    over = timezone.now() - timedelta(seconds=1)
    Snapshot.objects.filter(state=SnapshotState.PENDING).update(due_at=over)
