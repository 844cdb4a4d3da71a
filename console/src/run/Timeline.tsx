/** The steps of a run on a time axis, each a button to its details: what the graph shows, as a list. */

import { type CSSProperties, memo, use, useEffect, useState } from "react";
import { Icon, iconOf } from "../parts/Icon.tsx";
import { useLater } from "../parts/useLater.ts";
import { count, duration, spoken } from "../parts/words.ts";
import { now } from "./clock.ts";
import { isOver } from "./run.ts";
import { RunContext, type RunStore, useRun } from "./store.ts";

interface Given {
    selected: string | null;
    onSelect: (id: string) => void;
}

/** The rows that are drawn at once, so that the graph need not wait for the others. */
const AT_FIRST = 30;

export function Timeline({ selected, onSelect }: Given) {
    const store = use(RunContext) as RunStore;
    const ids = useRun((run) => run.stepIds()) ?? [];
    const span = useSpan(store);
    const isLater = useLater();
    return (
        <section className="card timeline" aria-label="Steps on a time axis">
            <div className="timeline-head">
                <h2>
                    Steps <span className="quiet">{count(ids.length, "step")}</span>
                </h2>
                <Axis span={span} />
            </div>
            {ids.length ? (
                <ol className="rows" style={{ "--span": span } as CSSProperties}>
                    {(isLater ? ids : ids.slice(0, AT_FIRST)).map((id) => (
                        <Row key={id} id={id} isSelected={id === selected} onSelect={onSelect} />
                    ))}
                </ol>
            ) : (
                <p className="quiet centred">
                    {isOver(store.run.status) ? "No step ran." : "The first step is about to begin."}
                </p>
            )}
        </section>
    );
}

const Row = memo(function Row({
    id,
    isSelected,
    onSelect,
}: {
    id: string;
    isSelected: boolean;
    onSelect: (id: string) => void;
}) {
    const store = use(RunContext) as RunStore;
    const view = useRun((run) => run.node(id));
    if (!view) return null;
    const { standing, step } = view;
    const type = step?.type ?? store.graph.nodes.find((node) => node.id === id)?.type ?? "unknown";
    const runBegan = Date.parse(store.run.startedAt);
    const at = step?.startedAt ? Math.max(Date.parse(step.startedAt) - runBegan, 0) : null;
    const length = standing === "running" ? null : (step?.durationMs ?? 0);
    const style = { "--at": at ?? "var(--span)", ...(length === null ? {} : { "--length": length }) } as CSSProperties;
    return (
        <li>
            <button type="button" className="row" aria-pressed={isSelected} onClick={() => onSelect(id)}>
                <span className={`row-standing standing-${standing}`}>
                    <Icon name={standing} size={12} />
                </span>
                <span className="row-name">
                    <Icon name={iconOf(type)} size={12} />
                    <span className="clipped">{id}</span>
                </span>
                <span className="visually-hidden">
                    {spoken(type)}, {standing === "success" ? "succeeded" : standing},
                </span>
                <span className="row-axis" aria-hidden="true">
                    <span className={`bar bar-${standing}`} data-open={length === null} style={style} />
                </span>
                <span className="row-took">
                    {standing === "running" ? "…" : duration(step?.durationMs)}
                    {step && step.retries > 0 && (
                        <span className="retries">
                            {" "}
                            <span aria-hidden="true">↻</span>
                            {step.retries}
                            <span className="visually-hidden"> {step.retries === 1 ? "retry" : "retries"}</span>
                        </span>
                    )}
                </span>
            </button>
        </li>
    );
});

const TICKS = 4;

function Axis({ span }: { span: number }) {
    const marks = Array.from({ length: TICKS + 1 }, (_, i) => (span * i) / TICKS);
    return (
        <div className="axis-line" aria-hidden="true">
            {marks.map((ms, i) => (
                <span key={i}>{i ? duration(Math.round(ms)) : "0"}</span>
            ))}
        </div>
    );
}

const STEP_MS = 500;
const SHORTEST_MS = 10;
const SHORTEST_LIVE_MS = 1000;

/** How many milliseconds the axis shows: while a run goes on, until now and a little further. */
function useSpan(store: RunStore): number {
    const over = useRun(({ run }) => isOver(run.status));
    const took = useRun(({ run }) => run.durationMs);
    const until = () => rounded(Math.max(now() - Date.parse(store.run.startedAt), SHORTEST_LIVE_MS));
    const [longest, setLongest] = useState(until);
    useEffect(() => {
        if (over) return;
        const timer = setInterval(() => setLongest((before) => Math.max(before, until())), STEP_MS);
        return () => clearInterval(timer);
    }, [over]);
    return over ? Math.max(took ?? 0, SHORTEST_MS) : longest;
}

/** Up to an eighth more: each bar depends on the axis, so that it must not grow all the time. */
function rounded(ms: number): number {
    const step = 1000 * 2 ** Math.floor(Math.log2(ms / 8000));
    return Math.ceil(ms / step) * step;
}
