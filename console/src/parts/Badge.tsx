import type { RunStatus } from "../run/run.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { spoken } from "./words.ts";

const ICONS: Record<string, IconName> = {
    COMPLETED: "success",
    FAILED: "failed",
    CANCELLED: "cancelled",
    RUNNING: "running",
    PENDING: "waiting",
    PAUSED: "waiting",
};

/** How a run stands: by colour, shape and word. */
export function RunBadge({ status }: { status: RunStatus }) {
    return (
        <span className={`badge badge-${status.toLowerCase()}`}>
            <Icon name={ICONS[status] ?? "waiting"} size={12} />
            {spoken(status)}
        </span>
    );
}

/** Whether a workflow may run. */
export function WorkflowBadge({ status }: { status: string }) {
    return <span className={`badge badge-workflow-${status.toLowerCase()}`}>{spoken(status)}</span>;
}

export function DryBadge() {
    return (
        <span className="badge badge-dry">
            <Icon name="flask" size={12} />
            Dry run
        </span>
    );
}
