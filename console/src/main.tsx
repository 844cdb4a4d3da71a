import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@xyflow/react/dist/base.css";
import "./styles/colours.css";
import "./styles/page.css";
import "./styles/parts.css";
import "./styles/statistics.css";
import "./styles/graph.css";
import "./styles/writing.css";
import "./styles/start.css";
import "./styles/run.css";
import "./styles/timeline.css";
import { readConfig, SessionProvider } from "./api/session.tsx";
import { App } from "./App.tsx";
import { applyTheme, storedTheme } from "./parts/theme.ts";

applyTheme(storedTheme());
const config = await readConfig();
createRoot(document.getElementById("root") as HTMLElement).render(
    <StrictMode>
        <SessionProvider config={config}>
            <App />
        </SessionProvider>
    </StrictMode>,
);
