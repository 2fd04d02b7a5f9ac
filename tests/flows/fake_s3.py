"""An S3 that holds everything in memory, on a free port of this host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "mimawari-flows"


@contextmanager
def fake_s3() -> Iterator[str]:
    """Start it with a bucket, and name it in the environment; gives its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    given = {
        "AWS_ACCESS_KEY_ID": "fake",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": address,
        "METAFLOW_S3_ENDPOINT_URL": address,
    }
    before = dict(os.environ)
    os.environ.update(given)
    try:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield address
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()
