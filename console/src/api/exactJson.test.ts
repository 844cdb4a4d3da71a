import assert from "node:assert/strict";
import { test } from "node:test";
import { read, write } from "./exactJson.ts";

test("a number of any length is written back as it was read", () => {
    const text =
        '{"id":9007199254740993,"long":1234567890123456789012345678901234567890,"price":0.1000000000000000055511}';
    assert.equal(write(read(text)), text);
});

test("a number that a double holds is a number", () => {
    assert.deepEqual(read("[1, 0.1, -12.5, 1e3, 123456789012345]"), [1, 0.1, -12.5, 1000, 123456789012345]);
});
