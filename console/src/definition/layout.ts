/** Where the nodes of a graph are drawn: in layers, each after what leads to it. */

import { Graph as Layered, layout } from "@dagrejs/dagre";
import type { Arrow, Graph } from "./graph.ts";

export const NODE_WIDTH = 196;
export const NODE_HEIGHT = 56;

/** "LR": from left to right, for wide places; "TB": from top to bottom. */
export type Direction = "LR" | "TB";

export interface Point {
    x: number;
    y: number;
}

/** The most nodes for which the tighter of dagre's rankers is quick enough to be waited for. */
const TIGHT_AT_MOST = 150;

export interface Layout {
    /** The upper left corner of each node, by its id. */
    places: Map<string, Point>;
    /** Where an arrow that passes other nodes must bend to pass beside them, by its id. */
    bends: Map<string, Point[]>;
}

export function layoutOf(graph: Graph, direction: Direction): Layout {
    const layered = new Layered({ multigraph: true });
    layered.setGraph({
        rankdir: direction,
        nodesep: direction === "LR" ? 24 : 32,
        ranksep: direction === "LR" ? 56 : 48,
        edgesep: 20,
        ranker: graph.nodes.length > TIGHT_AT_MOST ? "longest-path" : "network-simplex",
    });
    layered.setDefaultEdgeLabel(() => ({}));
    for (const { id } of graph.nodes) layered.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
    for (const { id, from, to } of graph.arrows) layered.setEdge(from, to, {}, id);
    layout(layered, { customOrder: inOrder });
    const corner = ({ x, y }: Point) => ({ x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 });
    const points = ({ id, from, to }: Arrow) => (layered.edge(from, to, id) as { points?: Point[] }).points ?? [];
    return {
        places: new Map(graph.nodes.map(({ id }) => [id, corner(layered.node(id) as Point)])),
        bends: new Map(graph.arrows.map((arrow) => [arrow.id, bendsOf(points(arrow))])),
    };
}

/**
 * The order within each layer: as one comes to the nodes, where no arrows cross then. Only otherwise dagre searches for
 * a better one, which takes more time than all the rest of a layout.
 */
function inOrder(layered: Layered, search: (layered: Layered) => void): void {
    const layers = asComeTo(layered);
    layers.forEach((layer) => layer.forEach((id, order) => (layered.node(id).order = order)));
    if (layers.some((layer) => isCrossed(layered, layer))) search(layered);
}

/** Along each way to its end before the next, from the first layer on. */
function asComeTo(layered: Layered): string[][] {
    const rankOf = (id: string) => layered.node(id).rank as number;
    const layers: string[][] = [];
    const seen = new Set<string>();
    const open = layered
        .nodes()
        .sort((one, other) => rankOf(one) - rankOf(other))
        .reverse();
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
        if (seen.has(id)) continue;
        seen.add(id);
        (layers[rankOf(id)] ??= []).push(id);
        open.push(...(layered.successors(id) ?? []).reverse());
    }
    return layers;
}

/** Whether any of the arrows from this layer to the next cross. */
function isCrossed(layered: Layered, layer: string[]): boolean {
    let lowest = 0;
    return layer.some((id) => {
        const orders = (layered.successors(id) ?? []).map((to) => layered.node(to).order as number);
        const isBehind = Math.min(...orders) < lowest;
        lowest = Math.max(lowest, ...orders);
        return isBehind;
    });
}

/** Without the first and the last, which are at the nodes; one alone is halfway to the next layer. */
function bendsOf(points: Point[]): Point[] {
    return points.length > 3 ? points.slice(1, -1) : [];
}

/** A smooth line through `points`, which leaves and enters each in the direction of the layers. */
export function lineThrough(points: Point[], direction: Direction): string {
    const [first, ...rest] = points as [Point, ...Point[]];
    let from = first;
    let path = `M${first.x},${first.y}`;
    for (const to of rest) {
        const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
        const turns = direction === "LR" ? `${x},${from.y} ${x},${to.y}` : `${from.x},${y} ${to.x},${y}`;
        path += `C${turns} ${to.x},${to.y}`;
        from = to;
    }
    return path;
}
