/** A run as it is known so far: what was read of it, and the events of its stream laid over that. */

export type RunStatus = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "PAUSED";
export type StepStatus = "pending" | "running" | "success" | "failed" | "skipped" | "cancelled" | "paused";

export interface Step {
    id: string;
    type: string;
    status: StepStatus;
    output: unknown;
    error: string | null;
    startedAt: string | null;
    endedAt: string | null;
    durationMs: number | null;
    retries: number;
    /** Undefined where there is none, or it is not known yet. */
    input?: unknown;
    logs: string[] | null;
}

export interface Run {
    status: RunStatus;
    startedAt: string;
    endedAt: string | null;
    durationMs: number | null;
    error: string | null;
    percentage: number | null;
    /** In the order in which they began, as far as that is known. */
    steps: ReadonlyMap<string, Step>;
}

/** An event of the stream, in the workspaces dialect. */
export type StreamEvent =
    | {
          type: "step";
          actionId: string;
          actionType: string;
          status: StepStatus;
          output: unknown;
          error: string | null;
          durationMs: number | null;
      }
    | { type: "progress"; percentage: number }
    | { type: "complete"; status: RunStatus; durationMs: number; completedAt: string; error: string | null };

export interface AnsweredStep {
    actionId: string;
    actionType: string;
    status: StepStatus;
    output?: unknown;
    error: string | null;
    startedAt: string | null;
    completedAt: string | null;
    durationMs: number | null;
    retryCount: number;
    input?: unknown;
    logs?: string[];
}

export interface AnsweredRun {
    status: RunStatus;
    startedAt: string;
    completedAt: string | null;
    durationMs: number | null;
    error: string | null;
    steps: AnsweredStep[];
}

export function isOver(status: RunStatus): boolean {
    return status === "COMPLETED" || status === "FAILED" || status === "CANCELLED";
}

export function runOf(answer: AnsweredRun): Run {
    return {
        status: answer.status,
        startedAt: answer.startedAt,
        endedAt: answer.completedAt,
        durationMs: answer.durationMs,
        error: answer.error,
        percentage: answer.status === "COMPLETED" ? 100 : null,
        steps: new Map(answer.steps.map((step) => [step.actionId, stepOf(step)])),
    };
}

function stepOf(step: AnsweredStep): Step {
    return {
        id: step.actionId,
        type: step.actionType,
        status: step.status,
        output: step.output,
        error: step.error,
        startedAt: step.startedAt,
        endedAt: step.completedAt,
        durationMs: step.durationMs,
        retries: step.retryCount,
        input: step.input,
        logs: step.logs ?? null,
    };
}

/** The run with these events, which arrived at `now` (milliseconds since 1970). An end is never undone. */
export function withEvents(run: Run, events: StreamEvent[], now: number): Run {
    const steps = new Map(run.steps);
    const found = { ...run, steps };
    for (const event of events) {
        if (event.type === "step") steps.set(event.actionId, finished(steps.get(event.actionId), event, now));
        else if (isOver(found.status)) continue;
        else if (event.type === "progress") found.percentage = event.percentage;
        else Object.assign(found, ended(found, event));
    }
    return found;
}

function finished(known: Step | undefined, event: Extract<StreamEvent, { type: "step" }>, now: number): Step {
    if (known && known.status !== "running" && known.status !== "pending") return known;
    return {
        id: event.actionId,
        type: event.actionType,
        status: event.status,
        output: event.output,
        error: event.error,
        // About when, until the record is read again: an event tells only how long it took.
        startedAt: known?.startedAt ?? new Date(now - (event.durationMs ?? 0)).toISOString(),
        endedAt: new Date(now).toISOString(),
        durationMs: event.durationMs,
        retries: known?.retries ?? 0,
        input: known?.input,
        logs: known?.logs ?? null,
    };
}

function ended(run: Run, event: Extract<StreamEvent, { type: "complete" }>): Partial<Run> {
    const { status, durationMs, completedAt, error } = event;
    return {
        status,
        durationMs,
        error,
        endedAt: completedAt,
        percentage: status === "COMPLETED" ? 100 : run.percentage,
    };
}

/** The run as it was read anew, without losing what the stream has told since the answer was made. */
export function readAnew(run: Run, answer: AnsweredRun): Run {
    const read = runOf(answer);
    const steps = new Map(read.steps);
    for (const [id, step] of run.steps) {
        const isNewer = step.status !== "running" && (steps.get(id)?.status ?? "running") === "running";
        if (isNewer) steps.set(id, { ...step, startedAt: steps.get(id)?.startedAt ?? step.startedAt });
    }
    const isBehind = isOver(run.status) && !isOver(read.status);
    return { ...(isBehind ? run : read), percentage: read.percentage ?? run.percentage, steps };
}
