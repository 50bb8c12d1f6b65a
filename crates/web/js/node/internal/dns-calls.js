// What `node:dns` and `node:dns/promises` do.
import { addressesOf, dnsError, recordsOf, typeName } from "./dns-ask.js";
import { invalidType, invalidValue, notImplemented } from "./errors.js";
import { isIP } from "./addresses.js";
import { SHOWN, reverseName } from "./dns-records.js";
import { requireBoolean, requireInteger, requireNumber, requireOneOf, requireString } from "./validate.js";

const FAMILIES = [0, 4, 6];
const ORDERS = ["ipv4first", "ipv6first", "verbatim"];
let defaultOrder = "verbatim";

export const getDefaultResultOrder = () => defaultOrder;

export function setDefaultResultOrder(order) {
  requireOneOf(order, "dnsOrder", ORDERS);
  defaultOrder = order;
}

// Questions go where the node sends them, whatever this says.
export const getServers = () => ["1.1.1.1", "2606:4700:4700::1111", "1.0.0.1", "2606:4700:4700::1001"];

export function setServers() {
  throw notImplemented("dns", "setServers");
}

/** Checks what `lookup` was given; gives what is to be done. */
export function lookupOf(hostname, options) {
  if (hostname) requireString(hostname, "hostname");
  const given = typeof options === "number" ? { family: options } : (options ?? {});
  if (typeof given !== "object") throw invalidType("options", "one of type integer or object", options);
  let { family = 0, all = false, order = defaultOrder } = given;
  if (given.hints !== undefined && given.hints !== null) requireNumber(given.hints, "options.hints");
  if (family === "IPv4") family = 4;
  if (family === "IPv6") family = 6;
  requireOneOf(family ?? 0, typeof options === "number" ? "family" : "options.family", FAMILIES);
  requireBoolean(all ?? false, "options.all");
  if (given.verbatim !== undefined && given.verbatim !== null) {
    requireBoolean(given.verbatim, "options.verbatim");
    order = given.verbatim ? "verbatim" : "ipv4first";
  }
  requireOneOf(order ?? defaultOrder, "options.order", ORDERS);
  return { hostname, family: family ?? 0, all: all ?? false, order: order ?? defaultOrder };
}

/** Gives `{ address, family }`, or a list of them. */
export async function lookup({ hostname, family, all, order }) {
  if (!hostname) return all ? [] : { address: null, family: family === 6 ? 6 : 4 };
  const known = isIP(hostname);
  if (known !== 0) return all ? [{ address: hostname, family: known }] : { address: hostname, family: known };
  const found = (await addressesOf(hostname, "getaddrinfo")).filter((one) => family === 0 || one.family === family);
  if (found.length === 0) throw dnsError("ENOTFOUND", "getaddrinfo", hostname);
  const first = { ipv4first: 4, ipv6first: 6 }[order];
  const ordered = first === undefined ? found : [...found.filter((one) => one.family === first), ...found.filter((one) => one.family !== first)];
  return all ? ordered : ordered[0];
}

async function addresses(name, family, options) {
  const type = family === 4 ? "A" : "AAAA";
  // For how long an answer is good, only the records say.
  if (options?.ttl) return (await recordsOf(name, type)).map(({ data, TTL }) => ({ address: data, ttl: TTL }));
  const syscall = family === 4 ? "queryA" : "queryAaaa";
  const found = (await addressesOf(name, syscall)).filter((one) => one.family === family);
  if (found.length === 0) throw dnsError("ENODATA", syscall, name);
  return found.map(({ address }) => address);
}

const records = (type) => async (name) => (await recordsOf(name, type)).map(({ data }) => SHOWN[type](data));

async function any(name) {
  const found = await recordsOf(name, "ANY");
  return found.flatMap(({ type: number, data, TTL }) => {
    const type = typeName(number);
    if (SHOWN[type] === undefined) return [];
    const value = SHOWN[type](data);
    if (type === "A" || type === "AAAA") return [{ type, address: value, ttl: TTL }];
    if (type === "TXT") return [{ type, entries: value }];
    return [typeof value === "string" ? { type, value } : { type, ...value }];
  });
}

/** By type, what asks for its records: each takes a name, and options. */
const BY_TYPE = {
  __proto__: null,
  A: (name, options) => addresses(name, 4, options),
  AAAA: (name, options) => addresses(name, 6, options),
  ANY: any,
  CAA: records("CAA"),
  CNAME: records("CNAME"),
  MX: records("MX"),
  NAPTR: records("NAPTR"),
  NS: records("NS"),
  PTR: records("PTR"),
  SOA: async (name) => (await records("SOA")(name))[0],
  SRV: records("SRV"),
  TXT: records("TXT"),
};

const METHODS = {
  __proto__: null, resolve4: "A", resolve6: "AAAA", resolveAny: "ANY", resolveCaa: "CAA", resolveCname: "CNAME", resolveMx: "MX", resolveNaptr: "NAPTR",
  resolveNs: "NS", resolvePtr: "PTR", resolveSoa: "SOA", resolveSrv: "SRV", resolveTxt: "TXT",
};

/** The methods of resolvers by their names. Each checks what it was given, and gives a promise. */
export const asks = { __proto__: null, resolve, reverse };
for (const name in METHODS) {
  asks[name] = (host, options = undefined) => {
    requireString(host, "name");
    return BY_TYPE[METHODS[name]](host, options);
  };
}

function resolve(name, type = "A") {
  requireString(name, "name");
  requireString(type, "rrtype");
  if (BY_TYPE[type] === undefined) throw invalidValue("rrtype", type);
  return BY_TYPE[type](name);
}

function reverse(address) {
  requireString(address, "name");
  const family = isIP(address);
  if (family === 0) throw Object.assign(dnsError("EINVAL", "getHostByAddr", address));
  return BY_TYPE.PTR(reverseName(address, family));
}

/** `lookupService` of Node asks the machine, which a worker has none of: names of services are left as numbers. */
export async function lookupService(address, port) {
  if (isIP(address) === 0) throw invalidValue("address", address);
  requireInteger(port, "port", 0, 65535);
  const names = await BY_TYPE.PTR(reverseName(address, isIP(address)));
  return { hostname: names[0], service: String(port) };
}

const CODES =
  "NODATA FORMERR SERVFAIL NOTFOUND NOTIMP REFUSED BADQUERY BADNAME BADFAMILY BADRESP CONNREFUSED TIMEOUT EOF FILE NOMEM DESTRUCTION BADSTR BADFLAGS NONAME BADHINTS NOTINITIALIZED LOADIPHLPAPI ADDRGETNETWORKPARAMS CANCELLED";

/** The words for what can go wrong. */
export const codes = Object.fromEntries(CODES.split(" ").map((name) => [name, `E${name}`]));
