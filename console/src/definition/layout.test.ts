import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "./graph.ts";
import { layoutOf, lineThrough, NODE_HEIGHT } from "./layout.ts";

const diamond = graphOf({
    nodes: ["start", "left", "right", "done"].map((id) => ({ id, type: "wait" })),
    connections: [
        ["start", "left"],
        ["start", "right"],
        ["left", "done"],
        ["right", "done"],
    ].map(([from, to]) => ({ from, to })),
});

test("what follows is drawn further on, and branches beside each other", () => {
    const at = layoutOf(diamond, "LR").places;
    const [start, left, right, done] = ["start", "left", "right", "done"].map((id) => at.get(id)!);
    assert.ok(start!.x < left!.x && left!.x < done!.x);
    assert.equal(left!.x, right!.x);
    assert.ok(Math.abs(left!.y - right!.y) > NODE_HEIGHT);
});

test("a thousand nodes are laid out, none on another", () => {
    const actions = Array.from({ length: 1000 }, (_, i) => ({ id: `n${i}`, type: "wait" }));
    const places = [...layoutOf(graphOf({ actions }), "TB").places.values()];
    assert.equal(new Set(places.map(({ y }) => y)).size, 1000);
});

test("a cycle, which a definition being written may have, is drawn too", () => {
    const cycle = graphOf({
        nodes: [{ id: "a" }, { id: "b" }],
        connections: [
            { from: "a", to: "b" },
            { from: "b", to: "a" },
        ],
    });
    assert.equal(layoutOf(cycle, "LR").places.size, 2);
});

test("an arrow that passes a node bends beside it", () => {
    const graph = graphOf({
        nodes: ["a", "b", "c"].map((id) => ({ id, type: "wait" })),
        connections: [
            { from: "a", to: "b" },
            { from: "b", to: "c" },
            { from: "a", to: "c" },
        ],
    });
    const { places, bends } = layoutOf(graph, "LR");
    assert.deepEqual(bends.get("c0"), []);
    const { y } = places.get("b")!;
    const [, beside] = bends.get("c2")!;
    assert.ok(beside!.y < y || beside!.y > y + NODE_HEIGHT);
});

test("arrows that would cross in the order of the definition are led apart", () => {
    const crossing = graphOf({
        nodes: ["start", "a", "b", "x", "y"].map((id) => ({ id, type: "wait" })),
        connections: [
            ["start", "a"],
            ["start", "b"],
            ["a", "x"],
            ["a", "y"],
            ["b", "x"],
        ].map(([from, to]) => ({ from, to })),
    });
    const { places } = layoutOf(crossing, "LR");
    const [a, b, x, y] = ["a", "b", "x", "y"].map((id) => places.get(id)!.y);
    assert.equal(a! < b!, y! < x!);
});

test("what needs no better order has that of the definition", () => {
    const lanes = ["one", "two", "three"];
    const { places } = layoutOf(
        graphOf({
            nodes: ["start", ...lanes].map((id) => ({ id, type: "wait" })),
            connections: lanes.map((to) => ({ from: "start", to })),
        }),
        "LR",
    );
    const [one, two, three] = lanes.map((id) => places.get(id)!.y);
    assert.ok(one! < two! && two! < three!);
});

test("a line goes through its points", () => {
    const points = [
        { x: 0, y: 0 },
        { x: 10, y: 20 },
    ];
    assert.equal(lineThrough(points, "LR"), "M0,0C5,0 5,20 10,20");
    assert.equal(lineThrough(points, "TB"), "M0,0C0,10 10,10 10,20");
});
