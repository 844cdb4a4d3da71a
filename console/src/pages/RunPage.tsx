import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useClient } from "../api/session.tsx";
import { useAnswer } from "../api/useAnswer.ts";
import { GraphView } from "../graph/GraphView.tsx";
import { Loading, Trouble } from "../parts/Notice.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { RunHead } from "../run/RunHead.tsx";
import { RunSummary } from "../run/RunSummary.tsx";
import { type OpenedRun, openRun, takeAhead } from "../run/opening.ts";
import { StepDetails } from "../run/StepDetails.tsx";
import { RunContext } from "../run/store.ts";
import { Timeline } from "../run/Timeline.tsx";
import { useLiveRun } from "../run/useLiveRun.ts";

interface Given {
    slug: string;
    workflow: string;
    run: string;
}

export function RunPage({ slug, workflow, run }: Given) {
    const client = useClient();
    const load = useCallback(
        (signal: AbortSignal) => takeAhead(run) ?? openRun(client, slug, workflow, run, signal),
        [client, slug, workflow, run],
    );
    const { answer, refusal, ask } = useAnswer(load);
    useTitle(answer ? `Run of ${answer.workflow.name}` : "Run");
    if (refusal) return <Trouble refusal={refusal} again={ask} isPage />;
    if (!answer) return <Loading what="the run" isPage />;
    return <OpenRun slug={slug} opened={answer} />;
}

function OpenRun({ slug, opened }: { slug: string; opened: OpenedRun }) {
    const { workflow, graph } = opened;
    const { store, facts, connection, refresh } = useLiveRun(slug, opened);
    const side = useRef<HTMLElement>(null);
    const { selected, select, show, close } = useSelection(side);
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
                onStep={show}
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
                <aside
                    ref={side}
                    className="card run-side"
                    aria-label={selected ? `Step ${selected}` : "Input and output"}
                    tabIndex={-1}
                >
                    {selected ? (
                        <StepDetails key={selected} id={selected} node={types.get(selected) ?? null} onClose={close} />
                    ) : (
                        <RunSummary facts={facts} />
                    )}
                </aside>
            </div>
            <Timeline selected={selected} onSelect={show} />
        </RunContext>
    );
}

/**
 * The step that is chosen. What is chosen out of sight of its details (`show`) leads there, with the focus; who closes
 * them gets back to where they chose.
 */
function useSelection(side: RefObject<HTMLElement | null>) {
    const [selected, setSelected] = useState<string | null>(null);
    const [shown, setShown] = useState<{ id: string } | null>(null);
    const from = useRef<Element>(null);
    const select = useCallback((id: string) => {
        from.current = document.activeElement;
        setSelected(id);
    }, []);
    const show = useCallback(
        (id: string) => {
            select(id);
            setShown({ id });
        },
        [select],
    );
    const close = useCallback(() => {
        setSelected(null);
        if (from.current instanceof HTMLElement) from.current.focus();
    }, []);
    useEffect(() => {
        if (!shown || !side.current || isInSight(side.current)) return;
        side.current.scrollIntoView({ block: "start", behavior: isCalm() ? "instant" : "smooth" });
        side.current.focus({ preventScroll: true });
    }, [shown, side]);
    return { selected, select, show, close };
}

const ENOUGH_PX = 120;
/** Where the details are below the graph, and not beside it, as `run.css` has it. */
const NARROW = "(max-width: 860px)";

/** Whether enough of it is seen to notice that it has changed; where it is long and narrow, its beginning. */
function isInSight(element: HTMLElement): boolean {
    const { top, bottom } = element.getBoundingClientRect();
    const seen = Math.min(bottom, window.innerHeight) - Math.max(top, 0);
    return seen >= ENOUGH_PX && (top >= 0 || !window.matchMedia(NARROW).matches);
}

function isCalm(): boolean {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
