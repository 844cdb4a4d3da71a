/** Whether the service would take a definition, asked a moment after the last change to it. */

import { useEffect, useMemo, useState } from "react";
import type { Fault, Refusal } from "../api/client.ts";
import { read } from "../api/exactJson.ts";
import { useClient } from "../api/session.tsx";
import type { Estimate } from "../api/types.ts";
import { refusalOf } from "../api/useAnswer.ts";

export interface Validity {
    state: "unreadable" | "checking" | "valid" | "faulty" | "unknown";
    /** The definition as it was read; undefined while the text is no JSON. */
    value: unknown;
    faults: Fault[];
    /** What a run will come to; null where that is not known. */
    estimate: Estimate | null;
    /** Why it is unreadable or unknown. */
    why: string;
}

interface Checked {
    text: string;
    faults: Fault[];
    estimate: Estimate | null;
    refusal: Refusal | null;
}

const PAUSE_MS = 600;
const NONE: Fault[] = [];

export function useValidity(slug: string, text: string): Validity {
    const client = useClient();
    const parsed = useMemo(() => parse(text), [text]);
    const [checked, setChecked] = useState<Checked | null>(null);

    useEffect(() => {
        if ("why" in parsed) return;
        const gone = new AbortController();
        const timer = setTimeout(() => {
            client
                .call("post", "/api/workspaces/{slug}/workflows/validate", {
                    path: { slug },
                    body: parsed.value,
                    signal: gone.signal,
                })
                .then(
                    ({ estimate }) => setChecked({ text, faults: NONE, estimate, refusal: null }),
                    (error: unknown) => {
                        if (gone.signal.aborted) return;
                        const refusal = refusalOf(error);
                        const isFaulty = refusal.faults.length > 0;
                        setChecked({
                            text,
                            faults: refusal.faults,
                            estimate: null,
                            refusal: isFaulty ? null : refusal,
                        });
                    },
                );
        }, PAUSE_MS);
        return () => {
            clearTimeout(timer);
            gone.abort();
        };
    }, [client, slug, text, parsed]);

    return useMemo(() => {
        if ("why" in parsed)
            return { state: "unreadable", value: undefined, faults: NONE, estimate: null, why: parsed.why };
        const { value } = parsed;
        // What was found before stays in sight until the next answer, so that nothing flickers while one writes.
        const faults = checked?.faults ?? NONE;
        const found = { value, faults, estimate: checked?.estimate ?? null, why: "" };
        if (checked?.text !== text) return { ...found, state: "checking" };
        if (checked.refusal) return { ...found, state: "unknown", why: checked.refusal.message };
        return { ...found, state: faults.length ? "faulty" : "valid" };
    }, [parsed, checked, text]);
}

function parse(text: string): { value: unknown } | { why: string } {
    try {
        return { value: read(text) };
    } catch (error) {
        return { why: error instanceof Error ? error.message : String(error) };
    }
}
