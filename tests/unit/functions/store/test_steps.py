"""Steps: one body wherever it is kept, and the first one stands."""

import pytest

from functions import aws
from functions.settings import settings
from functions.store import keys, steps, table
from functions.store.steps import Step
from local.aws import LocalAws
from state_machines.fold import Timer
from tests.unit.functions.samples import FAR, result

ID = "e" * 32
SIZES = [10, 3_000, 5_000, 50_000, 300_000]


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    steps._recent._values.clear()


def step(size: int = 10, letter: str = "x", **changes: object) -> Step:
    answer, timers = {"next": "b"}, {"pause": Timer(started_at="2026-11-22T14:00:00.000Z", ms=5)}
    return Step([result("a", output={"text": letter * size}, **changes), result("check")], answer, timers)


def kept_in() -> str:
    """Where the body of the step is: its item, an item of its own, or S3."""
    item = table.get(keys.step(ID, "a#0")) or {}
    return str(item.get("body_in", "step"))


@pytest.mark.parametrize(("size", "place"), [*zip(SIZES, ["step", "step", "table", "table", "s3"], strict=True)])
def test_a_step_is_read_as_it_was_staged_wherever_its_body_is(size: int, place: str) -> None:
    assert steps.stage(ID, step(size), FAR) == step(size)
    assert kept_in() == place
    assert steps.read(ID, "a#0") == steps.read_all(ID)["a#0"] == step(size)
    steps._recent._values.clear()
    assert steps.read_some(ID, ["a#0"]) == ({"a#0": step(size)}, [])


@pytest.mark.parametrize("size", SIZES)
def test_a_second_delivery_gets_the_success_that_stands_and_changes_nothing(size: int) -> None:
    steps.stage(ID, step(size, "x"), FAR)
    assert steps.stage(ID, step(size, "y"), FAR) == step(size, "x")
    assert steps.read(ID, "a#0") == step(size, "x")


@pytest.mark.parametrize("size", SIZES)
def test_a_failure_that_was_staged_stands_since_another_delivery_may_be_about_to_commit_it(size: int) -> None:
    failed = step(size, status="failed", error="no")
    steps.stage(ID, failed, FAR)
    assert steps.stage(ID, step(size, "y"), FAR) == failed
    assert steps.read(ID, "a#0") == failed


def test_large_bodies_are_in_the_bucket_under_their_execution() -> None:
    steps.stage(ID, step(300_000), FAR)
    listed = aws.s3().list_objects_v2(Bucket=settings().outputs_bucket)
    assert [entry["Key"].rpartition("/")[0] for entry in listed["Contents"]] == [f"executions/{ID}"]


def test_what_expires_with_the_execution_are_all_items_of_a_step() -> None:
    items = steps.items(ID, step(50_000), FAR)
    assert [item["expires_at"] for item in items] == [FAR, FAR]
    assert [item["sk"] for item in items] == ["OUT#a#0", "STEP#a#0"]


def test_other_items_come_with_the_steps_in_one_read() -> None:
    steps.stage(ID, step(), FAR)
    table.put(keys.execution(ID, keys.INPUT) | {"n": 1})
    places = [keys.execution(ID, keys.INPUT), keys.execution(ID)]
    found, others = steps.read_some(ID, ["a#0", "a#0"], *places)
    assert (list(found), others) == (["a#0"], [places[0] | {"n": 1}, None])


def test_there_may_be_no_step() -> None:
    assert steps.read(ID, "a#0") is None
    assert steps.read_all(ID) == {}


def test_numbers_and_texts_keep_their_value() -> None:
    output = {"whole": 2**53 + 1, "tenth": 0.1, "long": int("1" * 40), "text": "é\u0000~"}
    steps.stage(ID, Step([result("a", output=output)]), FAR)
    found = steps.read(ID, "a#0")
    assert found
    assert found.results[0].output == output
