/**
 * The first script, and a small one: while the rest is still being read, it asks for the run that the address names.
 * It must not wait at its top level, since the rest imports parts of it.
 */

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
import { Client } from "./api/client.ts";
import { type Config, readConfig } from "./api/config.ts";
import { kept } from "./api/key.ts";
import { applyTheme, storedTheme } from "./parts/theme.ts";
import { placeOf } from "./route.ts";
import { openAhead } from "./run/opening.ts";

void Promise.all([import("./start.tsx"), readConfig().then(askAhead)]).then(([{ start }, config]) => start(config));
// Last, since asking for what is stored may take a while.
applyTheme(storedTheme());

function askAhead(config: Config): Config {
    const { key } = kept();
    const { route } = placeOf(window.location.hash);
    if (key && route.page === "run") openAhead(new Client(config.apiUrl, key), route.slug, route.workflow, route.run);
    return config;
}
