import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { type Direction, lineThrough, type Point } from "../definition/layout.ts";
import { useRun } from "../run/store.ts";

type ArrowData = { port: string | null; bends: Point[]; direction: Direction };
export type ArrowEdge = Edge<ArrowData, "arrow">;

/** An arrow, with the port it leaves by where a node has more than one. */
export const ArrowLine = memo(function ArrowLine(props: EdgeProps<ArrowEdge>) {
    const { id, target, sourceX, sourceY, targetX, targetY, data } = props;
    const way = useRun((store) => store.arrow(id, target)) ?? "drawn";
    const { port, bends, direction } = data as ArrowData;
    const ends = [
        { x: sourceX, y: sourceY },
        { x: targetX, y: targetY },
    ] as const;
    const path = lineThrough([ends[0], ...bends, ends[1]], direction);
    const middle = bends[Math.floor(bends.length / 2)] ?? { x: (sourceX + targetX) / 2, y: (sourceY + targetY) / 2 };
    return (
        <>
            <BaseEdge id={id} path={path} className={`arrow arrow-${way}`} markerEnd={`url(#head-${way})`} />
            {port && (
                <EdgeLabelRenderer>
                    <span
                        className={`port port-${way}`}
                        style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
                        aria-hidden="true"
                    >
                        {port}
                    </span>
                </EdgeLabelRenderer>
            )}
        </>
    );
});

const WAYS = ["drawn", "open", "taken", "active", "dead"];

/** The arrows' heads, in the colours that the style sheet gives each way. */
export function ArrowHeads() {
    return (
        <svg className="heads" aria-hidden="true">
            <defs>
                {WAYS.map((way) => (
                    <marker
                        key={way}
                        id={`head-${way}`}
                        className={`head head-${way}`}
                        viewBox="0 0 10 10"
                        refX="9"
                        refY="5"
                        markerWidth="7"
                        markerHeight="7"
                        orient="auto-start-reverse"
                        markerUnits="userSpaceOnUse"
                    >
                        <path d="M0 1 10 5 0 9z" />
                    </marker>
                ))}
            </defs>
        </svg>
    );
}
