// A second opinion on state machines, by npm's asl-validator: it also parses every path and intrinsic function.
// Usage: node tests/asl_validator.mjs <folder of *.asl.json>...
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import validate from "asl-validator";

// It compiles its schemas anew for each machine, which takes 60 ms. What the tests dump is named by its hash, so that
// the first of many are an even sample.
const MOST_OF_A_FOLDER = 500;

const folders = process.argv.slice(2);
const valid = folders.map(isValid);
process.exitCode = folders.length > 0 && valid.every(Boolean) ? 0 : 1;

function isValid(folder) {
  const all = readdirSync(folder).filter((name) => name.endsWith(".asl.json"));
  const looked = all.sort().slice(0, MOST_OF_A_FOLDER);
  const refused = looked.map((name) => join(folder, name)).filter(isRefused);
  console.log(`${folder}: ${refused.length} refused, ${looked.length} looked at, ${all.length} there`);
  return all.length > 0 && refused.length === 0;
}

function isRefused(file) {
  const machine = JSON.parse(readFileSync(file, "utf8"));
  if (machine === null) return false; // of a workflow that does nothing outside, and so needs no machine
  const result = validate(machine);
  if (!result.isValid) console.error(`${file}\n${result.errorsText("\n")}`);
  return !result.isValid;
}
