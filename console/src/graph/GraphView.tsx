/** A workflow, drawn: with a run around it (RunContext) it lights up as that run goes. */

import { Controls, MiniMap, ReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { type RefObject, use, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
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

/** Below this zoom icons are specks, each of which would still be drawn anew with every step. */
const FAR = 0.35;
/** From so many nodes on, a small map helps to find one's way. */
const MAPPED_FROM = 25;
/** A graph so many times longer than broad is a line on that map. */
const FLAT = 30;

interface Given {
    name: string;
    graph: Graph;
    selected: string | null;
    onSelect: (id: string) => void;
    /** How many faults each node has. */
    faults?: ReadonlyMap<string, number>;
}

export function GraphView({ name, graph, selected, onSelect, faults }: Given) {
    const frame = useRef<HTMLDivElement>(null);
    const flow = useRef<ReactFlowInstance<CardNode, ArrowEdge>>(null);
    const isLater = useLater();
    const [isFar, setFar] = useState(false);
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
            frame.current
                ?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)
                ?.focus({ preventScroll: true });
            onSelect(id);
        },
        [order, onSelect],
    );
    const controls = useMemo(
        () => ({ selected, focusable, select: onSelect, move }),
        [selected, focusable, onSelect, move],
    );

    useEffect(() => {
        if (drawing?.isWhole) void flow.current?.setViewport(drawing.viewport, { duration: 200 });
    }, [drawing]);

    useEffect(() => {
        const node = selected ? flow.current?.getNode(selected) : undefined;
        if (node && frame.current && !isSeen(frame.current, selected as string)) {
            void flow.current?.setCenter(node.position.x + NODE_WIDTH / 2, node.position.y + NODE_HEIGHT / 2, {
                zoom: Math.max(flow.current.getZoom(), READABLE),
                duration: 200,
            });
        }
    }, [selected]);

    return (
        <div
            className="graph"
            ref={frame}
            data-far={isFar}
            role="group"
            aria-label={`Graph of ${name}: ${count(graph.nodes.length, "node")}. The arrow keys go from node to node.`}
        >
            <ArrowHeads />
            {drawing && size && (
                <GraphContext value={controls}>
                    <ReactFlow
                        key={`${drawing.direction} ${isNarrow(size)}`}
                        onInit={(instance) => (flow.current = instance)}
                        onMove={(_, { zoom }) => setFar(zoom < FAR)}
                        width={size.width}
                        height={size.height}
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
                        {isLater && isMapped(graph, drawing) && <SmallMap />}
                    </ReactFlow>
                </GraphContext>
            )}
        </div>
    );
}

/** Whether a small map of it shows anything. */
function isMapped(graph: Graph, { bounds }: Drawing): boolean {
    const [long, broad] = [Math.max(bounds.width, bounds.height), Math.min(bounds.width, bounds.height)];
    return graph.nodes.length >= MAPPED_FROM && long < broad * FLAT;
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
        // Of the nodes out of sight, which are not in the page, it would wait for their sizes else: Fit View did nothing.
        measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
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
    // Before anything is painted, so that the page and its graph are seen at once.
    useLayoutEffect(() => {
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
