import { Json } from "../parts/Json.tsx";
import type { RunFacts } from "./opening.ts";
import { useRun } from "./store.ts";
import { isOver } from "./run.ts";

/** What a run was started with, and what it came to. */
export function RunSummary({ facts }: { facts: RunFacts }) {
    const run = useRun((store) => store.run);
    return (
        <div className="details">
            <h2>Input and output</h2>
            <p className="quiet small">Choose a step in the graph or below for its own.</p>
            <h3>Trigger data</h3>
            <Json label="Trigger data" value={facts.triggerData} />
            <h3>Variables</h3>
            <Json label="Variables" value={facts.variables} />
            <h3>Output</h3>
            {run && isOver(run.status) ? (
                <Json label="Output" value={facts.output} />
            ) : (
                <p className="quiet">It is here when the run has ended.</p>
            )}
        </div>
    );
}
