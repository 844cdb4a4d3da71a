"""Every limit of a workflow: what is at it is taken and translated; one more is refused, with a fault that says so."""

from collections.abc import Callable
from typing import Any

import pytest

from state_machines import limits
from state_machines.capacity import RECORD_BESIDE_LOG, check_capacity
from state_machines.checks import check_workflow
from state_machines.errors import WorkflowInvalid
from state_machines.limits import Limit
from state_machines.runs import Record, Walk
from state_machines.translate import size_as_sent, translate
from state_machines.values import to_json
from tests.statelanguage import assert_valid
from tests.workflows import CATALOG, FUNCTION, Definition, EffectType, chain, graph, node

LONG_TYPE = "t" * limits.TYPE.most


def config(kind: str, **fields: Any) -> Definition:
    """A node of a type with this config."""
    return {"type": kind, "config": fields}


def wait(ms: int | str) -> Definition:
    return config("wait", durationMs=ms)


def publish(definition: Definition) -> Any:
    """The machine of a definition that passes every check. Raises WorkflowInvalid."""
    flow = check_workflow(definition, {**CATALOG, LONG_TYPE: EffectType()})
    machine = translate(flow, FUNCTION)
    if machine:
        assert_valid(machine)
        check_capacity(flow, machine)
    return machine


def faults_of(definition: Definition) -> dict[str, str]:
    try:
        publish(definition)
    except WorkflowInvalid as error:
        return dict(error.faults)
    return {}


def with_connections(count: int) -> Definition:
    """Switches, each with a port to each of the eleven behind it."""
    nodes, connections, last = [], [], 465
    for i in range(last + 1):
        ports = {f"{j}": f"{j}" for j in range(i + 1, min(i + 12, last + 1))}
        kind: Definition = {"type": "switch", "config": {"field": "trigger.x", "cases": ports}}
        nodes.append(node(f"{i}", kind if ports else "call"))
        connections += [{"from": f"{i}", "fromPort": port, "to": port} for port in ports]
    spare = [arrow for arrow in connections if int(arrow["to"]) > int(arrow["from"]) + 1]
    dropped = {id(arrow) for arrow in spare[: len(connections) - count]}
    kept = [arrow for arrow in connections if id(arrow) not in dropped]
    return {"name": "w", "nodes": nodes, "connections": kept}


def of_bytes(count: int) -> Definition:
    """A definition that takes so many bytes with its defaults written out."""
    definition = chain(config("call", text=""))
    filler = count - len(to_json(check_workflow(definition, CATALOG).workflow.document()))
    return chain(config("call", text="x" * filler))


def nested_lists(levels: int) -> Definition:
    value: Any = 0
    for _ in range(levels - 2):  # the node and its config are two
        value = [value]
    return chain(config("call", x=value))


def conditions(levels: int) -> Definition:
    condition: Definition = {"field": "trigger.x", "operator": "exists"}
    for _ in range(levels):
        condition = {"not": condition}
    return graph("c:true>a", c=config("condition", **condition))


def nested_forks(depth: int) -> Definition:
    arrows = [f"n{i}>j{i} n{i}>n{i + 1}" + (f" j{i}>j{i - 1}" if i else "") for i in range(depth)]
    return graph(" ".join([*arrows, f"n{depth}>j{depth - 1}"]))


def fan(count: int) -> Definition:
    return graph(" ".join(f"s>b{i} b{i}>j" for i in range(count)))


def field(name: str) -> Callable[[int], Definition]:
    """A node whose field is as long as it may be."""
    return lambda count: {"name": "w", "nodes": [node("a") | {name: "x" * count}]}


LONGEST: list[tuple[Limit, str, Callable[[int], Definition]]] = [
    (limits.NODES, "actions", lambda count: chain(*["call"] * count)),
    (limits.CONNECTIONS, "connections", with_connections),
    (limits.DEFINITION, "", of_bytes),
    (limits.ID, "nodes[0].id", field("id")),
    (limits.ID, "connections[0].fromPort", lambda count: graph(f"a:{'p' * count}>b", a=port("p" * count))),
    (limits.TYPE, "nodes[0].type", lambda count: {"name": "w", "nodes": [node("a") | {"type": "t" * count}]}),
    (limits.LABEL, "nodes[0].label", field("label")),
    (limits.NAME, "name", lambda count: chain("call") | {"name": "x" * count}),
    (limits.DESCRIPTION, "description", lambda count: chain("call") | {"description": "x" * count}),
    (limits.TRIGGER_TYPE, "trigger.type", lambda count: chain("call") | {"trigger": {"type": "x" * count}}),
    (limits.DEPTH, "actions[0]", nested_lists),
    (limits.TIMEOUT, "actions[0].timeout", lambda count: chain({"type": "call", "timeout": count})),
    (limits.RUN_SECONDS, "timeoutSeconds", lambda count: chain("call") | {"timeoutSeconds": count}),
    (limits.WAIT_MS, "actions[0].config.durationMs", lambda count: chain(wait(count))),
    (limits.EXPRESSION, "actions[0].config.x", lambda count: chain(config("call", x="{{" + path(count) + "}}"))),
    (
        limits.PATTERN,
        "nodes[0].config.value",
        lambda count: graph(
            "c:true>a", c=config("condition", field="trigger.x", operator="matches", value="x" * count)
        ),
    ),
    (limits.CONDITION_DEPTH, f"nodes[0].config{'.not' * 21}", conditions),
    (limits.NESTING, "nodes[40]", nested_forks),
    (limits.BRANCHES, "nodes[0]", fan),
]


UNCOUNTED = (
    limits.EXPRESSION,
    limits.PATTERN,
    limits.CONDITION_DEPTH,
    limits.DEPTH,
    limits.NESTING,
)
"""What is refused where the limit is passed, and not walked any further."""


def port(name: str) -> Definition:
    return config("switch", field="trigger.x", cases={"x": name})


def path(count: int) -> str:
    return "trigger." + "x" * (count - len("trigger."))


@pytest.mark.parametrize(("limit", "place", "made"), LONGEST, ids=[f"{one[1]}-{one[0].unit}" for one in LONGEST])
def test_what_is_at_a_limit_is_published_and_one_more_is_refused(
    limit: Limit, place: str, made: Callable[[int], Definition]
) -> None:
    assert faults_of(made(limit.most)) == {}
    said = faults_of(made(limit.most + 1))[place]
    assert f"{limit.most:,}" in said or str(limit.most) in said


@pytest.mark.parametrize(("limit", "place", "made"), [one for one in LONGEST if one[0] not in UNCOUNTED])
def test_a_fault_says_how_much_there_is(limit: Limit, place: str, made: Callable[[int], Definition]) -> None:
    said = faults_of(made(limit.most + 1))[place]
    assert f"{limit.most + 1:,}" in said or str(limit.most + 1) in said


# -- what a run comes to --------------------------------------------------------------------------------------------


def with_events(more: int) -> Definition:
    """A chain whose runs come to 24,999 events at most, and `more`: what continues has a Task behind its crash."""
    keeps_on = [{"type": "call", "onError": "continue"}] * 530
    rest = ["wait"] * 309 if more else ["call", *["wait"] * 297]
    return chain(*keeps_on, *rest)


def test_the_longest_chain_fits_the_history_with_every_retry_and_one_event_more_is_refused() -> None:
    assert events_of(with_events(0)) == limits.HISTORY.most
    assert faults_of(with_events(0)) == {}
    said = faults_of(with_events(1))["actions"]
    assert said.startswith("A run, every retry counted, may have at most 24,999 events, not 25,000: ")


def events_of(definition: Definition) -> int:
    flow = check_workflow(definition, CATALOG)
    return Walk(flow, translate(flow, FUNCTION) or {}, "with_retries", Record()).run().events


def record_of(definition: Definition) -> int:
    flow = check_workflow(definition, CATALOG)
    walk = Walk(flow, translate(flow, FUNCTION) or {}, "with_retries", Record(head=RECORD_BESIDE_LOG))
    return walk.run().head + walk.claimed.body


def with_record(more: int) -> Definition:
    """A chain whose records have 409,600 bytes at most, and `more`: filled up by an id, then by the digits of waits."""
    tasks = [node(f"n{i}".ljust(36, "x")) for i in range(770)]
    waits = [node(f"w{i}", wait(1000)) for i in range(10)]
    actions = [*tasks[:-10], *(action for pair in zip(waits, tasks[-10:], strict=True) for action in pair)]
    left = limits.RECORD.most + more - record_of({"name": "w", "actions": actions})
    longer, digits = divmod(left, 8)
    for task in tasks[1 : 1 + longer // 20]:
        task["id"] = task["id"].ljust(56, "x")
    tasks[-1]["id"] = tasks[-1]["id"].ljust(36 + longer % 20, "x")
    for action in waits[:digits]:
        action["config"]["durationMs"] = 10_000
    return {"name": "w", "actions": actions}


def test_no_run_can_fill_its_record_and_one_byte_more_is_refused() -> None:
    assert record_of(with_record(0)) == limits.RECORD.most
    assert faults_of(with_record(0)) == {}
    said = faults_of(with_record(1))["actions"]
    assert said.startswith("The record of a run, every retry counted, may have at most 409,600 bytes, not 409,601: ")


def choosing(effects: list[Definition], **fields: Any) -> Definition:
    """A switch that leads to one of these effects: a large machine, and short runs."""
    names = [effect["id"] for effect in effects]
    switch = node("s", config("switch", field="trigger.x", cases={f"{i}": f"{i}" for i in range(len(names))}))
    arrows = [{"from": "s", "fromPort": f"{i}", "to": name} for i, name in enumerate(names)]
    return {"name": "w", "nodes": [switch, *effects], "connections": arrows, **fields}


def sent(definition: Definition) -> int:
    return size_as_sent(translate(check_workflow(definition, CATALOG), FUNCTION))


def with_machine(count: int) -> Definition:
    """A workflow whose machine has so many bytes: filled up by ids, then by the digits of its Tasks' time limits."""
    effects = [node(f"n{i}", {"type": "call", "onError": "continue", "timeout": 1000}) for i in range(570)]
    least = sent(choosing(effects))
    step = sent(choosing([effects[0] | {"id": "n0x"}, *effects[1:]])) - least
    longer, digits = divmod(count - least, step)
    for effect in effects:
        added = min(longer, 55)
        effect["id"], longer = effect["id"] + "x" * added, longer - added
    for effect in effects[: digits // 2]:  # each is in two Tasks
        effect["timeout"] = 100_000
    return choosing(effects, timeoutSeconds=864_000 if digits % 2 else 86_400)


def test_the_largest_machine_is_sent_and_one_byte_more_is_refused() -> None:
    assert sent(with_machine(limits.MACHINE.most)) == limits.MACHINE.most
    assert faults_of(with_machine(limits.MACHINE.most)) == {}
    said = faults_of(with_machine(limits.MACHINE.most + 1))["nodes"]
    assert said.startswith("The state machine may have at most 1,040,000 bytes, as they are sent, not 1,040,001: ")


def test_a_state_with_the_longest_id_has_a_name_that_step_functions_takes() -> None:
    a, b, c, j = (letter * limits.ID.most for letter in "abcj")
    nodes: dict[str, str | Definition] = {a: {"onError": "continue"}, c: "wait", j: wait("{{trigger.ms}}")}
    definition = graph(
        f"s>{a} s>{b} {a}>{j} {b}>{j} {j}>{c} {c}>x",
        x="condition",
        **nodes,
    )
    names: list[str] = []

    def collect(region: Any) -> None:
        names.extend(region["States"])
        for state in region["States"].values():
            for branch in state.get("Branches", ()):
                collect(branch)

    collect(publish(definition))
    assert max(map(len, names)) <= limits.STATE_NAME.most
    assert len(set(names)) == len(names)


def test_a_wait_is_as_long_as_a_template_says_and_no_text_with_one() -> None:
    assert faults_of(chain(wait("{{ trigger.ms }}"))) == {}
    assert (
        "one template and nothing beside it"
        in faults_of(chain(wait("{{trigger.ms}}{{trigger.ms}}")))["actions[0].config.durationMs"]
    )
