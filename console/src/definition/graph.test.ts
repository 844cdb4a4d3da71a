import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "./graph.ts";

const arrows = (definition: unknown) => graphOf(definition).arrows.map(({ from, port, to }) => `${from} ${port} ${to}`);

test("a chain of actions is drawn one after the other, and leaves a condition only where it holds", () => {
    const definition = {
        actions: [
            { id: "a", type: "wait" },
            { type: "condition" },
            { id: "c", type: "condition", config: { onFalse: "continue" } },
            { type: "wait" },
        ],
    };
    assert.deepEqual(arrows(definition), ["a null action-2", "action-2 true c", "c null action-4"]);
});

test("a graph is drawn with the ports of its connections", () => {
    const definition = {
        nodes: [
            { id: "start", type: "trigger" },
            { id: "is", type: "condition" },
            { id: "done", type: "end" },
        ],
        connections: [
            { from: "start", to: "is" },
            { from: "is", fromPort: "true", to: "done" },
        ],
    };
    assert.deepEqual(arrows(definition), ["start result is", "is true done"]);
});

test("what is half written is drawn as far as it goes", () => {
    assert.deepEqual(graphOf(null), { nodes: [], arrows: [] });
    assert.deepEqual(graphOf({ nodes: "soon" }), { nodes: [], arrows: [] });
    const definition = {
        nodes: [{ id: "a" }, {}, 7, { id: "a" }],
        connections: [{ from: "a", to: "nowhere" }, { from: "a", to: "a" }, null],
    };
    assert.deepEqual(
        graphOf(definition).nodes.map(({ id, type, place }) => [id, type, place]),
        [["a", "unknown", "nodes[0]"]],
    );
    assert.deepEqual(arrows(definition), []);
});
