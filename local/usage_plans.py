"""API keys and the usage plans they are on: who a key is, and whether its bucket has a token left.

Keys and plans are real API Gateway objects, so that those made later through the AWS endpoint work as well.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from functions.gateway import Plan

_log = logging.getLogger(__name__)

Clock = Callable[[], float]


@dataclass(frozen=True)
class ApiKey:
    """An enabled key on a usage plan. A plan without a throttle has no limit."""

    id: str
    plan: Plan | None


class ApiKeys:
    """Finds keys by value in what `listing` gives: API Gateway's keys, by value. The first listing is made at once.

    A value that is not in the listing is looked for again before it is refused, so a new key works at once. A known
    one is served from the listing, which is renewed behind its back: a key that was deleted works a second longer.
    """

    _OLD_AFTER = 1.0
    _LONGEST = 128
    _MOST_REFUSED = 1000

    def __init__(self, listing: Callable[[], dict[str, ApiKey]], clock: Clock = time.monotonic) -> None:
        self._listing = listing
        self._clock = clock
        self._listed_at = clock()
        self._keys = listing()
        self._refused: dict[str, float] = {}
        self._lock = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    async def find(self, value: str) -> ApiKey | None:
        """The key with this value, or None where it is unknown, disabled or on no usage plan."""
        key = self._keys.get(value)
        if key:
            self._renew()
            return key
        if len(value) > self._LONGEST or not self._worth_another_look(value):
            return None
        await self._list_again()
        if value not in self._keys:
            self._refuse(value)
        return self._keys.get(value)

    def _renew(self) -> None:
        idle = self._renewal is None or self._renewal.done()
        if idle and self._clock() - self._listed_at > self._OLD_AFTER:
            self._renewal = asyncio.create_task(self._list_again())

    def _worth_another_look(self, value: str) -> bool:
        return self._clock() - self._refused.get(value, float("-inf")) > self._OLD_AFTER

    def _refuse(self, value: str) -> None:
        if len(self._refused) >= self._MOST_REFUSED:
            self._refused.clear()
        self._refused[value] = self._clock()

    async def _list_again(self) -> None:
        """Whoever waited while another listing began shares that one."""
        asked_at = self._clock()
        async with self._lock:
            if self._listed_at <= asked_at:
                self._listed_at = self._clock()
                try:
                    self._keys = await asyncio.to_thread(self._listing)
                except ClientError:
                    _log.warning("the keys could not be listed: those known before stay", exc_info=True)


def list_keys(client: Any) -> dict[str, ApiKey]:
    """API Gateway's enabled keys that are on a usage plan, by value."""
    plans: dict[str, Plan | None] = {}
    for page in client.get_paginator("get_usage_plans").paginate():
        for item in page["items"]:
            keys = client.get_paginator("get_usage_plan_keys").paginate(usagePlanId=item["id"])
            plans |= {key["id"]: _plan(item.get("throttle")) for keys_page in keys for key in keys_page["items"]}
    pages = client.get_paginator("get_api_keys").paginate(includeValues=True)
    keys = [key for page in pages for key in page["items"] if key["enabled"] and key["id"] in plans]
    return {key["value"]: ApiKey(key["id"], plans[key["id"]]) for key in keys}


def _plan(throttle: dict[str, float] | None) -> Plan | None:
    return Plan(throttle["rateLimit"], int(throttle["burstLimit"])) if throttle else None


class Throttle:
    """One token bucket a key."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, key: ApiKey) -> float:
        """Takes a token and answers 0, or answers the seconds until there is one."""
        if key.plan is None:
            return 0.0
        bucket = self._buckets.setdefault(key.id, _Bucket(key.plan.burst, self._clock()))
        return bucket.take(key.plan, self._clock())


@dataclass
class _Bucket:
    tokens: float
    filled_at: float

    def take(self, plan: Plan, now: float) -> float:
        self.tokens = min(plan.burst, self.tokens + (now - self.filled_at) * plan.rate)
        self.filled_at = now
        if self.tokens < 1:
            return (1 - self.tokens) / plan.rate
        self.tokens -= 1
        return 0.0
