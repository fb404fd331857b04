// The reference JSONata engine: lines of {"expression", "bindings"} in, one of {"value"} or {"error"} each out. A value
// that is undefined is left out. The argument is what $millis() says.
import { createInterface } from "node:readline";
import jsonata from "jsonata";

const millis = Number(process.argv[2]);
const compiled = new Map();

function compile(expression) {
  const result = jsonata(expression);
  result.registerFunction("millis", () => millis, "<:n>");
  result.registerFunction("now", () => new Date(millis).toISOString(), "<:s>");
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

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
