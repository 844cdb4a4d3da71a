import { type ReactNode, useEffect, useState } from "react";
import type { Refusal } from "../api/client.ts";
import { useClient } from "../api/session.tsx";
import type { Workflow } from "../api/types.ts";
import { refusalOf } from "../api/useAnswer.ts";
import { Crumbs, mayStart } from "../pages/WorkflowHead.tsx";
import { DryBadge, RunBadge } from "../parts/Badge.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Copy } from "../parts/Json.tsx";
import { Trouble } from "../parts/Notice.tsx";
import { Time } from "../parts/Time.tsx";
import { duration, plainError } from "../parts/words.ts";
import { hrefOf } from "../route.ts";
import { now } from "./clock.ts";
import type { RunFacts } from "./opening.ts";
import { isOver } from "./run.ts";
import { Progress } from "./Progress.tsx";
import { useRun } from "./store.ts";
import type { Connection } from "./stream.ts";

interface Given {
    slug: string;
    workflow: Workflow;
    facts: RunFacts;
    connection: Connection;
    onCancelled: () => Promise<unknown>;
    onStep: (id: string) => void;
}

export function RunHead({ slug, workflow, facts, connection, onCancelled, onStep }: Given) {
    const run = useRun((store) => store.run);
    if (!run) return null;
    const over = isOver(run.status);
    return (
        <div className="run-head">
            <Crumbs slug={slug} workflow={workflow} />
            <div className="heading">
                <h1>
                    Run of <Time at={facts.startedAt} />
                </h1>
                <RunBadge status={run.status} />
                {facts.isSimulation && <DryBadge />}
                <span className="spring" />
                <span className="actions">
                    {!over && mayStart(workflow) && <Cancel slug={slug} id={facts.id} onCancelled={onCancelled} />}
                    <Copy text={window.location.href} label="Copy the link to this run">
                        Copy link
                    </Copy>
                    {mayStart(workflow) && (
                        <a
                            className="button"
                            href={hrefOf(
                                { page: "execute", slug, workflow: workflow.id },
                                { from: facts.id, dry: facts.isSimulation ? "yes" : "" },
                            )}
                        >
                            <Icon name="again" size={14} /> Run again
                        </a>
                    )}
                </span>
            </div>
            <dl className="facts">
                <Fact name="Duration">{over ? duration(run.durationMs) : <Ticking since={facts.startedAt} />}</Fact>
                <Fact name="Version">{facts.version}</Fact>
                <Fact name="Started by">{facts.triggeredBy}</Fact>
                {!over && <Fact name="Live">{CONNECTIONS[connection]}</Fact>}
            </dl>
            <Progress />
            {run.error && (
                <p className="run-error" data-status={run.status} role="alert">
                    <Icon name="warning" size={14} />
                    <span>{plainError(run.error)}</span>
                    {facts.errorActionId && (
                        <button type="button" onClick={() => onStep(facts.errorActionId as string)}>
                            Show {facts.errorActionId}
                        </button>
                    )}
                </p>
            )}
        </div>
    );
}

const CONNECTIONS: Record<Connection, string> = {
    connecting: "connecting …",
    open: "following",
    resting: "resting while you are away",
    closed: "–",
};

function Fact({ name, children }: { name: string; children: ReactNode }) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </div>
    );
}

function Ticking({ since }: { since: string }) {
    const [at, setAt] = useState(now);
    useEffect(() => {
        const timer = setInterval(() => setAt(now()), 1000);
        return () => clearInterval(timer);
    }, []);
    return <>{duration(Math.max(Math.floor((at - Date.parse(since)) / 1000) * 1000, 0))}</>;
}

function Cancel({ slug, id, onCancelled }: { slug: string; id: string; onCancelled: () => Promise<unknown> }) {
    const client = useClient();
    const [isAsked, setAsked] = useState(false);
    const [isBusy, setBusy] = useState(false);
    const [refusal, setRefusal] = useState<Refusal | null>(null);

    async function cancel() {
        setBusy(true);
        setRefusal(null);
        try {
            await client.call("post", "/api/workspaces/{slug}/workflows/executions/{execution_id}", {
                path: { slug, execution_id: id },
            });
        } catch (error) {
            const found = refusalOf(error);
            // It may have ended by itself just now: what is read next tells.
            if (found.status !== 400) setRefusal(found);
        }
        await onCancelled().catch(() => null);
        setBusy(false);
        setAsked(false);
    }

    if (refusal) return <Trouble refusal={refusal} again={() => void cancel()} />;
    if (!isAsked) {
        return (
            <button type="button" className="danger" onClick={() => setAsked(true)}>
                <Icon name="stop" size={14} /> Cancel run
            </button>
        );
    }
    return (
        <span className="confirm" role="group" aria-label="Cancel this run?">
            <button type="button" className="danger filled" disabled={isBusy} autoFocus onClick={() => void cancel()}>
                {isBusy ? "Cancelling …" : "Cancel it now"}
            </button>
            <button type="button" disabled={isBusy} onClick={() => setAsked(false)}>
                Let it run
            </button>
        </span>
    );
}
