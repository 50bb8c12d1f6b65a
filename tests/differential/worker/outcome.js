// What a case came to, as JSON that loses nothing which a comparison should see.

/** A value in a form that JSON can carry: what JSON has no word for becomes an object with the key `$`. */
export async function described(value) {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : word(value);
  if (typeof value !== "object") return word(value);
  if (Array.isArray(value)) return Promise.all(Array.from(value, described));
  if (value instanceof Error || value instanceof DOMException) return { $: "error", ...thrown(value) };
  if (value instanceof ArrayBuffer) return { $: "ArrayBuffer", hex: hex(new Uint8Array(value)) };
  if (ArrayBuffer.isView(value)) return { $: value.constructor.name, hex: hex(bytesOf(value)) };
  if (value instanceof Date) return { $: "Date", time: value.getTime() };
  if (value instanceof RegExp) return { $: "RegExp", source: String(value) };
  if (value instanceof Map) return { $: "Map", entries: await described([...value]) };
  if (value instanceof Set) return { $: "Set", values: await described([...value]) };
  if (value instanceof Headers) return { $: "Headers", entries: [...value] };
  if (value instanceof File) return { $: "File", name: value.name, type: value.type, text: await value.text() };
  if (value instanceof Blob) return { $: "Blob", type: value.type, text: await value.text() };
  return properties(value);
}

/** An exception: its class and what it says. */
export function thrown(error) {
  if (!(error instanceof Error) && !(error instanceof DOMException)) return { thrownValue: String(error) };
  const described = { class: error.constructor.name, name: error.name, message: error.message };
  if (error instanceof DOMException) described.code = error.code;
  return described;
}

/** What a function (or a promise) came to, inside of a case: the described value, or `{ threw }`. */
export async function outcome(run) {
  try {
    return await (typeof run === "function" ? run() : run);
  } catch (error) {
    return { threw: thrown(error) };
  }
}

/** The outcomes of several, in order. */
export async function outcomes(...runs) {
  const all = [];
  for (const run of runs) all.push(await outcome(run));
  return all;
}

/** Lower-case hexadecimal. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes that hexadecimal digits stand for. */
export function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The bytes of a text. */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

async function properties(value) {
  const described_ = {};
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) described_.$ = value.constructor.name;
  for (const key of Object.keys(value)) described_[key] = await described(value[key]);
  return described_;
}

function word(value) {
  if (Object.is(value, -0)) return { $: "-0" };
  if (typeof value === "bigint") return { $: `${value}n` };
  if (typeof value === "function") return { $: "function", name: value.name };
  return { $: String(value) };
}

function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
