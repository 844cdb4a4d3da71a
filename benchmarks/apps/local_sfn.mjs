// `node local_sfn.mjs MODULE PORT`: a machine of five Pass states, which a POST runs to its end.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [module, port] = process.argv.slice(2);
const { StateMachine } = await import(pathToFileURL(module));

const states = {};
for (let n = 1; n <= 5; n++) {
  states[`step ${n}`] = { Type: "Pass", ...(n < 5 ? { Next: `step ${n + 1}` } : { End: true }) };
}
const machine = new StateMachine({ StartAt: "step 1", States: states });

createServer((request, response) => {
  request.resume();
  request.on("end", async () => {
    const result = request.method === "POST" ? await machine.run({}).result : {};
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ result }));
  });
}).listen(Number(port), "127.0.0.1");
