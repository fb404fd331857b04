// The reference JSONata engine: lines of {"expression", "bindings"} in, one of {"value"} or {"error"} each out. A value
// that is undefined is left out. The first argument is what $millis() says; with a second one, the lines have also
// "depth", how deep evaluations went into each other, and "seconds".
import { createInterface } from "node:readline";
import jsonata from "jsonata";

const millis = Number(process.argv[2]);
const measures = process.argv.length > 3;
let depth = 0;
let deepest = 0;
const compiled = new Map();

function compile(expression) {
  const result = jsonata(expression);
  result.registerFunction("millis", () => millis, "<:n>");
  result.registerFunction("now", () => new Date(millis).toISOString(), "<:s>");
  if (measures) {
    result.assign(Symbol.for("jsonata.__evaluate_entry"), () => {
      deepest = Math.max(deepest, ++depth);
    });
    result.assign(Symbol.for("jsonata.__evaluate_exit"), () => {
      depth--;
    });
  }
  compiled.set(expression, result);
  return result;
}

async function answer({ expression, bindings }) {
  try {
    return { value: await (compiled.get(expression) ?? compile(expression)).evaluate(undefined, bindings) };
  } catch (error) {
    return { error: `${error.code}: ${error.message}` };
  }
}

async function measured(request) {
  depth = deepest = 0;
  const begin = performance.now();
  return { ...(await answer(request)), depth: deepest, seconds: (performance.now() - begin) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await (measures ? measured : answer)(JSON.parse(line))));
}
