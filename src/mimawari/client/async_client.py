"""The client for programs that await: every operation of the API."""

from __future__ import annotations

from mimawari.client.async_connection import AsyncConnection
from mimawari.client.operations import Operations


class AsyncClient(AsyncConnection, Operations):
    """Talks to one server with one key, without holding up the event loop.

    Parameters
    ----------
    base_url, api_key
        Where, and the text that ``mimawari keys create`` showed.
    repeats
        How often a request is sent again that the server could not take (429, 503) or that did
        not reach it. What might be done twice is sent again only where it surely was not taken.
    sleep, transport
        For tests: how to wait, and what carries the requests.

    Examples
    --------
    >>> async def versions(client: AsyncClient) -> list[str]:
    ...     return [model["version"] for model in (await client.list_models())["models"]]
    """
