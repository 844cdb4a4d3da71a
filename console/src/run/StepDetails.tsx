import type { Node } from "../definition/graph.ts";
import { Icon, iconOf } from "../parts/Icon.tsx";
import { Json } from "../parts/Json.tsx";
import { Time } from "../parts/Time.tsx";
import { duration, spoken } from "../parts/words.ts";
import type { Standing } from "./course.ts";
import type { Step } from "./run.ts";
import { useRun } from "./store.ts";

const STANDINGS: Record<Standing, string> = {
    waiting: "Not reached",
    running: "Running",
    success: "Succeeded",
    failed: "Failed",
    skipped: "Skipped",
    cancelled: "Cancelled",
};

interface Given {
    id: string;
    node: Node | null;
    onClose: () => void;
}

/** One step of a run: what it was given, what it came to, what it wrote, how long it took. */
export function StepDetails({ id, node, onClose }: Given) {
    const view = useRun((store) => store.node(id));
    if (!view) return null;
    const { standing, step } = view;
    const type = node?.type ?? step?.type ?? "unknown";
    return (
        <div className="details">
            <div className="details-head">
                <span className="node-icon" data-effect="true">
                    <Icon name={iconOf(type)} />
                </span>
                <div>
                    <h2>{node?.label ?? id}</h2>
                    <p className="quiet small">
                        {spoken(type)} · {id}
                    </p>
                </div>
                <button
                    type="button"
                    className="plain icon-button"
                    aria-label="Close the step"
                    title="Close"
                    onClick={onClose}
                >
                    <Icon name="close" />
                </button>
            </div>
            <dl className="facts">
                <div>
                    <dt>Status</dt>
                    <dd>
                        <span className={`badge badge-step-${standing}`}>
                            <Icon name={standing} size={12} />
                            {STANDINGS[standing]}
                        </span>
                    </dd>
                </div>
                {step && <StepFacts step={step} />}
            </dl>
            {step?.error && (
                <>
                    <h3>Error</h3>
                    <p className="step-error">{step.error}</p>
                </>
            )}
            {step && <StepData step={step} />}
            {!step && (
                <p className="quiet">
                    {standing === "running"
                        ? "It runs now: its input and logs come with the next look at the record."
                        : "It has nothing to show."}
                </p>
            )}
            {node && Object.keys(node.config).length > 0 && (
                <details>
                    <summary>Config, as it was written</summary>
                    <Json label="Config" value={node.config} />
                </details>
            )}
        </div>
    );
}

function StepFacts({ step }: { step: Step }) {
    return (
        <>
            <div>
                <dt>Duration</dt>
                <dd>{duration(step.durationMs)}</dd>
            </div>
            <div>
                <dt>Retries</dt>
                <dd>{step.retries}</dd>
            </div>
            <div>
                <dt>Started</dt>
                <dd>
                    <Time at={step.startedAt} short />
                </dd>
            </div>
            <div>
                <dt>Ended</dt>
                <dd>
                    <Time at={step.endedAt} short />
                </dd>
            </div>
        </>
    );
}

function StepData({ step }: { step: Step }) {
    return (
        <>
            {step.input !== undefined && (
                <>
                    <h3>Input</h3>
                    <Json label="Input" value={step.input} />
                </>
            )}
            <h3>Output</h3>
            {step.status === "running" ? (
                <p className="quiet">Not yet.</p>
            ) : (
                <Json label="Output" value={step.output ?? null} />
            )}
            <h3>Logs</h3>
            {step.logs?.length ? (
                <ol className="logs">
                    {step.logs.map((line, i) => (
                        <li key={`${i} ${line}`}>{line}</li>
                    ))}
                </ol>
            ) : (
                <p className="quiet">{step.logs ? "None." : "They come with the next look at the record."}</p>
            )}
        </>
    );
}
