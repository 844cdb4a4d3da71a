import { type FormEvent, useCallback, useMemo, useState } from "react";
import type { Refusal } from "../api/client.ts";
import { read } from "../api/exactJson.ts";
import { useClient } from "../api/session.tsx";
import type { Workflow } from "../api/types.ts";
import { refusalOf, useAnswer } from "../api/useAnswer.ts";
import { graphOf } from "../definition/graph.ts";
import { readable } from "../definition/readable.ts";
import { triggerSketch } from "../definition/sketch.ts";
import { Editor } from "../editor/Editor.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Loading, Trouble } from "../parts/Notice.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { goTo, type Query } from "../route.ts";
import { Mocks } from "./Mocks.tsx";
import { mayStart, WorkflowHead } from "./WorkflowHead.tsx";

interface Given {
    slug: string;
    workflow: string;
    query: Query;
}

/** Where a run is started, really or dry; `from` in the query names a run whose input is taken again. */
export function ExecutePage({ slug, workflow: workflow_id, query }: Given) {
    const client = useClient();
    const from = query["from"];
    const load = useCallback(
        async (signal: AbortSignal) => {
            const path = { slug, workflow_id };
            const [{ workflow }, before] = await Promise.all([
                client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", { path, signal }),
                from
                    ? client.call("get", "/api/workspaces/{slug}/workflows/executions/{execution_id}", {
                          path: { slug, execution_id: from },
                          signal,
                      })
                    : null,
            ]);
            return { workflow: workflow as Workflow, before: before?.execution ?? null };
        },
        [client, slug, workflow_id, from],
    );
    const { answer, refusal, ask } = useAnswer(load);
    useTitle(answer ? `Start ${answer.workflow.name}` : "Start a run");
    if (refusal) return <Trouble refusal={refusal} again={ask} isPage />;
    if (!answer) return <Loading what="the workflow" isPage />;
    const { workflow, before } = answer;
    return (
        <>
            <WorkflowHead slug={slug} workflow={workflow} page="execute" />
            <Start
                slug={slug}
                workflow={workflow}
                trigger={readable(before?.triggerData ?? triggerSketch(workflow))}
                isDry={query["dry"] === "yes"}
            />
        </>
    );
}

function Start({
    slug,
    workflow,
    trigger: begun,
    isDry,
}: {
    slug: string;
    workflow: Workflow;
    trigger: string;
    isDry: boolean;
}) {
    const client = useClient();
    const mayRun = workflow.status === "ACTIVE";
    const [dryRun, setDryRun] = useState(isDry || !mayRun);
    const [trigger, setTrigger] = useState(begun);
    const [variables, setVariables] = useState("{}");
    const [mocks, setMocks] = useState("{}");
    const [refusal, setRefusal] = useState<Refusal | null>(null);
    const [isBusy, setBusy] = useState(false);
    // The same for every attempt at this start: an answer that was lost does not start a second run.
    const [attempt] = useState(() => crypto.randomUUID());
    const defaults = readable((workflow as unknown as { variables?: unknown }).variables ?? {});
    const graph = useMemo(() => graphOf(workflow), [workflow]);
    const wrong = [
        unlikeObject(trigger, "The trigger data"),
        unlikeObject(variables, "The variables"),
        dryRun ? unlikeObject(mocks, "The mocks") : null,
    ].find(Boolean);

    async function submit(event: FormEvent): Promise<void> {
        event.preventDefault();
        setBusy(true);
        setRefusal(null);
        try {
            const { execution } = await client.call("post", "/api/workspaces/{slug}/workflows/{workflow_id}/execute", {
                path: { slug, workflow_id: workflow.id },
                body: {
                    triggerData: read(trigger),
                    variables: read(variables),
                    ...(dryRun ? { dryRun: true, mocks: read(mocks) } : {}),
                },
                headers: dryRun ? {} : { Prefer: "wait=0", "Idempotency-Key": attempt },
            });
            goTo({ page: "run", slug, workflow: workflow.id, run: execution.id });
        } catch (error) {
            setRefusal(refusalOf(error));
            setBusy(false);
        }
    }

    if (!mayStart(workflow)) return <p>Your key may not start runs of this workflow.</p>;
    return (
        <form className="start" onSubmit={(event) => void submit(event)}>
            <fieldset className="choice">
                <legend className="visually-hidden">How to run it</legend>
                <label className={mayRun ? "" : "disabled"}>
                    <input
                        type="radio"
                        name="mode"
                        checked={!dryRun}
                        disabled={!mayRun}
                        onChange={() => setDryRun(false)}
                    />
                    <Icon name="play" size={14} />
                    <span>
                        <strong>Run</strong>{" "}
                        <span className="quiet">{mayRun ? "Everything happens" : "Only active workflows run"}</span>
                    </span>
                </label>
                <label>
                    <input type="radio" name="mode" checked={dryRun} onChange={() => setDryRun(true)} />
                    <Icon name="flask" size={14} />
                    <span>
                        <strong>Dry run</strong>{" "}
                        <span className="quiet">Nothing is sent, nobody is called, waits take no time</span>
                    </span>
                </label>
            </fieldset>
            <div className="start-inputs">
                <section className="card" aria-labelledby="trigger-data">
                    <h2 id="trigger-data">Trigger data</h2>
                    <p className="quiet small">
                        What the workflow reads as <code>trigger.…</code>
                    </p>
                    <Editor label="Trigger data, as JSON" text={trigger} onText={setTrigger} />
                </section>
                <section className="card" aria-labelledby="variables">
                    <h2 id="variables">Variables</h2>
                    <p className="quiet small clipped">
                        In the place of the defaults <code>{defaults}</code>
                    </p>
                    <Editor label="Variables, as JSON" text={variables} onText={setVariables} />
                </section>
                {dryRun && <Mocks graph={graph} text={mocks} onText={setMocks} />}
            </div>
            {refusal && <Trouble refusal={refusal} />}
            {refusal && refusal.faults.length > 0 && (
                <ul className="refused-fields">
                    {refusal.faults.map(({ path, message }) => (
                        <li key={path}>
                            <code>{path}</code> {message}
                        </li>
                    ))}
                </ul>
            )}
            <p className="actions">
                <button type="submit" className="primary" disabled={isBusy || !!wrong}>
                    <Icon name={dryRun ? "flask" : "play"} size={14} />{" "}
                    {isBusy ? "Starting …" : dryRun ? "Dry run" : "Run"}
                </button>
                {wrong && <span className="quiet">{wrong}</span>}
            </p>
        </form>
    );
}

/** What is wrong with a text that must be a JSON object; null where nothing is. */
function unlikeObject(text: string, what: string): string | null {
    try {
        const value = read(text);
        return typeof value === "object" && value !== null && !Array.isArray(value)
            ? null
            : `${what} must be an object: {…}`;
    } catch {
        return `${what} is not JSON yet`.replace("variables is", "variables are").replace("mocks is", "mocks are");
    }
}
