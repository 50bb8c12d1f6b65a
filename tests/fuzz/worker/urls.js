// URLs, their parameters, patterns, and what else is an address.
import { connect } from "cloudflare:sockets";
import { attempt, claim, later, same } from "./claims.js";

const PARTS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
const SETTERS = ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

const partsOf = (url) => PARTS.map((part) => url[part]);

// What was written is read as what it was, and its parts are where they say they are.
function isConsistent(url, why) {
  // The parser and the standard disagree about drive letters (docs/conformance.md).
  if (url.protocol === "file:" && /\/[a-z](?:[:|]|%7c)/i.test(url.href)) return;
  const again = URL.parse(url.href);
  claim(again !== null, `${why}: '${url.href}' is no URL when it is read again`);
  same(partsOf(again), partsOf(url), `${why}: read again`);
  const { protocol, username, password, host, hostname, port, pathname, search, hash } = url;
  claim(/^[\x20-\x7e]*[\x21-\x7e]$/.test(url.href), `${why}: not ASCII: '${url.href}'`);
  claim(host === (port === "" ? hostname : `${hostname}:${port}`), `${why}: host and port of '${url.href}'`);
  const credentials = username === "" && password === "" ? "" : `${username}${password === "" ? "" : `:${password}`}@`;
  const [before, behind] = [`${protocol}//${credentials}${host}${pathname}`, `${protocol}${pathname}`];
  const begins = [before, behind, `${protocol}/.${pathname}`].some((text) => url.href.startsWith(text));
  claim(begins, `${why}: '${url.href}' has another begin than its parts`);
  claim(url.href.replace(/[?#]*$/, "").endsWith(`${search}${hash}`.replace(/[?#]*$/, "")), `${why}: the end of '${url.href}'`);
}

function url(text) {
  const [first, base = "", ...more] = text.split("\n");
  const parsed = URL.parse(first);
  claim((parsed !== null) === URL.canParse(first), "canParse says something else");
  claim((parsed !== null) === (attempt(() => new URL(first)) !== undefined), "the constructor says something else");
  // With a base that says nothing to it, an absolute URL is the same.
  if (parsed !== null && !/^\s*[a-z][a-z0-9+.-]*:(?![/\\])/i.test(first)) {
    const beside = URL.parse(first, "about:blank");
    if (beside !== null) same(partsOf(beside), partsOf(parsed), "with a base");
  }
  const relative = URL.parse(first, base);
  for (const found of [parsed, relative]) {
    if (found === null) continue;
    isConsistent(found, "parsed");
    more.slice(0, 40).forEach((value, index) => {
      found[SETTERS[index % SETTERS.length]] = value;
      isConsistent(found, `${SETTERS[index % SETTERS.length]} set to '${value.slice(0, 100)}'`);
    });
    found.searchParams.append(base, first);
    isConsistent(found, "a parameter added");
    same([...new URLSearchParams(found.search)], [...found.searchParams], "the parameters");
    found.searchParams.delete(base);
    isConsistent(found, "a parameter taken away");
    attempt(() => (found.href = base));
    isConsistent(found, "href set");
  }
}

async function params(text, bytes) {
  const read = new URLSearchParams(text);
  const written = read.toString();
  claim(/^[A-Za-z0-9*\-._&=+%]*$/.test(written), `not escaped: ${written.slice(0, 300)}`);
  same([...new URLSearchParams(written)], [...read], "read again");
  claim(read.size === [...read.keys()].length && read.size === [...read.values()].length, "its size");
  for (const [name, value] of [...read].slice(0, 50)) claim(read.has(name, value) && read.getAll(name).includes(value), `'${name}' is not there`);
  const sorted = new URLSearchParams(read);
  sorted.sort();
  same([...sorted.keys()], [...read.keys()].sort(), "sorted");
  // As a form the bytes are read as they are.
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const form = await new Response(bytes, { headers: type }).formData();
  const plain = text.startsWith("?") || text.startsWith("\ufeff") ? undefined : [...read];
  if (plain !== undefined && bytes[0] !== 0xef) same([...form], plain, "as a form");
}

const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

function pattern(text) {
  const [first, input = "", base] = text.split("\n");
  const made = [attempt(() => new URLPattern(first, base)), attempt(() => new URLPattern({ pathname: first, search: input })), attempt(() => new URLPattern({ hostname: first, ignoreCase: true }))];
  for (const found of made) {
    if (found === undefined) continue;
    const matched = attempt(() => found.exec(input, base));
    const tested = attempt(() => found.test(input, base));
    if (tested !== undefined) claim(tested === (matched !== null && matched !== undefined), "test and exec say different things");
    attempt(() => found.test({ pathname: input, hostname: first }));
    const components = Object.fromEntries(COMPONENTS.map((name) => [name, found[name]]));
    const again = attempt(() => new URLPattern(components));
    // The standard takes `\[` at the beginning for that of an address, and writes it as `[`, which is read otherwise.
    claim(again !== undefined || /^\{?\[/.test(components.hostname), `it cannot be made of its own parts: ${JSON.stringify(components).slice(0, 500)}`);
  }
}

async function dataUrl(text) {
  const response = await later(() => fetch(`data:${text}`));
  if (response === undefined) return;
  const type = response.headers.get("content-type");
  claim(typeof type === "string" && response.status === 200, "a data: URL without a type");
  await response.arrayBuffer();
}

async function socket(text) {
  const [address, port] = text.split("\n");
  const sockets = [attempt(() => connect(address)), attempt(() => connect({ hostname: address, port: port === undefined ? 0 : Number(port) }))];
  for (const one of sockets) {
    if (one === undefined) continue;
    // There is nobody, so the one settles and the other does.
    await later(() => one.opened);
    await later(() => one.close());
  }
}

export const urls = { url, params, pattern, "data-url": dataUrl, socket };
