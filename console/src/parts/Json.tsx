/** A value as JSON, as text: nothing that a user wrote is ever markup. */

import { useState } from "react";
import { write } from "../api/exactJson.ts";
import { Icon } from "./Icon.tsx";

const SHOWN_AT_FIRST = 20_000;

interface Elsewhere {
    truncated: true;
    size: number;
    url: string;
}

export function Json({ label, value }: { label: string; value: unknown }) {
    const [isWhole, setWhole] = useState(false);
    if (isElsewhere(value)) return <Download found={value} />;
    const text = write(value, 2);
    const isLong = text.length > SHOWN_AT_FIRST && !isWhole;
    return (
        <div className="json">
            <pre tabIndex={0} aria-label={label}>
                {isLong ? `${text.slice(0, SHOWN_AT_FIRST)} …` : text}
            </pre>
            <div className="json-tools">
                {isLong && (
                    <button type="button" className="plain" onClick={() => setWhole(true)}>
                        Show all {Math.ceil(text.length / 1024).toLocaleString()} KB
                    </button>
                )}
                <Copy text={text} label={`Copy ${label}`} />
            </div>
        </div>
    );
}

export function Copy({ text, label, children }: { text: string; label: string; children?: string }) {
    const [isDone, setDone] = useState(false);
    async function copy() {
        await navigator.clipboard.writeText(text);
        setDone(true);
        setTimeout(() => setDone(false), 2000);
    }
    return (
        <button
            type="button"
            className={children ? "" : "plain icon-button"}
            aria-label={children ? undefined : label}
            title={label}
            onClick={() => void copy()}
        >
            <Icon name={isDone ? "success" : children ? "link" : "copy"} size={14} />
            {children && <span aria-live="polite">{isDone ? "Copied" : children}</span>}
        </button>
    );
}

function Download({ found }: { found: Elsewhere }) {
    return (
        <p>
            This is too large to be shown with the rest.{" "}
            <a href={/^https?:/.test(found.url) ? found.url : "#"} target="_blank" rel="noreferrer noopener">
                Open it by itself ({Math.ceil(found.size / 1024).toLocaleString()} KB)
            </a>
        </p>
    );
}

/** What the service gives in the place of an output that would make its answer too large. */
function isElsewhere(value: unknown): value is Elsewhere {
    return (
        typeof value === "object" &&
        value !== null &&
        (value as Elsewhere).truncated === true &&
        typeof (value as Elsewhere).url === "string"
    );
}
