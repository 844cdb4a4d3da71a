import assert from "node:assert/strict";
import { test } from "node:test";
import { count, duration, spoken } from "./words.ts";

test("durations are told in the unit that a person would use", () => {
    assert.deepEqual([null, 0, 74, 999, 1000, 1250, 12_340, 61_000, 3_600_000, 200_000_000].map(duration), [
        "–",
        "0 ms",
        "74 ms",
        "999 ms",
        "1 s",
        "1.25 s",
        "12.3 s",
        "1 min 1 s",
        "1 h 0 min",
        "2 d 7 h",
    ]);
});

test("names and counts read as words", () => {
    assert.equal(spoken("send_notification"), "Send notification");
    assert.equal(spoken("COMPLETED"), "Completed");
    assert.equal(spoken("call_api"), "Call API");
    assert.deepEqual(
        [count(1, "run"), count(2, "run"), count(0, "entry", "entries")],
        ["1 run", "2 runs", "0 entries"],
    );
});
