import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Config } from "./api/config.ts";
import { SessionProvider } from "./api/session.tsx";
import { App } from "./App.tsx";

export function start(config: Config): void {
    createRoot(document.getElementById("root") as HTMLElement).render(
        <StrictMode>
            <SessionProvider config={config}>
                <App />
            </SessionProvider>
        </StrictMode>,
    );
}
