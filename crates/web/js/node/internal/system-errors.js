// What a system says of its errors, by their numbers, and its signals.
import { constants } from "../os.js";
import { invalidType, invalidValue, outOfRange } from "./errors.js";
import { requireNumber, requireString } from "./validate.js";

const TEXTS = {
  __proto__: null,
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  EINTR: "interrupted system call",
  EIO: "i/o error",
  EBADF: "bad file descriptor",
  EAGAIN: "resource temporarily unavailable",
  ENOMEM: "not enough memory",
  EACCES: "permission denied",
  EEXIST: "file already exists",
  ENOTDIR: "not a directory",
  EISDIR: "illegal operation on a directory",
  EINVAL: "invalid argument",
  EMFILE: "too many open files",
  EPIPE: "broken pipe",
  EADDRINUSE: "address already in use",
  ECONNABORTED: "software caused connection abort",
  ECONNRESET: "connection reset by peer",
  ETIMEDOUT: "connection timed out",
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "host is unreachable",
};

/** From each number to its name and what it means. */
export const getSystemErrorMap = () => new Map(Object.entries(constants.errno).map(([name, number]) => [-number, [name, TEXTS[name] ?? name]]));

function checked(code) {
  requireNumber(code, "err");
  if (code >= 0 || !Number.isSafeInteger(code)) throw outOfRange("err", "a negative integer", code);
  return getSystemErrorMap().get(code);
}

export const getSystemErrorName = (code) => checked(code)?.[0] ?? `Unknown system error ${code}`;
export const getSystemErrorMessage = (code) => checked(code)?.[1];

/** The error that a call of the system ends with. */
export function _errnoException(code, syscall, original = undefined) {
  const name = getSystemErrorName(code);
  const error = new Error(original ? `${syscall} ${name} ${original}` : `${syscall} ${name}`);
  return Object.assign(error, { errno: code, code: name, syscall });
}

/** The same, of a call about an address. */
export function _exceptionWithHostPort(code, syscall, address, port = undefined, additional = undefined) {
  const where = port > 0 ? `${address}:${port}` : address;
  const error = _errnoException(code, syscall, additional ? `${where} - Local (${additional})` : where);
  error.address = address;
  if (port) error.port = port;
  return error;
}

/** What a process that a signal has ended says of its end. */
export function convertProcessSignalToExitCode(signal) {
  requireString(signal, "signalCode");
  const number = constants.signals[signal];
  if (number === undefined) throw invalidValue("signalCode", signal, "must be a valid signal name");
  return 128 + number;
}

/** Where the running code was called from. */
export function getCallSites(count = 8, options = undefined) {
  if (typeof count === "object" && count !== null) return getCallSites(8, count);
  requireNumber(count, "frameCount", 1, 200);
  if (options !== undefined && (typeof options !== "object" || options === null)) throw invalidType("options", "of type object", options);
  const sites = [];
  for (const line of (new Error().stack ?? "").split("\n").slice(2)) {
    const found = /^ {4}at (?:(.*) \()?(.*):(\d+):(\d+)\)?$/.exec(line);
    if (found === null || sites.length >= count) continue;
    const [, functionName = "", scriptName, lineNumber, column] = found;
    sites.push({ functionName, scriptId: "0", scriptName, lineNumber: Number(lineNumber), columnNumber: Number(column), column: Number(column) });
  }
  return sites;
}
