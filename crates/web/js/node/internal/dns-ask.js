// Who answers questions about names. Addresses are looked up by the node, which gives those that the worker could connect to. All
// other records come from Cloudflare's public resolver, by a `fetch` that is under the worker's policy like any other.
import { createFetch, fetch } from "../../fetch.js";
import { isIPv4 } from "./addresses.js";
import { native } from "../../native.js";

const RESOLVER = "https://cloudflare-dns.com/dns-query";
const TIMEOUT_MS = 10_000;
const { AbortSignal, URL } = globalThis;

// The numbers by which records are known (RFC 1035 and later).
const TYPES = { __proto__: null, A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, ANY: 255, CAA: 257 };
const NAME_ERROR = 3;

/** What went wrong, as Node says it: `queryA ENOTFOUND a.example`. */
export function dnsError(code, syscall, hostname) {
  const error = new Error(`${syscall} ${code}${hostname === undefined ? "" : ` ${hostname}`}`);
  error.code = code;
  error.errno = code === "ENOTFOUND" && syscall === "getaddrinfo" ? -3008 : undefined;
  error.syscall = syscall;
  if (hostname !== undefined) error.hostname = hostname;
  return error;
}

const askNode = createFetch({
  start: (token, _method, url, list, body) => native.fetchStart(token, "GET", `dns${url.slice("http".length)}`, list, body),
  abort: (token) => native.fetchAbort(token),
});

/** All addresses of a name that the worker could connect to, in the resolver's order. */
export async function addressesOf(hostname, syscall) {
  // What a URL would take for something else than a name.
  if (/[\s/?#@:\\[\]]/.test(hostname)) throw dnsError("ENOTFOUND", syscall, hostname);
  let response;
  try {
    response = await askNode(`http://${hostname}/`, { redirect: "manual" });
  } catch (cause) {
    throw Object.assign(dnsError(cause instanceof TypeError && !URL.canParse(`http://${hostname}/`) ? "ENOTFOUND" : "EAI_AGAIN", syscall, hostname), { cause });
  }
  if (response.status === 200) return (await response.json()).map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }));
  const reason = await response.text();
  const code = response.status === 404 ? "ENOTFOUND" : "EREFUSED";
  throw Object.assign(dnsError(code, syscall, hostname), { cause: new Error(reason) });
}

/** The records of a type, as `{ name, type, TTL, data }`. */
export async function recordsOf(name, type) {
  const syscall = `query${type[0]}${type.slice(1).toLowerCase()}`;
  const url = new URL(RESOLVER);
  url.searchParams.set("name", name);
  url.searchParams.set("type", type);
  let answer;
  try {
    const response = await fetch(url, { headers: { accept: "application/dns-json" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`the resolver answered with status ${response.status}`);
    answer = await response.json();
  } catch (cause) {
    throw Object.assign(dnsError("ECONNREFUSED", syscall, name), { cause });
  }
  if (answer.Status === NAME_ERROR) throw dnsError("ENOTFOUND", syscall, name);
  if (answer.Status !== 0) throw dnsError("ESERVFAIL", syscall, name);
  // The names that led there are among the answers, too.
  const records = (answer.Answer ?? []).filter((record) => type === "ANY" || record.type === TYPES[type]);
  if (records.length === 0) throw dnsError("ENODATA", syscall, name);
  return records;
}

export const typeName = (number) => Object.keys(TYPES).find((name) => TYPES[name] === number);
