// Runs a list of cases, and writes down what comes of each: in Mote and in Node, and both must be the same.

export async function outcomes(cases) {
  const written = {};
  for (const [name, work] of Object.entries(cases)) {
    try {
      written[name] = shown(await within(work()));
    } catch (error) {
      written[name] = `throws ${error?.name} ${error?.code} ${error?.message}`;
    }
  }
  return written;
}

// What never comes must not keep the others waiting.
function within(result) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve("it never comes"), 3000);
  });
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

function shown(value, path = []) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return `function ${value.name} ${value.length}`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (path.includes(value)) return "circular";
  const inner = [...path, value];
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "null";
  if (value instanceof Error) return `${value.name} ${value.code} ${value.message}`;
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${[...new Uint8Array(value)]}`;
  if (ArrayBuffer.isView(value)) return `${name} ${[...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]}`;
  if (value instanceof Map) return `Map ${shown([...value], inner)}`;
  if (value instanceof Set) return `Set ${shown([...value], inner)}`;
  if (Array.isArray(value)) return `[${value.map((one) => shown(one, inner)).join(", ")}]`;
  const members = Object.entries(value).map(([key, one]) => `${key}: ${shown(one, inner)}`);
  return `${name === "Object" ? "" : `${name} `}{${members.join(", ")}}`;
}
