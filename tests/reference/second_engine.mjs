// The second engine: npm's aws-local-stepfunctions runs machines, and asks for its Tasks' results, over one socket.
// Usage: node second_engine.mjs PORT SCALE. Messages are lines of JSON:
//   in  {run, machine, input, name}    out  {run, status, error, states}
//   out {task, payload}                in   {task, output} or {task, error, cause}
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { StateMachine } from "aws-local-stepfunctions";

const [port, scale] = process.argv.slice(2).map(Number);

// The library waits by timers alone. Those of up to 30 seconds are Waits and the pauses before attempts, and are
// scaled; longer ones are time limits, which must not become shorter (nor longer than a timer can be).
const LONGEST_PAUSE = 30_000;
const LONGEST_TIMER = 2 ** 31 - 1;
const timer = globalThis.setTimeout;
globalThis.setTimeout = (callback, ms, ...rest) =>
  timer(callback, ms <= LONGEST_PAUSE ? ms * scale : Math.min(ms, LONGEST_TIMER), ...rest);

const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
const asked = new Map();
let tasks = 0;

createInterface({ input: socket }).on("line", (line) => {
  const message = JSON.parse(line);
  if ("run" in message) run(message);
  else answer(message);
});
socket.on("close", () => process.exit(0));

async function run({ run, machine, input, name }) {
  const states = [];
  const options = {
    // The library knows the context object as far as it is given one. A Task runs once, so how often its handler was
    // called is its RetryCount: the handler puts that where the machine's path, which finds 0 here, meant it to be.
    context: { Execution: { Name: name }, State: { RetryCount: 0 } },
    overrides: { taskResourceLocalHandlers: handlersOf(machine, states) },
  };
  try {
    await new StateMachine(machine, { validationOptions: { checkArn: false } }).run(input, options).result;
    send({ run, status: "SUCCEEDED", states });
  } catch (error) {
    const cause = error.cause ?? error;
    send({ run, status: "FAILED", error: cause.name, cause: cause.message, states });
  }
}

function handlersOf(region, states, handlers = {}) {
  for (const [name, state] of Object.entries(region.States)) {
    if (state.Type === "Task") handlers[name] = handlerOf(name, states);
    for (const branch of state.Branches ?? []) handlersOf(branch, states, handlers);
  }
  return handlers;
}

function handlerOf(name, states) {
  let attempts = 0;
  return ({ Payload }) => {
    states.push(name);
    return ask({ ...Payload, attempt: attempts++ }).then((output) => ({ Payload: output }));
  };
}

function ask(payload) {
  const task = tasks++;
  send({ task, payload });
  return new Promise((resolve, reject) => asked.set(task, { resolve, reject }));
}

function answer({ task, output, error, cause }) {
  const { resolve, reject } = asked.get(task);
  asked.delete(task);
  if (error === undefined) resolve(output);
  else reject(Object.assign(new Error(cause), { name: error }));
}

function send(message) {
  socket.write(`${JSON.stringify(message)}\n`);
}
