import assert from "node:assert/strict";
import { test } from "node:test";
import { nextRows, rowsAt, rowsBefore } from "./paging.ts";

test("pages are asked for by number as far as the API counts rows", () => {
    assert.deepEqual(rowsAt({}, 25), { offset: 0, limit: 25 });
    assert.deepEqual(nextRows({ offset: "25" }, 25, "abc"), { offset: "50", cursor: "" });
    assert.deepEqual(rowsBefore({ offset: "25" }, 25), { offset: "", cursor: "" });
});

test("deeper pages are asked for by the cursor of the page before", () => {
    const next = nextRows({ offset: "9975" }, 25, "abc");
    assert.deepEqual(next, { offset: "10000", cursor: "abc" });
    assert.deepEqual(rowsAt(next, 25), { cursor: "abc", limit: 25 });
    assert.deepEqual(rowsBefore(next, 25), { offset: "9975", cursor: "" });
    assert.deepEqual(rowsBefore({ offset: "10025", cursor: "def" }, 25), { offset: "", cursor: "" });
});

test("a number that is none begins at the first row", () => {
    for (const offset of ["-5", "x", "1.5", ""]) assert.equal(rowsAt({ offset }, 25).offset, 0);
});
