import { useCallback, useMemo, useState } from "react";
import type { Client } from "../api/client.ts";
import { useClient } from "../api/session.tsx";
import type { Workflow } from "../api/types.ts";
import { useAnswer } from "../api/useAnswer.ts";
import { type Graph, graphOf } from "../definition/graph.ts";
import { GraphView } from "../graph/GraphView.tsx";
import { Loading, Trouble } from "../parts/Notice.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { RunHead } from "../run/RunHead.tsx";
import { RunSummary } from "../run/RunSummary.tsx";
import type { AnsweredRun } from "../run/run.ts";
import { StepDetails } from "../run/StepDetails.tsx";
import { RunContext } from "../run/store.ts";
import { Timeline } from "../run/Timeline.tsx";
import { useLiveRun } from "../run/useLiveRun.ts";

interface Given {
    slug: string;
    workflow: string;
    run: string;
}

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

export function RunPage({ slug, workflow, run }: Given) {
    const client = useClient();
    const load = useCallback(
        (signal: AbortSignal) => open(client, slug, workflow, run, signal),
        [client, slug, workflow, run],
    );
    const { answer, refusal, ask } = useAnswer(load);
    useTitle(answer ? `Run of ${answer.workflow.name}` : "Run");
    if (refusal) return <Trouble refusal={refusal} again={ask} isPage />;
    if (!answer) return <Loading what="the run" />;
    return <OpenRun slug={slug} opened={answer} />;
}

async function open(
    client: Client,
    slug: string,
    workflow_id: string,
    run: string,
    signal: AbortSignal,
): Promise<OpenedRun> {
    const path = { slug, workflow_id };
    const [facts, { workflow }] = await Promise.all([
        readRun(client, slug, workflow_id, run, signal),
        client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", { path, signal }),
    ]);
    if (facts.version === workflow.version) return { facts, workflow, graph: graphOf(workflow) };
    const { workflow: before } = await client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", {
        path,
        query: { version: facts.version },
        signal,
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

function OpenRun({ slug, opened }: { slug: string; opened: OpenedRun }) {
    const { workflow, graph } = opened;
    const { store, facts, connection, refresh } = useLiveRun(slug, opened);
    const [selected, setSelected] = useState<string | null>(null);
    const select = useCallback((id: string) => setSelected(id), []);
    const close = useCallback(() => setSelected(null), []);
    const types = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
    const isOther = facts.version !== workflow.version;
    return (
        <RunContext value={store}>
            <RunHead
                slug={slug}
                workflow={workflow}
                facts={facts}
                connection={connection}
                onCancelled={refresh}
                onStep={select}
            />
            {isOther && (
                <p className="note">
                    This run is of version {facts.version}, as its graph shows; version {workflow.version} is published
                    now.
                </p>
            )}
            <div className="run-main">
                <section className="card run-graph" aria-label="Graph">
                    <GraphView name={workflow.name} graph={graph} selected={selected} onSelect={select} />
                </section>
                <aside className="card run-side" aria-label={selected ? `Step ${selected}` : "Input and output"}>
                    {selected ? (
                        <StepDetails key={selected} id={selected} node={types.get(selected) ?? null} onClose={close} />
                    ) : (
                        <RunSummary facts={facts} />
                    )}
                </aside>
            </div>
            <Timeline selected={selected} onSelect={select} />
        </RunContext>
    );
}
