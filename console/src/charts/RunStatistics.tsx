/** How the runs of a workflow went, as pictures; each is in words, too. */

import { useCallback } from "react";
import { useClient } from "../api/session.tsx";
import type { Statistics } from "../api/types.ts";
import { useAnswer } from "../api/useAnswer.ts";
import { listQuery } from "../pages/RunFilters.tsx";
import { count, duration, spoken } from "../parts/words.ts";
import type { Query } from "../route.ts";
import { Durations } from "./Durations.tsx";

const ORDER = ["COMPLETED", "FAILED", "CANCELLED", "RUNNING", "PAUSED", "PENDING"];
const SHOWN = 100;

interface Given {
    path: { slug: string; workflow_id: string };
    query: Query;
    statistics: Statistics;
}

export function RunStatistics({ path, query, statistics }: Given) {
    const client = useClient();
    const { slug, workflow_id } = path;
    const { from, to } = listQuery(query);
    const { total } = statistics;
    const load = useCallback(
        (signal: AbortSignal) =>
            client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}/executions", {
                path: { slug, workflow_id },
                query: { from, to, sortBy: "startTime", sortOrder: "desc", limit: SHOWN },
                signal,
            }),
        // Runs that came or went since are drawn, too.
        [client, slug, workflow_id, from, to, total],
    );
    const { answer } = useAnswer(load);
    if (total === 0) return null;
    return (
        <section className="statistics" aria-label="Statistics">
            <figure className="card rate">
                <Ring percent={statistics.successRate} />
                <figcaption>
                    <strong>{statistics.successRate.toLocaleString()} %</strong> succeeded
                    <span className="quiet">of {count(total, "run")}</span>
                </figcaption>
            </figure>
            <figure className="card outcomes">
                <figcaption>How they ended</figcaption>
                <Shares statistics={statistics} />
                <p className="quiet average">
                    On average a completed one takes <strong>{duration(statistics.averageDurationMs)}</strong>
                </p>
            </figure>
            <figure className="card durations">
                <figcaption>
                    How long they took <span className="quiet">{total > SHOWN ? `the newest ${SHOWN}` : ""}</span>
                </figcaption>
                {answer && <Durations slug={slug} runs={answer.executions} />}
            </figure>
        </section>
    );
}

const RADIUS = 30;
const AROUND = 2 * Math.PI * RADIUS;

function Ring({ percent }: { percent: number }) {
    const done = (Math.min(Math.max(percent, 0), 100) / 100) * AROUND;
    return (
        <svg className="ring" width="76" height="76" viewBox="0 0 76 76" aria-hidden="true">
            <circle className="ring-rest" cx="38" cy="38" r={RADIUS} />
            <circle
                className="ring-done"
                cx="38"
                cy="38"
                r={RADIUS}
                strokeDasharray={`${done} ${AROUND}`}
                transform="rotate(-90 38 38)"
            />
        </svg>
    );
}

function Shares({ statistics }: { statistics: Statistics }) {
    const shares = ORDER.map((status) => ({ status, runs: statistics.byStatus[status] ?? 0 })).filter(
        ({ runs }) => runs > 0,
    );
    return (
        <>
            <div className="shares" aria-hidden="true">
                {shares.map(({ status, runs }) => (
                    <span key={status} className={`share share-${status.toLowerCase()}`} style={{ flexGrow: runs }} />
                ))}
            </div>
            <ul className="legend">
                {shares.map(({ status, runs }) => (
                    <li key={status}>
                        <span className={`dot share-${status.toLowerCase()}`} aria-hidden="true" />
                        {spoken(status)} <strong>{runs.toLocaleString()}</strong>
                    </li>
                ))}
            </ul>
        </>
    );
}
