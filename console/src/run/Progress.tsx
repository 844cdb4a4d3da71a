import { count } from "../parts/words.ts";
import { isAction } from "../definition/graph.ts";
import { isOver } from "./run.ts";
import { type RunStore, useRun } from "./store.ts";

/** How far a run is: the service's own percentage, and the steps that it comes from. */
export function Progress() {
    const text = useRun(tallied);
    if (!text) return null;
    const { total, success, failed, skipped, running, percent, isDone } = JSON.parse(text) as Tally;
    const words = [
        `${success + failed} of ${count(total, "step")}`,
        failed ? `${failed} failed` : "",
        skipped ? `${skipped} skipped` : "",
        !isDone && running ? `${running} running` : "",
    ];
    return (
        <div className="progress">
            <div
                className="progress-bar"
                role="progressbar"
                aria-label="Progress"
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={percent}
            >
                <span className="progress-success" style={{ flexGrow: success }} />
                <span className="progress-failed" style={{ flexGrow: failed }} />
                <span className="progress-skipped" style={{ flexGrow: skipped }} />
                <span className="progress-running" style={{ flexGrow: isDone ? 0 : running }} />
                <span style={{ flexGrow: Math.max(total - success - failed - skipped - (isDone ? 0 : running), 0) }} />
            </div>
            <p role="status">
                <strong>{percent} %</strong> {words.filter(Boolean).join(" · ")}
            </p>
        </div>
    );
}

interface Tally {
    total: number;
    success: number;
    failed: number;
    skipped: number;
    running: number;
    percent: number;
    isDone: boolean;
}

/** As a text, so that it is the same while nothing of it has changed. */
function tallied(store: RunStore): string {
    const { run, graph } = store;
    const standings = graph.nodes.filter(({ type }) => isAction(type)).map(({ id }) => store.node(id).standing);
    const of = (standing: string) => standings.filter((each) => each === standing).length;
    const [success, failed, skipped] = [of("success"), of("failed"), of("skipped")];
    const share = standings.length ? Math.round((100 * (success + failed + skipped)) / standings.length) : 0;
    const percent = run.status === "COMPLETED" ? 100 : (run.percentage ?? share);
    return JSON.stringify({
        total: standings.length,
        success,
        failed,
        skipped,
        running: of("running"),
        percent,
        isDone: isOver(run.status),
    } satisfies Tally);
}
