import { useSyncExternalStore } from "react";
import { type Place, placeOf } from "./route.ts";

/** Where the person is, as the address has it now. */
export function usePlace(): Place {
    const hash = useSyncExternalStore(subscribe, () => window.location.hash);
    return placeOf(hash);
}

function subscribe(listener: () => void): () => void {
    window.addEventListener("hashchange", listener);
    return () => window.removeEventListener("hashchange", listener);
}
