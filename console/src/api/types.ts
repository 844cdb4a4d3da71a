/** The shapes of the OpenAPI document that the pages show, by shorter names. */

import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Workflow = Schemas["WorkspacesWorkflow"];
export type RunRow = Schemas["WorkspacesListedRow"];
export type Statistics = Schemas["WorkspacesStatistics"];
export type Pagination = Schemas["Offsets"];
export type WorkflowStatus = Workflow["status"];
export type Estimate = Schemas["WorkspacesEstimate"];
