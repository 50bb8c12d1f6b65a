// Headers, and what stands in them.
import { attempt, claim, latin1, same } from "./claims.js";

// Values of one name are put together with a comma and a space, also if there is nothing behind it.
const isValue = (text) => !/[\0\r\n]/.test(text) && !/^[ \t]/.test(text);

// A value that ends with the space of an empty one loses it when it is set by itself.
const withoutEnds = (pairs) => pairs.map(([name, value]) => [name, value.trimEnd()]);

function checkList(list, why) {
  const shown = [...list];
  let before = "";
  for (const [name, value] of shown) {
    claim(name === name.toLowerCase() && /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name), `${why}: the name '${name}'`);
    claim(name > before || (name === "set-cookie" && name === before), `${why}: '${name}' after '${before}'`);
    claim(isValue(value), `${why}: the value of '${name}'`);
    if (name !== "set-cookie") claim(list.get(name) === value, `${why}: get of '${name}'`);
    claim(list.has(name.toUpperCase()), `${why}: has of '${name}'`);
    before = name;
  }
  same(shown.map(([name]) => name), [...list.keys()], `${why}: keys`);
  same(shown.map(([, value]) => value), [...list.values()], `${why}: values`);
  same(shown.filter(([name]) => name === "set-cookie").map(([, value]) => value), list.getSetCookie(), `${why}: cookies`);
  return shown;
}

// A line sets ("name=value"), takes away ("-name") or appends ("name: value").
function headers(_text, bytes) {
  const list = new Headers();
  for (const line of latin1(bytes).split("\n").slice(0, 400)) {
    const at = line.search(/[:=]/);
    const [name, value] = at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    if (line.startsWith("-")) {
      if (attempt(() => list.delete(line.slice(1)) ?? true)) claim(!list.has(line.slice(1)), "it is still there");
    } else if (line[at] === "=") {
      if (attempt(() => list.set(name, value) ?? true)) claim(list.get(name) === value.replace(/^[ \t\r]+|[ \t\r]+$/g, ""), `what '${name}' was set to`);
    } else {
      attempt(() => list.append(name, value));
    }
  }
  const shown = checkList(list, "made");
  for (const [why, other] of [
    ["copied", new Headers(list)],
    ["of pairs", new Headers(shown)],
    ["of a response", new Response(null, { headers: list }).headers],
    ["of a request", new Request("http://x/", { headers: list }).headers],
    ["of a clone", new Response(null, { headers: shown }).clone().headers],
  ]) {
    same(withoutEnds(checkList(other, why)), withoutEnds(shown), why);
  }
  const record = shown.filter(([name]) => name !== "set-cookie");
  same(withoutEnds([...new Headers(Object.fromEntries(record))]), withoutEnds(record), "of an object");
}

function cookies(_text, bytes) {
  const list = new Headers();
  const kept = [];
  for (const line of latin1(bytes).split("\n").slice(0, 400)) {
    if (attempt(() => list.append("Set-Cookie", line) ?? true)) kept.push(line.replace(/^[ \t\r]+|[ \t\r]+$/g, ""));
  }
  same(list.getSetCookie(), kept, "each by itself");
  same(list.getAll("set-cookie"), kept, "by the older name");
  claim(list.get("set-cookie") === (kept.length === 0 ? null : kept.join(", ")), "together");
  const response = new Response("", { headers: [["a", "b"], ...kept.map((line) => ["set-COOKIE", line])] });
  same(response.clone().headers.getSetCookie(), kept, "of a response");
  list.delete("SET-cookie");
  claim(list.getSetCookie().length === 0, "they are still there");
}

// The type of a body, as its header says it.
async function mime(_text, bytes) {
  const header = latin1(bytes);
  const response = attempt(() => new Response("body", { headers: { "content-type": header } }));
  if (response === undefined) return;
  const { type } = await response.clone().blob();
  // A type that was understood says the same when it is read again.
  const again = await new Response("body", { headers: { "content-type": type } }).blob();
  claim(again.type === type, `'${type}' becomes '${again.type}'`);
  const typed = new Blob(["body"], { type: header });
  claim(/^[\x20-\x7e]*$/.test(typed.type) && typed.type === typed.slice(0, 2, typed.type).type, `the blob's type '${typed.type}'`);
}

export const fields = { headers, cookies, mime };
