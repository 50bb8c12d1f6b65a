// Forms, as bodies.
import { claim, firstLine, later, same } from "./claims.js";

const withLineEnds = (text) => text.replace(/\r\n?|\n/g, "\r\n");
// Names are written with escapes for these three, and with none for the percent sign.
const unescaped = (name) => withLineEnds(name.replace(/%22/g, '"').replace(/%0d/gi, "\r").replace(/%0a/gi, "\n"));

async function contentOf(form) {
  const content = [];
  for (const [name, value] of form) {
    const file = typeof value === "string" ? withLineEnds(value) : [unescaped(value.name), value.type || "application/octet-stream", [...(await value.bytes())]];
    content.push([unescaped(name), file]);
  }
  return content;
}

// What is read can be written, and is then read as what it was.
async function comesBack(form, why) {
  const again = await new Response(form).formData();
  same(await contentOf(again), await contentOf(form), why);
}

async function form(text) {
  const made = new FormData();
  for (const line of text.split("\n").slice(0, 200)) {
    const at = line.search(/[=@]/);
    const [name, value] = at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    if (line[at] === "@") made.append(name, new Blob([value], { type: "text/plain" }), name);
    else made.append(name, value);
  }
  claim([...made].length > 0, "nothing is in it");
  await comesBack(made, "made");
}

async function multipart(_text, bytes) {
  const [boundary, body] = firstLine(bytes);
  const type = `multipart/form-data; boundary="${boundary.replace(/["\\]/g, "\\$&")}"`;
  const read = await later(() => new Response(body, { headers: { "content-type": type } }).formData());
  if (read !== undefined) await comesBack(read, "read");
}

export const forms = { form, multipart };
