"""The events of the Lambda proxy integration."""

from local.proxy import ProxyRequest
from local.resources import Resource


def identity(api_key: str | None, api_key_id: str | None) -> dict[str, object]:
    request = ProxyRequest(
        method="GET",
        path="/openapi.json",
        resource=Resource("/openapi.json", frozenset({"GET"}), {}),
        request_id="1",
        api_key=api_key,
        api_key_id=api_key_id,
        source_ip="127.0.0.1",
        headers=[],
    )
    found: dict[str, object] = request.event()["requestContext"]["identity"]
    return found


def test_who_called_is_told_where_a_key_was_asked_for() -> None:
    assert {"apiKey": "value", "apiKeyId": "id"}.items() <= identity("value", "id").items()


def test_nobody_is_told_of_where_none_was_asked_for() -> None:
    assert not {"apiKey", "apiKeyId"} & identity(None, None).keys()
