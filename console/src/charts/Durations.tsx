/** Each run as a mark: when it began, and how long it took, on a scale that shows milliseconds beside hours. */

import { type RefObject, useEffect, useRef, useState } from "react";
import type { RunRow } from "../api/types.ts";
import { Time } from "../parts/Time.tsx";
import { duration, spoken } from "../parts/words.ts";
import { hrefOf } from "../route.ts";

const HEIGHT = 116;
const LEFT = 48;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;

export function Durations({ slug, runs }: { slug: string; runs: RunRow[] }) {
    const [frame, width] = useWidth();
    const ended = runs.filter(({ durationMs }) => durationMs !== null);
    return (
        <>
            <div ref={frame} className="plot" aria-hidden="true">
                {width > 0 && ended.length > 0 && <Plot slug={slug} runs={ended} width={width} />}
                {ended.length === 0 && <p className="quiet">None has ended yet.</p>}
            </div>
            <details className="as-table">
                <summary>As a table</summary>
                <div className="scrolled" tabIndex={0} role="region" aria-label="How long the runs took">
                    <table className="list dense">
                        <thead>
                            <tr>
                                <th scope="col">Started</th>
                                <th scope="col">Status</th>
                                <th scope="col" className="number">
                                    Duration
                                </th>
                            </tr>
                        </thead>
                        <tbody>
                            {ended.map((run) => (
                                <tr key={run.id}>
                                    <td>
                                        <Time at={run.startedAt} />
                                    </td>
                                    <td>{spoken(run.status)}</td>
                                    <td className="number">{duration(run.durationMs)}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            </details>
        </>
    );
}

function Plot({ slug, runs, width }: { slug: string; runs: RunRow[]; width: number }) {
    const times = runs.map(({ startedAt }) => Date.parse(startedAt));
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const decades = scale(runs.map(({ durationMs }) => durationMs ?? 0));
    const [low, high] = [decades[0] as number, decades.at(-1) as number];
    const x = (at: number) => LEFT + (last === first ? 0.5 : (at - first) / (last - first)) * (width - LEFT - RIGHT);
    const y = (ms: number) =>
        HEIGHT - BOTTOM - ((Math.log10(Math.max(ms, 1)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    return (
        <svg width={width} height={HEIGHT} focusable="false">
            {decades.map((decade) => (
                <g key={decade} className="axis">
                    <line x1={LEFT} x2={width - RIGHT} y1={y(10 ** decade)} y2={y(10 ** decade)} />
                    <text x={LEFT - 8} y={y(10 ** decade) + 4} textAnchor="end">
                        {duration(10 ** decade)}
                    </text>
                </g>
            ))}
            <text className="axis" x={LEFT} y={HEIGHT - 4}>
                {moment(first, last - first)}
            </text>
            {last > first && (
                <text className="axis" x={width - RIGHT} y={HEIGHT - 4} textAnchor="end">
                    {moment(last, last - first)}
                </text>
            )}
            {runs.map((run) => (
                <a
                    key={run.id}
                    href={hrefOf({ page: "run", slug, workflow: run.workflowId, run: run.id })}
                    tabIndex={-1}
                >
                    <circle
                        className={`mark mark-${run.status.toLowerCase()}`}
                        cx={x(Date.parse(run.startedAt))}
                        cy={y(run.durationMs ?? 0)}
                        r="4"
                    >
                        <title>{`${spoken(run.status)}, ${duration(run.durationMs)}, ${new Date(run.startedAt).toLocaleString()}`}</title>
                    </circle>
                </a>
            ))}
        </svg>
    );
}

/** The powers of ten around all durations, at least two and at most five of them. */
export function scale(durations: number[]): number[] {
    const logs = durations.map((ms) => Math.log10(Math.max(ms, 1)));
    const low = Math.floor(Math.min(...logs));
    const high = Math.max(Math.ceil(Math.max(...logs)), low + 1);
    const step = Math.ceil((high - low) / 4);
    const found = [];
    for (let decade = low; decade < high + step; decade += step) found.push(decade);
    return found;
}

const DAY_MS = 86_400_000;

function moment(at: number, span: number): string {
    const date = new Date(at);
    return span > DAY_MS
        ? date.toLocaleDateString(undefined, { day: "numeric", month: "short" })
        : date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

function useWidth(): [RefObject<HTMLDivElement | null>, number] {
    const frame = useRef<HTMLDivElement>(null);
    const [width, setWidth] = useState(0);
    useEffect(() => {
        const element = frame.current;
        if (!element) return;
        const watch = new ResizeObserver(() => setWidth(element.clientWidth));
        watch.observe(element);
        return () => watch.disconnect();
    }, []);
    return [frame, width];
}
