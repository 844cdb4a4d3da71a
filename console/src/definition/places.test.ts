import assert from "node:assert/strict";
import { test } from "node:test";
import { firstUnreadable, rangeAt } from "./places.ts";

const text = `{
  "name": "Welcome",
  "nodes": [
    {"id": "a", "config": {"url": "http://x", "a b": 1}},
    {"id": "b"}
  ]
}`;

const shown = (path: string, of = text) => {
    const { from, to } = rangeAt(of, path);
    return of.slice(from, to);
};

test("a fault is shown at the value that its path names", () => {
    assert.equal(shown("name"), '"name": "Welcome"');
    assert.equal(shown("nodes[0].config.url"), '"url": "http://x"');
    assert.equal(shown("nodes[1].id"), '"id": "b"');
    assert.equal(shown('nodes[0].config["a b"]'), '"a b": 1');
});

test("a fault of a whole part is shown where the part begins", () => {
    assert.equal(shown("nodes"), '"nodes"');
    assert.equal(shown("nodes[0].config"), '"config"');
    assert.equal(rangeAt(text, "nodes[1]").from, text.indexOf('{"id": "b"'));
});

test("what is missing is shown at the innermost part that is there", () => {
    assert.equal(rangeAt(text, "nodes[1].config.url").from, text.indexOf('{"id": "b"'));
    assert.equal(shown("nodes[7].id"), '"nodes"');
    assert.equal(shown("actions"), "{");
});

test("a text that is no JSON yet is shown as far as it goes", () => {
    assert.equal(shown("nodes[0].id", '{"nodes": [{"id": "a", '), '"id": "a"');
    assert.deepEqual(rangeAt("", "nodes"), { from: 0, to: 0 });
});

test("where a text stops being JSON is found", () => {
    assert.equal(firstUnreadable('{"a": 1,\n "b" 2}').from, 14);
    assert.equal(firstUnreadable('{"name": ').from, 9);
});
