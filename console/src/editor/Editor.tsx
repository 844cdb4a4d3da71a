/** The editor, loaded when a page first shows one; until then the text itself. */

import { lazy, Suspense, useRef } from "react";
import type { EditorGiven } from "./JsonEditor.tsx";

const JsonEditor = lazy(() => import("./JsonEditor.tsx"));

export function Editor(given: Omit<EditorGiven, "hasFocus">) {
    const hasFocus = useRef(false);
    const text = (
        <textarea
            className="editor"
            aria-label={given.label}
            value={given.text}
            readOnly
            onFocus={() => (hasFocus.current = true)}
            onBlur={() => (hasFocus.current = false)}
        />
    );
    return (
        <Suspense fallback={text}>
            <JsonEditor {...given} hasFocus={hasFocus} />
        </Suspense>
    );
}
