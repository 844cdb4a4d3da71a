"""What a client could write to hold a function: definitions, and what they are started with. None is over 256 KB."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from functions.request import MAX_BODY

Json = Any

NOTE = {"type": "send_notification", "config": {"message": "m", "recipient": "r"}}
EXISTS = {"type": "condition", "config": {"field": "trigger.a", "operator": "exists"}}


class Bomb(NamedTuple):
    """A definition, and the trigger and variables that set it off."""

    definition: Json
    trigger: Json = None
    variables: Json = None


def chain(*actions: Json, **fields: Json) -> Json:
    definition = {"name": "bomb", "actions": list(actions), **fields}
    assert len(json.dumps(definition)) <= MAX_BODY
    return definition


def graph(nodes: list[Json], arrows: list[tuple[str, str, str]]) -> Json:
    connections = [{"from": source, "fromPort": port, "to": target} for source, port, target in arrows]
    definition = {"name": "bomb", "nodes": nodes, "connections": connections}
    assert len(json.dumps(definition)) <= MAX_BODY
    return definition


def note(message: Json) -> Json:
    return {"type": "send_notification", "config": {"message": message, "recipient": "r"}}


def setting(**variables: Json) -> Json:
    return {"type": "set_variables", "config": {"variables": variables}}


def asking(operator: str, value: Json, times: int, field: str = "trigger.a") -> Json:
    """A condition that asks the same so many times over, and is never sure before the last."""
    part = {"not": {"field": field, "operator": operator, "value": value}}
    return {"type": "condition", "config": {"all": [part] * times, "onFalse": "continue"}}


def body_of(value: Json) -> Json:
    return {"type": "call_api", "config": {"url": "http://api.example/", "method": "POST", "body": value}}


def _numbered(make: Callable[[int], Json], count: int) -> list[Json]:
    return [make(number) for number in range(count)]


def _matching(pattern: str) -> Json:
    return {"field": "trigger.a", "operator": "matches", "value": pattern}


def _nested(word: str, depth: int) -> Json:
    condition: Json = {"field": "trigger.a", "operator": "exists"}
    for _ in range(depth):
        condition = {word: condition if word == "not" else [condition]}
    return {"type": "condition", "config": condition}


def _decisions_behind_many_effects() -> Json:
    effects, decisions, ends = 300, 400, 90
    nodes: list[Json] = [
        {
            "id": "s",
            "type": "switch",
            "config": {"field": "trigger.a", "cases": {f"{n}": f"p{n}" for n in range(effects)}},
        }
    ]
    nodes += [{"id": f"e{n}", **NOTE} for n in range(effects)] + [{"id": f"d{n}", **EXISTS} for n in range(decisions)]
    nodes += [{"id": f"z{n}", **NOTE} for n in range(ends)]
    arrows = [("s", f"p{n}", f"e{n}") for n in range(effects)] + [(f"e{n}", "result", "d0") for n in range(effects)]
    for n in range(decisions - 1):
        arrows += [(f"d{n}", "true", f"d{n + 1}"), (f"d{n}", "false", f"z{n % ends}")]
    return graph(nodes, [*arrows, ("s", "default", "d0")])


def _ladder(count: int, kind: Json) -> Json:
    """Forks one behind the other, each of two branches."""
    nodes: list[Json] = [{"id": "s0", **setting(a=1)}]
    arrows: list[tuple[str, str, str]] = []
    for n in range(count):
        nodes += [{"id": f"a{n}", **kind}, {"id": f"b{n}", **kind}, {"id": f"s{n + 1}", **setting(a=1)}]
        arrows += [(f"s{n}", "result", f"{side}{n}") for side in "ab"]
        arrows += [(f"{side}{n}", "result", f"s{n + 1}") for side in "ab"]
    return graph(nodes, arrows)


def _wide(count: int) -> Json:
    nodes: list[Json] = [{"id": "s", "type": "trigger"}, {"id": "e", "type": "end"}]
    nodes += [{"id": f"n{n}", **NOTE} for n in range(count)]
    arrows = [("s", "result", f"n{n}") for n in range(count)] + [(f"n{n}", "result", "e") for n in range(count)]
    return graph(nodes, arrows)


def _web(count: int) -> Json:
    """Each of so many nodes is connected to the next ten."""
    nodes = [{"id": f"n{n}", **NOTE} for n in range(count)]
    return graph(nodes, [(f"n{n}", "result", f"n{m}") for n in range(count) for m in range(n + 1, min(count, n + 6))])


DEFINITIONS: dict[str, Json] = {
    "a thousand effects": chain(*[NOTE] * 1000),
    "five hundred waits before five hundred effects": chain(
        *[{"type": "wait", "config": {"durationMs": 1000}}] * 500, *[NOTE] * 500
    ),
    "a thousand switches": chain(
        *[{"type": "switch", "config": {"field": "trigger.a", "cases": {f"{n}": f"{n}" for n in range(9)}}}] * 999, NOTE
    ),
    "one huge switch": chain(
        {"type": "switch", "config": {"field": "trigger.a", "cases": {f"{n}": f"p{n}" for n in range(11_000)}}}, NOTE
    ),
    "decisions behind many effects": _decisions_behind_many_effects(),
    "forks without effects": _ladder(330, setting(a=1)),
    "forks with effects": _ladder(300, NOTE),
    "a fork of a thousand": _wide(998),
    "a web of connections": _web(700),
    "regular expressions that grow": chain(
        {"type": "condition", "config": {"any": _numbered(lambda n: _matching(f"\\pL{{500}}x{n}"), 2_500)}}
    ),
    "regular expressions of any size": chain(
        {"type": "condition", "config": {"any": _numbered(lambda n: _matching(f"(\\pL{{1,40}}){n}"), 2_500)}}
    ),
    "regular expressions within each other": chain(
        {"type": "condition", "config": _matching("(" * 300 + "a" + "{2})" * 300)}
    ),
    "templates that are wrong in many ways": chain(
        note(" ".join(_numbered(lambda n: f"{{{{ trigger.a{n} |" + "foo." * 230 + "}}" * 10, 240)))
    ),
    "templates that are wrong one by one": chain(
        body_of(_numbered(lambda n: f"{{{{ trigger.a{n} |" + "[" * 430 + "}}" * 10, 500))
    ),
    "expressions everywhere": chain(body_of(_numbered(lambda n: "{{ trigger.a[*]." + f"b{n}." * 140 + "c }}", 280))),
    "templates that never end": chain(note("{{" * 120_000)),
    "ends of templates": chain(note("{{a" + "}}" * 120_000)),
    "unknown fields": chain(NOTE, **{f"f{n}": 1 for n in range(15_000)}),
    "unknown fields of a config": chain({"type": "wait", "config": {f"f{n}": 1 for n in range(15_000)}}),
    "actions that are numbers": chain(*[1] * 80_000),
    "conditions that are numbers": chain({"type": "condition", "config": {"all": [1] * 70_000}}),
    "conditions of one field": chain({"type": "condition", "config": {"all": [{"field": 1}] * 15_000}}),
    "connections to nowhere": {
        "name": "bomb",
        "nodes": [{"id": "a", "type": "trigger"}],
        "connections": [{"from": "a", "to": f"{n}"} for n in range(7_000)],
    },
    "one node many times": {
        "name": "bomb",
        "nodes": [{"id": "a", "type": "trigger"}] * 1000,
        "connections": [{"from": "a", "to": "a"}] * 5000,
    },
    "all within all": chain(_nested("all", 60)),
    "not within not": chain(_nested("not", 60)),
    "a long name": chain(NOTE, name="x" * 200_000),
    "a long path": chain(note("{{trigger" + ".a" * 100_000 + "}}")),
    "a large number": chain({"type": "wait", "config": {"durationMs": int("9" * 4_000)}}),
}
"""To publish, or to be refused: the checks and the translation are what they are meant for."""

NUMBERS = [0] * 80_000
LETTERS = "ab" * 120_000
DOUBLED = "{{[variables.a, variables.a]}}"

RUNS: dict[str, Bomb] = {
    "a thousand effects": Bomb(chain(*[NOTE] * 1000)),
    "a thousand waits": Bomb(chain(*[{"type": "wait", "config": {"durationMs": 1000}}] * 1000)),
    "a thousand variables, one by one": Bomb(chain(*_numbered(lambda n: setting(**{f"v{n}": "x"}), 1000))),
    "large variables, set again and again": Bomb(
        chain(*_numbered(lambda n: setting(b=n), 1000)), variables={"l": NUMBERS}
    ),
    "many variables, set again and again": Bomb(
        chain(*_numbered(lambda n: setting(b=n), 1000)), variables={f"{n}": 0 for n in range(15_000)}
    ),
    "a text doubled forty times": Bomb(
        chain(*[setting(a="{{variables.a}}{{variables.a}}")] * 40), variables={"a": "aaaa"}
    ),
    "a list doubled forty times": Bomb(chain(*[setting(a=DOUBLED)] * 40), variables={"a": "aaaa"}),
    "a list doubled, and then kept": Bomb(
        chain(*[setting(a=DOUBLED)] * 16, *[setting(b="x")] * 500), variables={"a": "aaaa"}
    ),
    "a list put into itself": Bomb(
        chain(*[setting(a="{{" + "[" * 100 + "variables.a" + "]" * 100 + "}}")] * 40), variables={"a": 1}
    ),
    "one text, told again and again": Bomb(
        chain(*[{**setting(a="{{trigger.a}} {{trigger.a}}"), "onError": "continue"}] * 900), {"a": LETTERS}
    ),
    "looking for what is not in a list": Bomb(chain(asking("contains", 1, 2_000)), {"a": NUMBERS}),
    "looking for true among ones": Bomb(chain(asking("contains", True, 2_000)), {"a": [1] * 70_000}),
    "looking for a list among lists": Bomb(chain(asking("contains", [1], 2_000)), {"a": [[0]] * 50_000}),
    "comparing a list with itself": Bomb(
        chain(
            {
                "type": "condition",
                "config": {"all": [{"field": "trigger.a", "operator": "equals", "value": "{{trigger.b}}"}] * 2_000},
            }
        ),
        {"a": [1000] * 18_000, "b": [1000] * 18_000},
    ),
    "looking among a list": Bomb(chain(asking("in", "{{trigger.b}}", 2_000)), {"a": 1, "b": NUMBERS}),
    "looking for what is not in a text": Bomb(chain(asking("contains", "a" * 50 + "c", 1_500)), {"a": LETTERS}),
    "an expression of many states": Bomb(chain(asking("matches", "a(a|b){900}c", 1)), {"a": "abbab" * 48_000}),
    "many expressions over a long text": Bomb(chain(asking("matches", "[^x].{400}y", 150)), {"a": LETTERS}),
    "an expression that is data": Bomb(
        chain(asking("matches", "{{trigger.b}}", 2_000)), {"a": LETTERS[:1000], "b": "(\\pL{1,40}){1,20}"}
    ),
    "filtering again and again": Bomb(
        chain(note(" ".join(_numbered(lambda n: f"{{{{trigger.a[?@ == `{n}`] | length(@)}}}}", 2_000)))),
        {"a": NUMBERS},
    ),
    "sorting again and again": Bomb(
        chain(note("".join(_numbered(lambda n: f"{{{{sort_by(trigger.a,&@)|[{n}]}}}}", 2_000)))),
        {"a": _numbered(lambda n: n * 7919 % 30_011, 30_000)},
    ),
    "sorting texts": Bomb(
        chain(note("".join(_numbered(lambda n: f"{{{{sort(trigger.a)|[{n}]}}}}", 2_000)))),
        {"a": _numbered(lambda n: f"{n * 7919 % 30_011}", 20_000)},
    ),
    "projections of projections": Bomb(
        chain(body_of(["{{trigger.a[*][*][*][*][*]}}"] * 500)), {"a": [[[[[0] * 20] * 10] * 10] * 10]}
    ),
    "choosing everything many times": Bomb(
        chain(body_of("{{[" + ",".join(["trigger.a"] * 80) + "]}}")), {"a": NUMBERS}
    ),
    "comparing everything many times": Bomb(
        chain(body_of(["{{[" + ",".join(["trigger.a==trigger.b"] * 45) + "]}}"] * 200)),
        {"a": [1000] * 18_000, "b": [1000] * 18_000},
    ),
    "joining": Bomb(chain(body_of("{{trigger.a|" + "|".join(["join('',[@,@])"] * 60) + "}}")), {"a": "ab"}),
    "mapping": Bomb(
        chain(body_of(["{{map(&to_string(@), trigger.a)}}"] * 500)), {"a": _numbered(lambda n: {"n": n}, 15_000)}
    ),
    "writing everything many times": Bomb(chain(body_of(["{{trigger.a}}"] * 10_000)), {"a": NUMBERS}),
    "a thousand nodes that each read everything": Bomb(
        chain(*[note("{{length(trigger.a[*].b)}}")] * 1000), {"a": [{"b": 1}] * 20_000}
    ),
    "a large trigger": Bomb(chain(NOTE), {"a": NUMBERS}),
    "a deep trigger": Bomb(
        chain(NOTE, setting(a="{{trigger}}")),
        json.loads("[" * 60 + "]" * 60) and {"a": json.loads('{"a":' * 58 + "1" + "}" * 58)},
    ),
    "a switch over a list": Bomb(
        chain(*[{"type": "switch", "config": {"field": "trigger.a", "cases": {"x": "x"}, "default": "x"}}] * 900),
        {"a": NUMBERS},
    ),
}
"""To run: what an expression or a condition makes of the data is what they are meant for."""
