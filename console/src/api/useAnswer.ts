/** What a page asked the API for: nothing yet, an answer, or a refusal; asked anew when what is asked for changes. */

import { useCallback, useEffect, useState } from "react";
import { Refusal } from "./client.ts";

export interface Asked<T> {
    /** The newest answer; the one before while a newer is on its way. */
    answer: T | null;
    refusal: Refusal | null;
    isLoading: boolean;
    ask: () => void;
}

/** `load` must stay the same function (useCallback) while it asks for the same. */
export function useAnswer<T>(load: (signal: AbortSignal) => Promise<T>): Asked<T> {
    const [state, setState] = useState<Omit<Asked<T>, "ask">>({ answer: null, refusal: null, isLoading: true });
    const [round, setRound] = useState(0);
    useEffect(() => {
        const gone = new AbortController();
        setState((before) => ({ ...before, isLoading: true }));
        load(gone.signal).then(
            (answer) => gone.signal.aborted || setState({ answer, refusal: null, isLoading: false }),
            (error: unknown) => {
                if (!gone.signal.aborted)
                    setState((before) => ({ ...before, refusal: refusalOf(error), isLoading: false }));
            },
        );
        return () => gone.abort();
    }, [load, round]);
    const ask = useCallback(() => setRound((before) => before + 1), []);
    return { ...state, ask };
}

export function refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    console.error(error);
    return new Refusal(0, "UNEXPECTED", "The console met a fault of its own.");
}
