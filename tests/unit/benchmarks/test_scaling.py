"""docs/scaling.md is what its demand and AWS's quotas come to, and the model agrees with what is known by hand."""

import math
import re

import pytest

from benchmarks.scaling.buckets import HALF_HOUR, Bucket, Limit, bearable, simulate
from benchmarks.scaling.contention import calm, contend
from benchmarks.scaling.demand import Demand, measure
from benchmarks.scaling.limits import BATCHES_AT_ONCE, TRANSACTION_SECONDS, Setup, busy, limits
from benchmarks.scaling.pages import ALONE, SPREAD, sections
from benchmarks.scaling.quotas import AS_OF, QUOTAS
from benchmarks.sections import section
from benchmarks.servers import ROOT
from tests.infra.synthesis import template

PAGE = ROOT / "docs/scaling.md"


def on_page() -> Demand:
    """The demand that the page says."""
    rows = re.findall(r"^\| (.+?) +\| +(\d+) \|$", section(PAGE, "demand"), re.MULTILINE)
    counts = {what: int(count) for what, count in rows}

    def beginning(start: str) -> dict[str, int]:
        return {what.removeprefix(start): n for what, n in counts.items() if what.startswith(start)}

    return Demand(
        requests=counts["requests of the API (its start, one read)"],
        transitions=counts["state transitions"],
        calls={name.strip("`"): count for name, count in beginning("calls of ").items()},
        table=counts["write units of the table"],
        index=counts["write units of the index that takes most"],
        all_read=counts["read units"],
        written=beginning("write units: "),
        read=beginning("read units: "),
    )


class TestPage:
    def test_a_start_takes_what_the_page_says(self) -> None:
        assert measure() == on_page()

    def test_its_tables_are_what_the_simulation_makes_of_that(self) -> None:
        made = sections(on_page())
        assert {name: section(PAGE, name) for name in made} == made

    def test_it_names_the_month_of_the_quotas(self) -> None:
        assert f"As of {AS_OF}" in PAGE.read_text()

    def test_every_quota_has_a_source_at_aws(self) -> None:
        assert all(quota.source.startswith("https://docs.aws.amazon.com/") for quota in QUOTAS.values())


class TestBucket:
    @pytest.mark.parametrize("rate", [310, 400, 1_000])
    def test_it_is_empty_after_burst_by_what_is_missing(self, rate: float) -> None:
        burst, refill = 1_300, 300
        (passage,) = simulate([Limit("starts", burst, refill, 1, waits=True)], rate, 600)
        assert passage.short_at == pytest.approx(burst / (rate - refill), abs=0.2)

    def test_it_is_never_empty_at_its_own_rate(self) -> None:
        (passage,) = simulate([Limit("starts", 1_300, 300, 1, waits=True)], 300, 600)
        assert (passage.short_at, passage.waiting) == (None, 0)

    def test_what_waits_grows_by_the_difference_and_what_passed_is_the_rest(self) -> None:
        (passage,) = simulate([Limit("transitions", 5_000, 5_000, 8, waits=True)], 1_000, 600)
        assert passage.waiting == pytest.approx(600 * (1_000 - 625) - 5_000 / 8, rel=0.001)
        assert passage.passed + passage.waiting == pytest.approx(600_000)
        assert passage.refused == 0

    def test_what_is_refused_does_not_come_again(self) -> None:
        (passage,) = simulate([Limit("requests", 100, 100, 2, waits=False)], 80, 100)
        assert passage.refused == pytest.approx(100 * 30 - 50, rel=0.01)
        assert passage.waiting == 0

    def test_behind_a_limit_only_what_it_lets_pass_comes(self) -> None:
        narrow, wide = Limit("narrow", 10, 10, 1, waits=False), Limit("wide", 20, 20, 1, waits=False)
        first, second = simulate([narrow, wide], 100, 60)
        assert first.refused > 0
        assert second.refused == 0
        assert second.passed == first.passed

    def test_it_holds_no_more_than_its_burst(self) -> None:
        bucket = Bucket(10, 1)
        for _ in range(1_000):
            bucket.fill(1)
            bucket.spill()
        assert bucket.take(50) == 10

    def test_a_step_longer_than_the_burst_loses_nothing(self) -> None:
        (passage,) = simulate([Limit("requests", 10, 100, 1, waits=False)], 99, 100, step=5)
        assert passage.refused == 0


class TestTable:
    def test_under_full_load_it_bears_twice_as_much_after_half_an_hour(self) -> None:
        table = Limit("table", 4_000, 4_000, 1, waits=False, most=40_000)
        (passage,) = simulate([table], 1e6, HALF_HOUR, step=1)
        assert passage.passed == pytest.approx(4_000 * HALF_HOUR / math.log(2), rel=0.01)

    def test_it_does_not_grow_for_less_than_it_bears(self) -> None:
        table = Limit("table", 4_000, 4_000, 1, waits=False, most=40_000)
        assert simulate([table], 3_999, 600, step=1)[0].refused == 0
        assert table.starts == 4_000

    def test_it_stops_growing_at_the_quota(self) -> None:
        table = Limit("table", 4_000, 4_000, 1, waits=False, most=5_000)
        (passage,) = simulate([table], 1e6, 3_600, step=1)
        assert passage.passed < 5_000 * 3_600 * 1.001


class TestBearable:
    def test_it_is_the_lowest_limit_with_what_its_burst_gives(self) -> None:
        found = [Limit("wide", 500, 500, 1, False), Limit("narrow", 600, 100, 1, False)]
        assert bearable(found, 600) == pytest.approx(100 + 600 / 600, rel=0.02)


class TestConflicts:
    def test_the_first_attempt_fails_as_often_as_another_one_is_there(self) -> None:
        # At low rates: of arrivals at random, 1 - exp(-rate × hold) come while another one holds the item.
        found = contend(2, 0.01, count=50_000)
        assert found.attempts - 1 == pytest.approx(1 - math.exp(-2 * 0.01), rel=0.15)
        assert found.given_up == 0

    def test_more_than_one_after_the_other_cannot_be(self) -> None:
        found = contend(400, 0.01, count=20_000)
        assert found.given_up > 1 - 100 / 400 - 0.1

    def test_the_calm_rate_is_below_that_and_loses_nobody(self) -> None:
        rate = calm(TRANSACTION_SECONDS)
        assert 10 < rate < 1 / TRANSACTION_SECONDS
        assert contend(rate, TRANSACTION_SECONDS, seed=2).given_up < 0.002


class TestLimits:
    def test_shards_and_accounts_move_what_they_should(self) -> None:
        demand = on_page()
        before = {limit.name: limit.starts for limit in limits(ALONE, demand)}
        sharded = {limit.name: limit.starts for limit in limits(Setup(shards=4), demand)}
        moved = {name for name in before if sharded[name] != before[name]}
        assert all(sharded[name] == pytest.approx(4 * before[name]) for name in moved)
        assert len(moved) == 5
        twice = {limit.name: limit.starts for limit in limits(Setup(accounts=2), demand)}
        assert {name for name in before if twice[name] != pytest.approx(2 * before[name])} == {
            "the key’s usage plan (premium)"
        }

    def test_express_machines_have_no_transitions_and_send_no_events(self) -> None:
        names = {limit.name for limit in limits(Setup(express=True), on_page())}
        gone = {limit.name for limit in limits(ALONE, on_page())} - names
        assert gone == {
            QUOTAS["start"].what,
            QUOTAS["transitions"].what,
            QUOTAS["events"].what,
            "`lifecycle`: batches at one time",
        }

    def test_who_does_not_wait_takes_less_of_api(self) -> None:
        demand = on_page()
        assert busy(Setup(waits=False), demand)["api"] < busy(ALONE, demand)["api"]

    def test_a_hundred_workflows_never_bear_less(self) -> None:
        one, hundred = (limits(setup, on_page()) for setup in (ALONE, SPREAD))
        assert all(alone.starts <= spread.starts for alone, spread in zip(one, hundred, strict=True))

    def test_the_batches_are_those_of_the_stack(self) -> None:
        (mapping,) = (
            resource["Properties"]
            for resource in template()["Resources"].values()
            if resource["Type"] == "AWS::Lambda::EventSourceMapping"
        )
        assert mapping["ScalingConfig"]["MaximumConcurrency"] == BATCHES_AT_ONCE
