"""Rate limits, on a service of its own that enforces them, as `make run` does."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.client import KEYS, V1, WS, Client, all_at_once, error_of
from tests.e2e.service import RunningService


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with RunningService(THROTTLE="on") as service:
        yield service.url


@pytest.fixture(scope="module")
def answers(url: str) -> list[httpx.Response]:
    """130 requests of the standard key, as fast as they go."""
    client = Client(url, KEYS["standard"])
    found = all_at_once([lambda: client.get(WS)] * 130)
    client.close()
    return found


def test_the_standard_key_has_a_hundred_a_minute(answers: list[httpx.Response]) -> None:
    passed = [answer for answer in answers if answer.status_code == 200]
    assert 100 <= len(passed) <= 115
    assert {answer.status_code for answer in answers} == {200, 429}


def test_over_the_limit_is_429_in_both_dialects_fields_with_retry_after(answers: list[httpx.Response]) -> None:
    for answer in answers:
        if answer.status_code == 429:
            assert error_of(answer) == (429, "RATE_LIMIT_EXCEEDED")
            assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_it_passes_again_after_that_time_and_others_were_never_held_up(url: str, answers: list[httpx.Response]) -> None:
    standard, premium = Client(url, KEYS["standard"]), Client(url)
    refused = standard.get(f"{V1}?community_id=123")
    while refused.status_code == 200:
        refused = standard.get(f"{V1}?community_id=123")
    assert all(answer.status_code == 200 for answer in all_at_once([lambda: premium.get(WS)] * 120))
    time.sleep(int(refused.headers["Retry-After"]))
    assert standard.get(WS).status_code == 200
    standard.close()
    premium.close()
