/** A workflow, drawn: with a run around it (RunContext) it lights up as that run goes. */

import { Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { type RefObject, use, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Graph, RESULT } from "../definition/graph.ts";
import { NODE_HEIGHT, NODE_WIDTH } from "../definition/layout.ts";
import { count } from "../parts/words.ts";
import { useLater } from "../parts/useLater.ts";
import { RunContext } from "../run/store.ts";
import { ArrowHeads, type ArrowEdge, ArrowLine } from "./ArrowLine.tsx";
import { GraphContext } from "./context.ts";
import { type Drawing, drawn, isNarrow, READABLE, type Size } from "./drawing.ts";
import { type CardNode, NodeCard } from "./NodeCard.tsx";

const NODE_TYPES = { card: NodeCard };
const EDGE_TYPES = { arrow: ArrowLine };
const HANDLES = {
    LR: [
        { type: "target", position: "left", x: 0, y: NODE_HEIGHT / 2 },
        { type: "source", position: "right", x: NODE_WIDTH, y: NODE_HEIGHT / 2 },
    ],
    TB: [
        { type: "target", position: "top", x: NODE_WIDTH / 2, y: 0 },
        { type: "source", position: "bottom", x: NODE_WIDTH / 2, y: NODE_HEIGHT },
    ],
} as const;

/** From so many nodes on, a small map helps to find one's way. */
const MAPPED_FROM = 25;

interface Given {
    name: string;
    graph: Graph;
    selected: string | null;
    onSelect: (id: string) => void;
    /** How many faults each node has. */
    faults?: ReadonlyMap<string, number>;
}

export function GraphView(given: Given) {
    return (
        <ReactFlowProvider>
            <DrawnGraph {...given} />
        </ReactFlowProvider>
    );
}

function DrawnGraph({ name, graph, selected, onSelect, faults }: Given) {
    const frame = useRef<HTMLDivElement>(null);
    const flow = useReactFlow();
    const isLater = useLater();
    const size = useSize(frame);
    const shape = useMemo(
        () => JSON.stringify([graph.nodes.map(({ id }) => id), graph.arrows.map(({ from, to }) => [from, to])]),
        [graph],
    );
    // The places follow from the shape alone, so that writing in a node's config moves nothing.
    const drawing = useMemo(() => (size ? drawn(graph, size) : null), [shape, size]);
    const nodes = useMemo(() => (drawing ? cards(graph, drawing, faults) : []), [graph, drawing, faults]);
    const edges = useMemo(() => (drawing ? arrows(graph, drawing) : []), [graph, drawing]);

    const order = useMemo(() => nodes.map(({ id }) => id), [nodes]);
    const focusable = selected && order.includes(selected) ? selected : (order[0] ?? null);
    const move = useCallback(
        (from: string, step: number) => {
            const at = Math.min(Math.max(order.indexOf(from) + step, 0), order.length - 1);
            const id = order[at];
            if (!id) return;
            onSelect(id);
            frame.current
                ?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)
                ?.focus({ preventScroll: true });
        },
        [order, onSelect],
    );
    const controls = useMemo(
        () => ({ selected, focusable, select: onSelect, move }),
        [selected, focusable, onSelect, move],
    );

    useEffect(() => {
        if (drawing?.isWhole) void flow.setViewport(drawing.viewport, { duration: 200 });
    }, [drawing, flow]);

    useEffect(() => {
        const node = selected ? flow.getNode(selected) : undefined;
        if (node && frame.current && !isSeen(frame.current, selected as string)) {
            void flow.setCenter(node.position.x + NODE_WIDTH / 2, node.position.y + NODE_HEIGHT / 2, {
                zoom: Math.max(flow.getZoom(), READABLE),
                duration: 200,
            });
        }
    }, [selected, flow]);

    return (
        <div
            className="graph"
            ref={frame}
            role="group"
            aria-label={`Graph of ${name}: ${count(graph.nodes.length, "node")}. The arrow keys go from node to node.`}
        >
            <ArrowHeads />
            {drawing && (
                <GraphContext value={controls}>
                    <ReactFlow
                        key={`${drawing.direction} ${size && isNarrow(size)}`}
                        nodes={nodes}
                        edges={edges}
                        nodeTypes={NODE_TYPES}
                        edgeTypes={EDGE_TYPES}
                        defaultViewport={drawing.viewport}
                        nodesDraggable={false}
                        nodesConnectable={false}
                        nodesFocusable={false}
                        edgesFocusable={false}
                        elementsSelectable={false}
                        onlyRenderVisibleElements={graph.nodes.length > 60}
                        minZoom={0.08}
                        maxZoom={1.6}
                        zoomOnScroll={false}
                        panOnScroll={false}
                        preventScrolling={false}
                        zoomActivationKeyCode={["Control", "Meta"]}
                        disableKeyboardA11y
                    >
                        <Controls
                            showInteractive={false}
                            orientation="horizontal"
                            aria-label="Zoom"
                            fitViewOptions={{ padding: 0.08 }}
                        />
                        {isLater && graph.nodes.length >= MAPPED_FROM && <SmallMap />}
                    </ReactFlow>
                </GraphContext>
            )}
        </div>
    );
}

const MAP_AGAIN_MS = 400;

/** Drawn anew only now and then, since it is drawn anew as a whole. */
function SmallMap() {
    const store = use(RunContext);
    const [, setRound] = useState(0);
    useEffect(() => {
        let timer = 0;
        const later = () =>
            (timer ||= window.setTimeout(() => {
                timer = 0;
                setRound((round) => round + 1);
            }, MAP_AGAIN_MS));
        const stop = store?.subscribe(later);
        return () => {
            clearTimeout(timer);
            stop?.();
        };
    }, [store]);
    const classOf = ({ id }: { id: string }) => `mapped mapped-${store?.node(id).standing ?? "drawn"}`;
    return <MiniMap pannable zoomable ariaLabel="Small map of the graph" nodeStrokeWidth={0} nodeClassName={classOf} />;
}

function cards(graph: Graph, { places, direction }: Drawing, faults?: ReadonlyMap<string, number>): CardNode[] {
    return graph.nodes.map((node) => ({
        id: node.id,
        type: "card",
        position: places.get(node.id) ?? { x: 0, y: 0 },
        data: { node, direction, faults: faults?.get(node.id) ?? 0 },
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        handles: HANDLES[direction].map((handle) => ({ ...handle, width: 1, height: 1 })) as unknown as NonNullable<
            CardNode["handles"]
        >,
    }));
}

function arrows(graph: Graph, { bends, direction }: Drawing): ArrowEdge[] {
    const branching = new Set(
        graph.nodes.filter(({ type }) => type === "condition" || type === "switch").map(({ id }) => id),
    );
    return graph.arrows.map(({ id, from, to, port }) => ({
        id,
        source: from,
        target: to,
        type: "arrow",
        data: { port: branching.has(from) && port !== RESULT ? port : null, bends: bends.get(id) ?? [], direction },
    }));
}

function isSeen(frame: HTMLElement, id: string): boolean {
    const box = frame.querySelector(`[data-node="${CSS.escape(id)}"]`)?.getBoundingClientRect();
    const view = frame.getBoundingClientRect();
    return (
        !!box && box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom
    );
}

/** The size that the graph first has; another where it becomes narrow or wide. */
function useSize(frame: RefObject<HTMLDivElement | null>): Size | null {
    const [size, setSize] = useState<Size | null>(null);
    useEffect(() => {
        const element = frame.current;
        if (!element) return;
        const look = () => {
            const found = { width: element.clientWidth, height: element.clientHeight };
            setSize((before) => (before && isNarrow(before) === isNarrow(found) ? before : found));
        };
        const watch = new ResizeObserver(look);
        watch.observe(element);
        look();
        return () => watch.disconnect();
    }, [frame]);
    return size;
}
