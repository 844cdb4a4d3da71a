/** What the cards of one graph share. */

import { createContext } from "react";

export interface GraphControls {
    selected: string | null;
    /** The one card that the Tab key comes to; the arrow keys go on from there. */
    focusable: string | null;
    select: (id: string) => void;
    move: (from: string, step: number) => void;
}

export const GraphContext = createContext<GraphControls>({
    selected: null,
    focusable: null,
    select: () => {},
    move: () => {},
});
