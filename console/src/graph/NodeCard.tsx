import { Handle, type Node as Drawn, type NodeProps, Position } from "@xyflow/react";
import { type KeyboardEvent, memo, use } from "react";
import { isEffect, type Node } from "../definition/graph.ts";
import type { Direction } from "../definition/layout.ts";
import { Icon, iconOf } from "../parts/Icon.tsx";
import { duration, spoken } from "../parts/words.ts";
import type { Standing } from "../run/course.ts";
import { useRun } from "../run/store.ts";
import { GraphContext } from "./context.ts";

export type NodeData = { node: Node; direction: Direction; faults: number };
export type CardNode = Drawn<NodeData, "card">;

const SPOKEN: Record<Standing, string> = {
    waiting: "not reached",
    running: "running",
    success: "succeeded",
    failed: "failed",
    skipped: "skipped",
    cancelled: "cancelled",
};

export const NodeCard = memo(function NodeCard({ id, data }: NodeProps<CardNode>) {
    const { node, direction, faults } = data;
    const { selected, focusable, select, move } = use(GraphContext);
    const view = useRun((store) => store.node(id));
    const standing = view?.standing ?? null;
    const took = view?.step && standing !== "running" ? view.step.durationMs : null;
    const retries = view?.step?.retries ?? 0;
    const [into, out] = direction === "LR" ? [Position.Left, Position.Right] : [Position.Top, Position.Bottom];
    function onKeyDown(event: KeyboardEvent): void {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[
            event.key
        ];
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(id, step);
    }

    return (
        <>
            <Handle type="target" position={into} isConnectable={false} />
            <button
                type="button"
                className="node nodrag"
                data-node={id}
                data-standing={standing ?? "drawn"}
                data-effect={isEffect(node.type)}
                data-enabled={node.enabled}
                data-faulty={faults > 0}
                tabIndex={focusable === id ? 0 : -1}
                aria-pressed={selected === id}
                title={node.label ? `${node.label} (${id})` : id}
                onClick={() => select(id)}
                onKeyDown={onKeyDown}
            >
                <span className="node-icon">
                    <Icon name={iconOf(node.type)} />
                </span>
                <span className="node-text">
                    <span className="node-name">{node.label ?? id}</span>
                    <span className="node-type">
                        {spoken(node.type)}
                        {node.onError !== "stop" && <> · {node.onError === "retry" ? "retries" : "goes on"}</>}
                        {!node.enabled && <> · off</>}
                    </span>
                </span>
                {standing && (
                    <span className="node-standing">
                        <Icon name={standing} size={14} />
                        <span className="visually-hidden">, {SPOKEN[standing]}</span>
                        {took !== null && <span className="node-took">{duration(took)}</span>}
                        {retries > 0 && (
                            <span className="node-retries">
                                <span aria-hidden="true">↻</span>
                                {retries}
                                <span className="visually-hidden"> {retries === 1 ? "retry" : "retries"}</span>
                            </span>
                        )}
                    </span>
                )}
                {faults > 0 && (
                    <span className="node-faults">
                        {faults}
                        <span className="visually-hidden"> {faults === 1 ? "fault" : "faults"}</span>
                    </span>
                )}
            </button>
            <Handle type="source" position={out} isConnectable={false} />
        </>
    );
});
