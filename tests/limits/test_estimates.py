"""What `POST …/validate` says a run will come to is what it comes to."""

import pytest

from functions.estimates import ASSUMED_DATA, Cost, Estimate, estimate
from functions.prices import PRICES, SECONDS
from functions.publish import prepare
from tests.integration.service import Handlers, Json
from tests.integration.test_flows import FLOWS
from tests.limits.runs import Counted, run
from tests.unit.functions.samples import chain, condition, graph, task

NOTE = {"type": "send_notification", "config": {"recipient": "{{trigger.user}}", "message": "{{trigger.text}}"}}
MORE: dict[str, Json] = {
    "notifications": chain(*({"id": f"n{i}", **NOTE} for i in range(5))),
    "thirty effects": chain(*(task(f"t{i}") for i in range(30))),
    "an effect that is never come to": chain(task("a"), condition("no", "not_exists"), task("b")),
    "many effects at once": graph(
        [task(f"b{i}") for i in range(12)] + [task("j")],
        *(arrow for i in range(12) for arrow in (f"begin>b{i}", f"b{i}>j")),
    ),
}
CASES = FLOWS | MORE


def estimated(definition: Json) -> Estimate:
    return estimate(*prepare(definition))


@pytest.mark.parametrize("name", CASES)
def test_a_run_comes_to_what_was_estimated(handlers: Handlers, name: str) -> None:
    told = estimated(CASES[name])
    found = run(handlers, CASES[name], {"user": "u", "text": "x" * 200})
    assert found.execution.status == "completed"
    for field, count in counts(found).items():
        assert getattr(told.least, field) <= count <= getattr(told.most, field), field


def counts(found: Counted) -> dict[str, int]:
    return {
        "transitions": found.transitions,
        "function_calls": found.calls,
        "history_events": len(found.history),
        "writes": found.writes,
    }


@pytest.mark.parametrize("name", ["thirty effects", "notifications", "many effects at once", "forks in a fork"])
def test_where_there_is_one_way_it_is_told_exactly(handlers: Handlers, name: str) -> None:
    told = estimated(CASES[name])
    found = counts(run(handlers, CASES[name], {"user": "u", "text": "x"}))
    for field in ("transitions", "function_calls", "history_events"):
        assert getattr(told.least, field) == found[field] == getattr(told.most, field)


def test_a_run_with_large_outputs_writes_more_than_is_assumed(handlers: Handlers) -> None:
    definition = chain(*({"id": f"n{i}", **NOTE} for i in range(5)))
    found = run(handlers, definition, {"user": "u", "text": "x" * 9 * ASSUMED_DATA})
    assert found.writes > estimated(definition).most.writes


def test_its_dollars_are_what_its_counts_cost() -> None:
    def dollars(cost: Cost) -> float:
        calls = {entry: cost.function_calls - 2 if entry.name == "action" else 1 for entry in SECONDS}
        gb_seconds = sum(count * SECONDS[entry] * entry.memory / 1024 for entry, count in calls.items())
        return (
            PRICES["step_functions_transition"].of(cost.transitions)
            + PRICES["dynamodb_write"].of(cost.writes)
            + PRICES["lambda_request"].of(cost.function_calls)
            + PRICES["lambda_gb_second"].of(gb_seconds)
            + PRICES["api_gateway_request"].of(1)
        )

    told = estimated(MORE["thirty effects"])
    for cost in (told.least, told.most, told.with_retries):
        assert cost.dollars == pytest.approx(dollars(cost), abs=1e-9)
    assert told.least.dollars < told.most.dollars < told.with_retries.dollars
    assert told.most.history_share == round(told.most.history_events / 25_000, 5)


def test_a_run_that_needs_no_machine_costs_a_call_and_a_record(handlers: Handlers) -> None:
    definition = FLOWS["nothing but decisions"]
    told = estimated(definition).most
    assert (told.transitions, told.function_calls, told.history_events, told.history_share) == (0, 1, 0, 0)
    assert counts(run(handlers, definition))["function_calls"] == 1
