import { useCallback, useEffect } from "react";
import { useClient } from "../api/session.tsx";
import type { RunRow, Workflow } from "../api/types.ts";
import { useAnswer } from "../api/useAnswer.ts";
import { RunStatistics } from "../charts/RunStatistics.tsx";
import { DryBadge, RunBadge } from "../parts/Badge.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Empty, Loading, Trouble } from "../parts/Notice.tsx";
import { Pager } from "../parts/Pager.tsx";
import { FIRST_ROWS, rowsAt } from "../parts/paging.ts";
import { Time } from "../parts/Time.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { duration, plainError } from "../parts/words.ts";
import { hrefOf, type Query, setQuery } from "../route.ts";
import { isOver } from "../run/run.ts";
import { listQuery, RunFilters } from "./RunFilters.tsx";
import { mayStart, WorkflowHead } from "./WorkflowHead.tsx";

const ROWS = 25;
const AGAIN_MS = 4000;

interface Given {
    slug: string;
    workflow: string;
    query: Query;
}

export function RunsPage({ slug, workflow: workflow_id, query }: Given) {
    const client = useClient();
    const path = { slug, workflow_id };
    const { answer, refusal, ask } = useAnswer(
        useCallback(
            (signal: AbortSignal) =>
                client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", {
                    path: { slug, workflow_id },
                    signal,
                }),
            [client, slug, workflow_id],
        ),
    );
    useTitle(answer ? answer.workflow.name : "Runs");
    if (refusal) return <Trouble refusal={refusal} again={ask} isPage />;
    if (!answer) return <Loading what="the workflow" isPage />;
    const { workflow } = answer;
    return (
        <>
            <WorkflowHead slug={slug} workflow={workflow} page="runs">
                {mayStart(workflow) && (
                    <a className="button primary" href={hrefOf({ page: "execute", slug, workflow: workflow_id })}>
                        <Icon name="play" size={14} /> Start a run
                    </a>
                )}
            </WorkflowHead>
            <Runs workflow={workflow} path={path} query={query} />
        </>
    );
}

function Runs({
    workflow,
    path,
    query,
}: {
    workflow: Workflow;
    path: { slug: string; workflow_id: string };
    query: Query;
}) {
    const client = useClient();
    const { slug, workflow_id } = path;
    const asked = JSON.stringify(listQuery(query));
    const at = JSON.stringify(rowsAt(query, ROWS));
    const load = useCallback(
        (signal: AbortSignal) =>
            client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}/executions", {
                path: { slug, workflow_id },
                query: {
                    ...(JSON.parse(asked) as ReturnType<typeof listQuery>),
                    ...(JSON.parse(at) as ReturnType<typeof rowsAt>),
                },
                signal,
            }),
        [client, slug, workflow_id, asked, at],
    );
    const { answer, refusal, isLoading, ask } = useAnswer(load);
    const change = (changed: Query) =>
        setQuery({ page: "runs", slug, workflow: workflow_id }, { ...query, ...FIRST_ROWS, ...changed });
    useAgainWhile(answer?.executions.some(({ status }) => !isOver(status)) ?? false, ask);

    return (
        <>
            {answer && <RunStatistics path={path} query={query} statistics={answer.statistics} />}
            <section aria-label="Runs">
                <RunFilters query={query} onChange={change} />
                {refusal && <Trouble refusal={refusal} again={ask} />}
                {!answer && isLoading && <Loading what="runs" />}
                {answer && !refusal && (
                    <>
                        {answer.executions.length ? (
                            <RunTable slug={slug} runs={answer.executions} />
                        ) : (
                            <NoRuns
                                slug={slug}
                                workflow={workflow}
                                isFiltered={Object.keys(query).length > 0}
                                onAll={() => setQuery({ page: "runs", slug, workflow: workflow_id }, {})}
                            />
                        )}
                        <Pager pagination={answer.pagination} query={query} onChange={change} what="runs" />
                    </>
                )}
            </section>
        </>
    );
}

function RunTable({ slug, runs }: { slug: string; runs: RunRow[] }) {
    return (
        <table className="list">
            <thead>
                <tr>
                    <th scope="col">Started</th>
                    <th scope="col">Status</th>
                    <th scope="col" className="number">
                        Duration
                    </th>
                    <th scope="col" className="wide-only">
                        By
                    </th>
                    <th scope="col" className="wide-only number">
                        Version
                    </th>
                    <th scope="col" className="wide-only">
                        What went wrong
                    </th>
                </tr>
            </thead>
            <tbody>
                {runs.map((run) => (
                    <tr key={run.id}>
                        <td className="main-cell">
                            <a href={hrefOf({ page: "run", slug, workflow: run.workflowId, run: run.id })}>
                                <Time at={run.startedAt} short />
                            </a>
                        </td>
                        <td>
                            <span className="badges">
                                <RunBadge status={run.status} />
                                {run.isSimulation && <DryBadge />}
                            </span>
                        </td>
                        <td className="number">{duration(run.durationMs)}</td>
                        <td className="wide-only">{run.triggeredBy}</td>
                        <td className="wide-only number">{run.version}</td>
                        <td className="wide-only error-cell" data-status={run.status}>
                            <span className="clipped">{run.error ? plainError(run.error) : ""}</span>
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

function NoRuns({
    slug,
    workflow,
    isFiltered,
    onAll,
}: {
    slug: string;
    workflow: Workflow;
    isFiltered: boolean;
    onAll: () => void;
}) {
    if (isFiltered) {
        const all = (
            <button type="button" onClick={onAll}>
                Show all runs
            </button>
        );
        return <Empty title="No run matches these filters" action={all} />;
    }
    const link = (
        <a className="button primary" href={hrefOf({ page: "execute", slug, workflow: workflow.id })}>
            <Icon name="play" size={14} /> Start a run
        </a>
    );
    return (
        <Empty title="No runs yet" action={mayStart(workflow) && link}>
            {mayStart(workflow)
                ? "Try it as a dry run first: nothing is sent, nobody is called."
                : "Nobody has started one."}
        </Empty>
    );
}

/** Asks again every few seconds while something of the answer still changes, and the page is seen. */
function useAgainWhile(isChanging: boolean, ask: () => void): void {
    useEffect(() => {
        if (!isChanging) return;
        const timer = setInterval(() => document.hidden || ask(), AGAIN_MS);
        return () => clearInterval(timer);
    }, [isChanging, ask]);
}
