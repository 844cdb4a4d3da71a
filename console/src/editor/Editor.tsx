/** The editor, loaded when a page first shows one; until then the text itself. */

import { lazy, Suspense } from "react";
import type { EditorGiven } from "./JsonEditor.tsx";

const JsonEditor = lazy(() => import("./JsonEditor.tsx"));

export function Editor(given: EditorGiven) {
    return (
        <Suspense fallback={<textarea className="editor" aria-label={given.label} value={given.text} readOnly />}>
            <JsonEditor {...given} />
        </Suspense>
    );
}
