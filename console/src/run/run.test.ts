import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "../definition/graph.ts";
import { courseOf } from "./course.ts";
import { type AnsweredStep, readAnew, type Run, runOf, type StreamEvent, withEvents } from "./run.ts";

const NOW = Date.parse("2026-11-22T10:00:05.000Z");

const running = (...steps: AnsweredStep[]) => ({
    status: "RUNNING" as const,
    startedAt: "2026-11-22T10:00:00.000Z",
    completedAt: null,
    durationMs: null,
    error: null,
    steps,
});

const answered = (
    actionId: string,
    status: AnsweredStep["status"],
    rest: Partial<AnsweredStep> = {},
): AnsweredStep => ({
    actionId,
    actionType: "wait",
    status,
    output: null,
    error: null,
    durationMs: null,
    retryCount: 0,
    startedAt: "2026-11-22T10:00:01.000Z",
    completedAt: null,
    ...rest,
});

const step = (actionId: string, output: unknown = null, status: "success" | "failed" = "success"): StreamEvent => ({
    type: "step",
    actionId,
    actionType: "wait",
    status,
    output,
    error: null,
    durationMs: 40,
});

const complete = (status: "COMPLETED" | "FAILED" | "CANCELLED"): StreamEvent => ({
    type: "complete",
    status,
    durationMs: 5000,
    completedAt: "2026-11-22T10:00:05.000Z",
    error: null,
});

const graph = graphOf({
    nodes: [
        { id: "start", type: "trigger" },
        { id: "is", type: "condition" },
        { id: "yes", type: "wait" },
        { id: "no", type: "wait" },
        { id: "both", type: "wait" },
        { id: "done", type: "end" },
    ],
    connections: [
        { from: "start", to: "is" },
        { from: "is", fromPort: "true", to: "yes" },
        { from: "is", fromPort: "false", to: "no" },
        { from: "yes", to: "both" },
        { from: "no", to: "both" },
        { from: "both", to: "done" },
    ],
});

const nodes = (run: Run) => Object.fromEntries(courseOf(graph, run).nodes);

test("a run that has just begun stands at its first action", () => {
    assert.deepEqual(nodes(runOf(running())), {
        start: "success",
        is: "running",
        yes: "waiting",
        no: "waiting",
        both: "waiting",
        done: "waiting",
    });
});

test("a decision lights the way that was taken, and the other is passed by", () => {
    const run = withEvents(runOf(running()), [step("is", { result: false })], NOW);
    assert.deepEqual(nodes(run), {
        start: "success",
        is: "success",
        yes: "skipped",
        no: "running",
        both: "waiting",
        done: "waiting",
    });
    const { arrows } = courseOf(graph, run);
    assert.deepEqual(
        [...arrows],
        [
            ["c0", "taken"],
            ["c1", "dead"],
            ["c2", "taken"],
            ["c3", "dead"],
            ["c4", "open"],
            ["c5", "open"],
        ],
    );
});

test("where branches join, the join waits for all that live", () => {
    const forked = graphOf({
        nodes: ["a", "b", "c", "d"].map((id) => ({ id, type: "wait" })),
        connections: [
            { from: "a", to: "b" },
            { from: "a", to: "c" },
            { from: "b", to: "d" },
            { from: "c", to: "d" },
        ],
    });
    const standing = (...events: StreamEvent[]) =>
        courseOf(forked, withEvents(runOf(running()), events, NOW)).nodes.get("d");
    assert.equal(standing(step("a"), step("b")), "waiting");
    assert.equal(standing(step("a"), step("b"), step("c")), "running");
});

test("a failed step stops the way, unless it says to go on", () => {
    const pair = (onError: string) =>
        graphOf({
            actions: [
                { id: "a", type: "wait", onError },
                { id: "b", type: "wait" },
            ],
        });
    const run = withEvents(runOf(running()), [step("a", null, "failed")], NOW);
    assert.equal(courseOf(pair("continue"), run).nodes.get("b"), "running");
    const over = withEvents(run, [complete("FAILED")], NOW);
    assert.deepEqual(
        [...courseOf(pair("stop"), over).nodes],
        [
            ["a", "failed"],
            ["b", "waiting"],
        ],
    );
});

test("an action that is switched off is passed over", () => {
    const off = graphOf({
        actions: [
            { id: "a", type: "wait", enabled: false },
            { id: "b", type: "wait" },
        ],
    });
    assert.deepEqual(
        [...courseOf(off, runOf(running())).nodes],
        [
            ["a", "skipped"],
            ["b", "running"],
        ],
    );
});

test("when a run has ended, nothing runs", () => {
    const run = withEvents(
        runOf(running()),
        [step("is", { result: true }), complete("CANCELLED"), { type: "progress", percentage: 50 }],
        NOW,
    );
    assert.equal(run.status, "CANCELLED");
    assert.deepEqual(nodes(run), {
        start: "success",
        is: "success",
        yes: "waiting",
        no: "skipped",
        both: "waiting",
        done: "waiting",
    });
});

test("an event tells how long a step took, and its place on the time axis follows", () => {
    const { steps } = withEvents(runOf(running()), [step("is")], NOW);
    assert.equal(steps.get("is")?.startedAt, "2026-11-22T10:00:04.960Z");
    const known = withEvents(runOf(running(answered("is", "running"))), [step("is")], NOW);
    assert.equal(known.steps.get("is")?.startedAt, "2026-11-22T10:00:01.000Z");
});

test("the same event twice changes nothing, nor does an older answer", () => {
    const read = runOf(running(answered("is", "success", { logs: ["x"], durationMs: 7 })));
    assert.equal(withEvents(read, [step("is")], NOW).steps.get("is")?.durationMs, 7);
    const ended = withEvents(runOf(running()), [step("is"), complete("COMPLETED")], NOW);
    const anew = readAnew(ended, running(answered("is", "running", { retryCount: 2 })));
    assert.equal(anew.status, "COMPLETED");
    assert.equal(anew.steps.get("is")?.status, "success");
});
