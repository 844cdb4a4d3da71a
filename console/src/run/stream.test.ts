import assert from "node:assert/strict";
import { test } from "node:test";
import { from } from "./stream.ts";

test("a new connection goes on behind the last event that was seen", () => {
    assert.equal(from("https://s.example/x?ticket=1", "41"), "https://s.example/x?ticket=1&lastEventId=41");
    assert.equal(from("https://s.example/x?ticket=1", ""), "https://s.example/x?ticket=1");
});
