/** What was written and not yet published: kept for this tab, so that a look elsewhere loses nothing. */

import { useCallback, useState } from "react";

export function useDraft(name: string, beginning: string): [string, (text: string) => void, () => void] {
    const place = `draft/${name}`;
    const [text, setText] = useState(() => sessionStorage.getItem(place) ?? beginning);
    const keep = useCallback(
        (written: string) => {
            setText(written);
            if (written === beginning) sessionStorage.removeItem(place);
            else sessionStorage.setItem(place, written);
        },
        [place, beginning],
    );
    const discard = useCallback(() => keep(beginning), [keep, beginning]);
    return [text, keep, discard];
}
