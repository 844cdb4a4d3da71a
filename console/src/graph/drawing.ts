/** How a graph is first drawn into a place: in which direction, and from where it is seen. */

import type { Graph } from "../definition/graph.ts";
import { type Direction, NODE_HEIGHT, NODE_WIDTH, type Point, layoutOf } from "../definition/layout.ts";

export interface Size {
    width: number;
    height: number;
}

type Bounds = Point & Size;

export interface Drawing {
    direction: Direction;
    places: Map<string, Point>;
    bends: Map<string, Point[]>;
    bounds: Bounds;
    viewport: Point & { zoom: number };
    /** Whether all of the graph is seen from there. */
    isWhole: boolean;
}

/** Below this zoom names cannot be read: rather a part of the graph than all of it. */
export const READABLE = 0.5;
const READABLE_ON_A_PHONE = 0.68;
const COMFORTABLE = 0.65;
const CLOSE = 0.85;
const MARGIN = 24;
/** Laying out twice is worth its time only for graphs that can be seen whole. */
const SMALL = 60;

export function isNarrow({ width }: Size): boolean {
    return width < 560;
}

/** The direction in which more of the graph can be seen; from left to right where both are as good. */
export function drawn(graph: Graph, size: Size): Drawing {
    const first: Direction = isNarrow(size) ? "TB" : "LR";
    const found = inDirection(graph, first, size);
    if (isNarrow(size) || graph.nodes.length > SMALL || found.fit >= COMFORTABLE) return found;
    const other = inDirection(graph, "TB", size);
    return other.fit > found.fit * 1.15 ? other : found;
}

function inDirection(graph: Graph, direction: Direction, size: Size): Drawing & { fit: number } {
    const { places, bends } = layoutOf(graph, direction);
    const bounds = boundsOf(places);
    const fit = Math.min((size.width - 2 * MARGIN) / bounds.width, (size.height - 2 * MARGIN) / bounds.height, 1);
    const isWhole = fit >= readable(size);
    const viewport = isWhole ? whole(bounds, size, fit) : beginning(graph, places, bounds, direction, size);
    return { direction, places, bends, bounds, fit, isWhole, viewport };
}

function readable(size: Size): number {
    return isNarrow(size) ? READABLE_ON_A_PHONE : READABLE;
}

function boundsOf(places: Map<string, Point>): Bounds {
    const points = [...places.values()];
    const x = Math.min(...points.map((point) => point.x));
    const y = Math.min(...points.map((point) => point.y));
    const width = Math.max(...points.map((point) => point.x)) + NODE_WIDTH - x;
    const height = Math.max(...points.map((point) => point.y)) + NODE_HEIGHT - y;
    return { x, y, width, height };
}

function whole(bounds: Bounds, size: Size, zoom: number) {
    return {
        zoom,
        x: centred(bounds.x, bounds.width, size.width, zoom),
        y: centred(bounds.y, bounds.height, size.height, zoom),
    };
}

/** Where it begins, with all of its breadth in sight if that can be. */
function beginning(graph: Graph, places: Map<string, Point>, bounds: Bounds, direction: Direction, size: Size) {
    const isAcross = direction === "LR";
    const [room, breadth] = isAcross ? [size.height, bounds.height] : [size.width, bounds.width];
    const zoom = Math.min(Math.max((room - 2 * MARGIN) / breadth, readable(size)), CLOSE);
    const first = places.get(graph.nodes[0]?.id ?? "") ?? bounds;
    const fits = breadth * zoom <= room;
    const across = {
        x: MARGIN - bounds.x * zoom,
        y: fits
            ? centred(bounds.y, bounds.height, size.height, zoom)
            : centred(first.y, NODE_HEIGHT, size.height, zoom),
    };
    const down = {
        x: fits ? centred(bounds.x, bounds.width, size.width, zoom) : centred(first.x, NODE_WIDTH, size.width, zoom),
        y: MARGIN - bounds.y * zoom,
    };
    return { zoom, ...(isAcross ? across : down) };
}

function centred(start: number, length: number, room: number, zoom: number): number {
    return room / 2 - (start + length / 2) * zoom;
}
