import assert from "node:assert/strict";
import { test } from "node:test";
import { triggerSketch } from "./sketch.ts";

test("the sketch of the input has the fields that the definition reads", () => {
    const definition = {
        trigger: { type: "manual" },
        nodes: [
            {
                config: {
                    message: "Hi {{trigger.name}} {{ trigger.user.id || trigger.name }}",
                    field: "trigger.userType",
                },
            },
        ],
    };
    assert.deepEqual(triggerSketch(definition), { name: "", user: "", userType: "" });
});
