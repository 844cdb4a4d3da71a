/** What is read of a run when its page is opened. */

import type { Client } from "../api/client.ts";
import type { Workflow } from "../api/types.ts";
import { type Graph, graphOf } from "../definition/graph.ts";
import type { AnsweredRun } from "./run.ts";

/** What a run page needs of a run, beside what changes. */
export interface RunFacts extends AnsweredRun {
    id: string;
    workflowId: string;
    version: number;
    triggeredBy: string;
    triggerType: string;
    isSimulation: boolean;
    streamUrl: string | null;
    triggerData: Record<string, unknown>;
    variables: Record<string, unknown>;
    output?: unknown;
    errorActionId: string | null;
}

export interface OpenedRun {
    facts: RunFacts;
    workflow: Workflow;
    graph: Graph;
}

/** A run, its workflow as that is now, and the graph that the run goes through. Raises Refusal. */
export async function openRun(
    client: Client,
    slug: string,
    workflow_id: string,
    run: string,
    signal?: AbortSignal,
): Promise<OpenedRun> {
    const path = { slug, workflow_id };
    const [facts, { workflow }] = await Promise.all([
        readRun(client, slug, workflow_id, run, signal),
        client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", { path, ...(signal ? { signal } : {}) }),
    ]);
    if (facts.version === workflow.version) return { facts, workflow, graph: graphOf(workflow) };
    const { workflow: before } = await client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", {
        path,
        query: { version: facts.version },
        ...(signal ? { signal } : {}),
    });
    return { facts, workflow, graph: graphOf(before) };
}

/** A run with its steps, and their logs. */
export async function readRun(
    client: Client,
    slug: string,
    workflow_id: string,
    run: string,
    signal?: AbortSignal,
): Promise<RunFacts> {
    const answer = await client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}/history", {
        path: { slug, workflow_id },
        query: { executionId: run },
        ...(signal ? { signal } : {}),
    });
    return (answer as { execution: RunFacts }).execution;
}

let ahead: { run: string; opened: Promise<OpenedRun> } | null = null;

/** Reads a run before there is a page to show it. */
export function openAhead(client: Client, slug: string, workflow: string, run: string): void {
    const opened = openRun(client, slug, workflow, run);
    // The page tells, which takes it.
    opened.catch(() => null);
    ahead = { run, opened };
}

/** What was read ahead, once; null where that was not of this run. */
export function takeAhead(run: string): Promise<OpenedRun> | null {
    const opened = ahead?.run === run ? ahead.opened : null;
    ahead = null;
    return opened;
}
