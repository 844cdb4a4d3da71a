import { useEffect, useState } from "react";

/** False at first, true once the page has been painted: for what nobody misses in the first moment. */
export function useLater(): boolean {
    const [isLater, setLater] = useState(false);
    useEffect(() => {
        let timer = 0;
        // A frame is painted after its callbacks, and before what is left for later. Idle time may not come for long.
        const frame = requestAnimationFrame(() => (timer = window.setTimeout(() => setLater(true))));
        return () => {
            cancelAnimationFrame(frame);
            clearTimeout(timer);
        };
    }, []);
    return isLater;
}
