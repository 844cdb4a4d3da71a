import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "../definition/graph.ts";
import { NODE_HEIGHT, NODE_WIDTH } from "../definition/layout.ts";
import { drawn, READABLE, type Size } from "./drawing.ts";

const chain = (length: number) =>
    graphOf({ actions: Array.from({ length }, (_, i) => ({ id: `n${i}`, type: "wait" })) });

const seen = ({ places, viewport }: ReturnType<typeof drawn>, size: Size, id: string) => {
    const { x, y } = places.get(id)!;
    const [left, top] = [x * viewport.zoom + viewport.x, y * viewport.zoom + viewport.y];
    return (
        left >= 0 &&
        top >= 0 &&
        left + NODE_WIDTH * viewport.zoom <= size.width &&
        top + NODE_HEIGHT * viewport.zoom <= size.height
    );
};

test("a small graph is seen whole, from left to right", () => {
    const size = { width: 1200, height: 500 };
    const found = drawn(chain(4), size);
    assert.equal(found.direction, "LR");
    assert.ok(["n0", "n1", "n2", "n3"].every((id) => seen(found, size, id)));
});

test("a graph goes down where there is more room that way, and always on a phone", () => {
    assert.equal(drawn(chain(8), { width: 640, height: 900 }).direction, "TB");
    assert.equal(drawn(chain(2), { width: 360, height: 420 }).direction, "TB");
});

test("a graph too large to be read whole is seen from its beginning", () => {
    const size = { width: 1000, height: 500 };
    const found = drawn(chain(200), size);
    assert.ok(found.viewport.zoom >= READABLE);
    assert.ok(seen(found, size, "n0"));
    assert.ok(!seen(found, size, "n199"));
});
