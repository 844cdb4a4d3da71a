import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.gateway import Plan
from local.usage_plans import ApiKey, ApiKeys, Throttle, list_keys

KEY = ApiKey("id", Plan(rate=2.0, burst=3))


class Listing:
    """API Gateway's keys as they are now, and how often they were asked for."""

    def __init__(self) -> None:
        self.keys = {"old": ApiKey("old-id", None)}
        self.times = 0
        self.now = 0.0

    def __call__(self) -> dict[str, ApiKey]:
        self.times += 1
        return dict(self.keys)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def listing() -> Listing:
    return Listing()


@pytest.fixture
def keys(listing: Listing) -> ApiKeys:
    return ApiKeys(listing, listing.clock)


class TestApiKeys:
    def test_a_known_key_asks_nobody(self, listing: Listing, keys: ApiKeys) -> None:
        async def often() -> None:
            for _ in range(100):
                assert await keys.find("old") == ApiKey("old-id", None)

        asyncio.run(often())
        assert listing.times == 1

    def test_a_key_is_found_as_soon_as_it_is_made(self, listing: Listing, keys: ApiKeys) -> None:
        async def made_in_between() -> ApiKey | None:
            assert await keys.find("other") is None
            listing.keys["new"] = ApiKey("new-id", None)
            return await keys.find("new")

        assert asyncio.run(made_in_between()) == ApiKey("new-id", None)

    def test_the_same_unknown_value_is_looked_for_once_a_second(self, listing: Listing, keys: ApiKeys) -> None:
        async def insist() -> None:
            for _ in range(100):
                assert await keys.find("unknown") is None

        asyncio.run(insist())
        assert listing.times == 2
        listing.now += 1.1
        asyncio.run(insist())
        assert listing.times == 3

    def test_a_value_longer_than_any_key_is_not_looked_for(self, listing: Listing, keys: ApiKeys) -> None:
        assert asyncio.run(keys.find("x" * 129)) is None
        assert listing.times == 1

    def test_who_waits_for_a_listing_shares_the_next(self, listing: Listing) -> None:
        """Eight unknown values at once: the first listing began before some asked, the second serves them all."""
        clock = iter(range(10_000))
        released = threading.Event()

        def slow() -> dict[str, ApiKey]:
            if listing.times:
                released.wait(5)
            return listing()

        async def at_once() -> None:
            keys = ApiKeys(slow, lambda: float(next(clock)))
            first = asyncio.create_task(keys.find("unknown-0"))
            await asyncio.sleep(0.01)
            others = [asyncio.create_task(keys.find(f"unknown-{n}")) for n in range(1, 8)]
            await asyncio.sleep(0.01)
            released.set()
            await asyncio.gather(first, *others)

        asyncio.run(at_once())
        assert listing.times == 3

    def test_a_deleted_key_is_forgotten_behind_the_requests_back(self, listing: Listing, keys: ApiKeys) -> None:
        async def until_refused() -> None:
            listing.keys.clear()
            listing.now += 1.1
            while await keys.find("old"):
                await asyncio.sleep(0.001)

        asyncio.run(asyncio.wait_for(until_refused(), 5))

    def test_known_keys_stay_while_they_cannot_be_listed(
        self, listing: Listing, caplog: pytest.LogCaptureFixture
    ) -> None:
        def deleted_meanwhile() -> dict[str, ApiKey]:
            if listing.times:
                raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetUsagePlanKeys")
            return listing()

        async def ask() -> list[ApiKey | None]:
            keys = ApiKeys(deleted_meanwhile, listing.clock)
            return [await keys.find("unknown"), await keys.find("old")]

        assert asyncio.run(ask()) == [None, ApiKey("old-id", None)]
        assert "those known before stay" in caplog.text


class TestListing:
    @pytest.fixture
    def apigateway(self) -> Iterator[Any]:
        with mock_aws():
            yield boto3.client("apigateway", region_name="us-east-1")

    def make_key(self, apigateway: Any, value: str, *, enabled: bool = True) -> str:
        key_id: str = apigateway.create_api_key(name=value, value=value, enabled=enabled)["id"]
        return key_id

    def put_on_plan(self, apigateway: Any, key_id: str, **plan: Any) -> None:
        plan_id = apigateway.create_usage_plan(name="plan", **plan)["id"]
        apigateway.create_usage_plan_key(usagePlanId=plan_id, keyId=key_id, keyType="API_KEY")

    def test_a_key_has_the_throttle_of_its_plan(self, apigateway: Any) -> None:
        key_id = self.make_key(apigateway, "a-key-with-a-throttled-plan")
        self.put_on_plan(apigateway, key_id, throttle={"rateLimit": 1.5, "burstLimit": 9})
        assert list_keys(apigateway) == {"a-key-with-a-throttled-plan": ApiKey(key_id, Plan(1.5, 9))}

    def test_a_plan_without_a_throttle_has_no_limit(self, apigateway: Any) -> None:
        key_id = self.make_key(apigateway, "a-key-with-an-unlimited-plan")
        self.put_on_plan(apigateway, key_id)
        assert list_keys(apigateway) == {"a-key-with-an-unlimited-plan": ApiKey(key_id, None)}

    def test_a_disabled_key_and_one_without_a_plan_are_no_keys(self, apigateway: Any) -> None:
        self.put_on_plan(apigateway, self.make_key(apigateway, "a-key-that-is-disabled", enabled=False))
        self.make_key(apigateway, "a-key-without-a-usage-plan")
        assert list_keys(apigateway) == {}


class TestThrottle:
    def test_a_bucket_holds_its_burst_and_no_more(self) -> None:
        now = [0.0]
        throttle = Throttle(lambda: now[0])
        assert [throttle.admit(KEY) for _ in range(4)] == [0, 0, 0, 0.5]
        now[0] += 1000
        assert [throttle.admit(KEY) for _ in range(4)] == [0, 0, 0, 0.5]

    def test_a_refused_request_takes_no_token(self) -> None:
        now = [0.0]
        throttle = Throttle(lambda: now[0])
        for _ in range(50):
            throttle.admit(KEY)
        now[0] += 0.5
        assert [throttle.admit(KEY) for _ in range(2)] == [0, 0.5]
