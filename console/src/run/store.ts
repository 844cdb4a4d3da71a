/**
 * A run outside of React: a node, an arrow or a row of the page asks for its own part only, and is drawn again only
 * where that part has changed. So an event costs the same whether the run has 5 steps or 500.
 */

import { createContext, use, useSyncExternalStore } from "react";
import type { Graph } from "../definition/graph.ts";
import { now } from "./clock.ts";
import { type Course, courseOf, type Standing, type Way } from "./course.ts";
import { type Run, type Step, type StreamEvent, withEvents } from "./run.ts";

export interface NodeView {
    standing: Standing;
    step: Step | null;
}

/** `active`: taken, to a node that runs now. */
export type ArrowView = Way | "active";

export class RunStore {
    graph: Graph;
    run: Run;
    #course: Course;
    #ids: string[];
    readonly #nodes = new Map<string, NodeView>();
    readonly #listeners = new Set<() => void>();

    constructor(graph: Graph, run: Run) {
        this.graph = graph;
        this.run = run;
        this.#course = courseOf(graph, run);
        this.#ids = this.#rows();
    }

    take(events: StreamEvent[]): void {
        this.set(withEvents(this.run, events, now()));
    }

    set(run: Run, graph: Graph = this.graph): void {
        this.run = run;
        this.graph = graph;
        this.#course = courseOf(graph, run);
        const ids = this.#rows();
        if (ids.length !== this.#ids.length || ids.some((id, i) => id !== this.#ids[i])) this.#ids = ids;
        for (const listener of this.#listeners) listener();
    }

    /** The steps that ran or run, in the order in which they began. */
    readonly stepIds = (): string[] => this.#ids;

    #rows(): string[] {
        const began = (id: string) => this.run.steps.get(id)?.startedAt ?? "~";
        const ids = [...this.run.steps.keys()];
        const running = this.graph.nodes.filter(
            ({ id }) => this.#course.nodes.get(id) === "running" && !this.run.steps.has(id),
        );
        // Array.sort is stable: what began in the same millisecond stays as it was told.
        return [
            ...ids.sort((one, other) => (began(one) < began(other) ? -1 : began(one) > began(other) ? 1 : 0)),
            ...running.map(({ id }) => id),
        ];
    }

    node(id: string): NodeView {
        const standing = this.#course.nodes.get(id) ?? this.run.steps.get(id)?.status ?? "waiting";
        const view = {
            standing: standing === "pending" || standing === "paused" ? "waiting" : standing,
            step: this.run.steps.get(id) ?? null,
        } as const;
        const known = this.#nodes.get(id);
        if (known && known.standing === view.standing && known.step === view.step) return known;
        this.#nodes.set(id, view);
        return view;
    }

    arrow(id: string, to: string): ArrowView {
        const way = this.#course.arrows.get(id) ?? "open";
        return way === "taken" && this.#course.nodes.get(to) === "running" ? "active" : way;
    }

    readonly subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    };
}

export const RunContext = createContext<RunStore | null>(null);

const nothing = () => () => {};

/** A part of the run around; null where no run is (in the editor). `of` must give the same value for the same part. */
export function useRun<T>(of: (store: RunStore) => T): T | null {
    const store = use(RunContext);
    return useSyncExternalStore(store?.subscribe ?? nothing, () => (store ? of(store) : null));
}
