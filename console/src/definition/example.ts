/** What the editor begins with: small, and runs as it is. */
export const EXAMPLE = {
    name: "Welcome",
    description: "Greets a new user, and asks somebody to call those who pay.",
    variables: { plan: "free" },
    nodes: [
        { id: "start", type: "trigger" },
        {
            id: "greet",
            type: "send_notification",
            config: { recipient: "{{trigger.userId}}", message: "Hi {{trigger.name}}!" },
        },
        {
            id: "is_premium",
            type: "condition",
            config: { field: "variables.plan", operator: "equals", value: "premium" },
        },
        { id: "call", type: "create_task", config: { title: "Call {{trigger.name}}", priority: "HIGH" } },
        { id: "done", type: "end" },
    ],
    connections: [
        { from: "start", to: "greet" },
        { from: "greet", to: "is_premium" },
        { from: "is_premium", fromPort: "true", to: "call" },
        { from: "is_premium", fromPort: "false", to: "done" },
        { from: "call", to: "done" },
    ],
};
