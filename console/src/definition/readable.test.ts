import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../api/exactJson.ts";
import { definitionOf, readable } from "./readable.ts";

test("a definition is shown without the service's own fields and without defaults", () => {
    const workflow = {
        name: "W",
        id: "wf_1",
        version: 3,
        nodes: [{ id: "a", type: "wait", config: { durationMs: 5 }, onError: "stop", timeout: 30000, enabled: true }],
        connections: [{ from: "a", fromPort: "result", to: "b" }],
    };
    assert.deepEqual(JSON.parse(readable(definitionOf(workflow))), {
        name: "W",
        nodes: [{ id: "a", type: "wait", config: { durationMs: 5 } }],
        connections: [{ from: "a", to: "b" }],
    });
});

test("what fits in a line is written in one, and the rest indented", () => {
    const long = "x".repeat(60);
    assert.equal(readable({ a: [1, 2], b: {} }), '{"a": [1, 2], "b": {}}');
    assert.equal(
        readable({ a: [1, 2], b: long, c: long }),
        `{\n  "a": [1, 2],\n  "b": "${long}",\n  "c": "${long}"\n}`,
    );
});

test("a long number keeps its digits", () => {
    assert.equal(readable(read('{"id": 12345678901234567890}')), '{"id": 12345678901234567890}');
});
