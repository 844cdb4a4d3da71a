/** A run, kept up to date: by its stream while it goes on, and read anew now and then for what no event tells. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useClient } from "../api/session.tsx";
import { type OpenedRun, type RunFacts, readRun } from "./opening.ts";
import { isOver, readAnew, runOf } from "./run.ts";
import { RunStore } from "./store.ts";
import { type Connection, Stream } from "./stream.ts";

/** Retries, logs and inputs are not in the stream: how often they are read while a run goes on. */
const AGAIN_MS = 5000;

interface LiveRun {
    store: RunStore;
    facts: RunFacts;
    connection: Connection;
    /** Reads the run anew. The URL to follow it by; null where it is over. */
    refresh: () => Promise<string | null>;
}

export function useLiveRun(slug: string, { facts: first, graph }: OpenedRun): LiveRun {
    const client = useClient();
    const [facts, setFacts] = useState(first);
    const [connection, setConnection] = useState<Connection>("closed");
    const store = useMemo(() => new RunStore(graph, runOf(first)), [graph, first]);
    const reading = useRef<Promise<string | null>>(null);
    const { id, workflowId } = first;

    const refresh = useCallback(() => {
        const read = async () => {
            const found = await readRun(client, slug, workflowId, id);
            store.set(readAnew(store.run, found));
            setFacts(found);
            return isOver(store.run.status) ? null : found.streamUrl;
        };
        // One at a time, whoever asks: the stream, the timer, a cancel.
        reading.current ??= read().finally(() => (reading.current = null));
        return reading.current;
    }, [client, slug, workflowId, id, store]);

    useEffect(() => {
        if (isOver(store.run.status)) return;
        const quietly = () => void refresh().catch(() => null);
        const onEvents = (events: Parameters<RunStore["take"]>[0]) => {
            store.take(events);
            if (isOver(store.run.status)) quietly();
        };
        const stream = first.streamUrl
            ? new Stream(first.streamUrl, { onEvents, onConnection: setConnection, renew: refresh })
            : null;
        const timer = setInterval(() => {
            if (isOver(store.run.status)) clearInterval(timer);
            else if (!document.hidden) quietly();
        }, AGAIN_MS);
        return () => {
            stream?.close();
            clearInterval(timer);
        };
    }, [store, refresh, first.streamUrl]);

    return { store, facts, connection, refresh };
}
