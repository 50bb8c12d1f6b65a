// BlockList and SocketAddress of `node:net`: addresses, and lists of them.
import { invalidType, invalidValue, rangeError, received, typeError } from "./errors.js";
import { isIPv4, isIPv6 } from "./addresses.js";
import { requireInteger, requireObject, requireString } from "./validate.js";

const FAMILIES = ["ipv4", "ipv6"];

function familyOf(value, name) {
  if (typeof value === "string" && FAMILIES.includes(value.toLowerCase())) return value.toLowerCase();
  if (value === 4 || value === "IPv4") return "ipv4";
  if (value === 6 || value === "IPv6") return "ipv6";
  if (typeof value !== "string") throw invalidType(name, "of type string", value);
  throw invalidValue(name, value);
}

export class SocketAddress {
  #address;
  #port;
  #family;
  #flowlabel;

  constructor(options = {}) {
    requireObject(options, "options");
    const { family: given = "ipv4", port = 0, flowlabel = 0 } = options;
    const family = familyOf(given, "options.family");
    const { address = family === "ipv4" ? "127.0.0.1" : "::" } = options;
    requireString(address, "options.address");
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw rangeError("ERR_SOCKET_BAD_PORT", `options.port should be >= 0 and < 65536. ${received(port)}.`);
    }
    requireInteger(flowlabel, "options.flowlabel", 0, 0xfffff);
    if (!(family === "ipv4" ? isIPv4(address) : isIPv6(address))) throw typeError("ERR_INVALID_ADDRESS", "Invalid address");
    this.#address = address;
    this.#port = port;
    this.#family = family;
    this.#flowlabel = family === "ipv6" ? flowlabel : 0;
  }

  static isSocketAddress(value) {
    return typeof value === "object" && value !== null && #address in value;
  }

  static parse(input) {
    requireString(input, "input");
    const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(input);
    const [address, port] = bracketed === null ? input.split(":") : [bracketed[1], bracketed[2]];
    try {
      return new SocketAddress({ address, port: Number(port ?? 0), family: bracketed === null ? "ipv4" : "ipv6" });
    } catch {
      return undefined;
    }
  }

  get address() {
    return this.#address;
  }

  get port() {
    return this.#port;
  }

  get family() {
    return this.#family;
  }

  get flowlabel() {
    return this.#flowlabel;
  }

  toJSON() {
    return { address: this.#address, port: this.#port, family: this.#family, flowlabel: this.#flowlabel };
  }
}

// An address as a number, so that ranges are comparisons.
function numberOf(text) {
  if (isIPv4(text)) return text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const host = new URL(`http://[${text.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const [head, tail] = host.split("::");
  const groups = (part) => (part === undefined || part === "" ? [] : part.split(":"));
  const [first, last] = [groups(head), groups(tail)];
  const all = tail === undefined ? first : [...first, ...Array(8 - first.length - last.length).fill("0"), ...last];
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

function given(value, family, name) {
  if (SocketAddress.isSocketAddress(value)) return value;
  requireString(value, name);
  return new SocketAddress({ address: value, family: familyOf(family, "family") });
}

const shownFamily = (family) => (family === "ipv4" ? "IPv4" : "IPv6");
// IPv4 in IPv6's clothes: `::ffff:1.2.3.4`.
const MAPPED = 0xffffn << 32n;

export class BlockList {
  #rules = [];

  static isBlockList(value) {
    return typeof value === "object" && value !== null && #rules in value;
  }

  #add(family, first, last, shown) {
    this.#rules.unshift({ family, first, last, shown });
  }

  addAddress(address, family = "ipv4") {
    const one = given(address, family, "address");
    const number = numberOf(one.address);
    this.#add(one.family, number, number, `Address: ${shownFamily(one.family)} ${one.address}`);
  }

  addRange(start, end, family = "ipv4") {
    const [from, to] = [given(start, family, "start"), given(end, family, "end")];
    const [first, last] = [numberOf(from.address), numberOf(to.address)];
    if (first > last) throw invalidValue("start", start, `must come before ${to.address}`);
    this.#add(from.family, first, last, `Range: ${shownFamily(from.family)} ${from.address}-${to.address}`);
  }

  addSubnet(network, prefix, family = "ipv4") {
    const one = given(network, family, "network");
    const bits = one.family === "ipv4" ? 32 : 128;
    requireInteger(prefix, "prefix", 0, bits);
    const size = 1n << BigInt(bits - prefix);
    const number = numberOf(one.address);
    const first = number - (number % size);
    this.#add(one.family, first, first + size - 1n, `Subnet: ${shownFamily(one.family)} ${one.address}/${prefix}`);
  }

  check(address, family = "ipv4") {
    let one;
    try {
      one = given(address, family, "address");
    } catch (error) {
      if (error.code === "ERR_INVALID_ADDRESS") return false;
      throw error;
    }
    const number = numberOf(one.address);
    const isMapped = one.family === "ipv6" && number >> 32n === 0xffffn;
    return this.#rules.some(({ family: ruled, first, last }) => {
      if (ruled === one.family) return number >= first && number <= last;
      return isMapped && ruled === "ipv4" && number - MAPPED >= first && number - MAPPED <= last;
    });
  }

  get rules() {
    return this.#rules.map(({ shown }) => shown);
  }

  toJSON() {
    return this.rules;
  }

  fromJSON(rules) {
    const all = typeof rules === "string" ? JSON.parse(rules) : rules;
    if (!Array.isArray(all)) throw invalidType("value", "of type string or an instance of Array", rules);
    for (const rule of all) this.#read(`${rule}`);
  }

  #read(rule) {
    const [, kind, family, rest] = /^(Address|Range|Subnet): (IPv4|IPv6) (.+)$/.exec(rule) ?? [];
    if (kind === undefined) throw rangeError("ERR_INVALID_ARG_VALUE", `The rule '${rule}' is none`);
    const name = family.toLowerCase();
    if (kind === "Address") this.addAddress(rest, name);
    else if (kind === "Subnet") this.addSubnet(rest.split("/")[0], Number(rest.split("/")[1]), name);
    else this.addRange(...rest.split("-"), name);
  }
}
