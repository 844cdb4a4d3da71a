import { useEffect, useState } from "react";

/** False at first, true once the page has been painted and has time: for what nobody misses in the first moment. */
export function useLater(): boolean {
    const [isLater, setLater] = useState(false);
    useEffect(() => {
        // Safari has no requestIdleCallback.
        const ask = window.requestIdleCallback ?? ((then: () => void) => window.setTimeout(then, 200));
        const cancel = window.cancelIdleCallback ?? window.clearTimeout;
        const asked = ask(() => setLater(true), { timeout: 1000 });
        return () => cancel(asked);
    }, []);
    return isLater;
}
