// `node:dns`.
import { asks, codes, getDefaultResultOrder, getServers, lookup as lookUp, lookupOf, lookupService as serviceOf, setDefaultResultOrder, setServers } from "./internal/dns-calls.js";
import promises from "./dns/promises.js";
import { requireFunction } from "./internal/validate.js";

const { queueMicrotask } = globalThis;

// What a promise comes to, for a callback. What the callback throws is nobody's to catch.
function tell(promise, callback, results = (value) => [value]) {
  promise.then(
    (value) => queueMicrotask(() => callback(null, ...results(value))),
    (error) => queueMicrotask(() => callback(error)),
  );
}

/** Looks an address up. */
export function lookup(hostname, options, callback = options) {
  const given = typeof options === "function" ? undefined : options;
  requireFunction(callback, "callback");
  const asked = lookupOf(hostname, given);
  tell(lookUp(asked), callback, (value) => (asked.all ? [value] : [value.address, value.family]));
  return {};
}

/** The name of a machine, and of a service. */
export function lookupService(address, port, callback) {
  requireFunction(callback, "callback");
  tell(serviceOf(address, port), callback, ({ hostname, service }) => [hostname, service]);
  return {};
}

const methods = {};
for (const name in asks) {
  methods[name] = Object.defineProperty(
    (...args) => {
      const callback = args.pop();
      requireFunction(callback, "callback");
      tell(asks[name](...args), callback);
      return {};
    },
    "name",
    { value: name, configurable: true },
  );
}

/** Asks as the module does; all resolvers are the same one. */
export class Resolver {
  cancel() {}
  setLocalAddress() {}
}
Object.assign(Resolver.prototype, { ...methods, getServers, setServers });

const FLAGS = { ADDRCONFIG: 1024, ALL: 256, V4MAPPED: 2048 };

export const {
  resolve, resolve4, resolve6, resolveAny, resolveCaa, resolveCname, resolveMx, resolveNaptr, resolveNs, resolvePtr, resolveSoa, resolveSrv, resolveTxt, reverse,
} = methods;
export const {
  ADDRGETNETWORKPARAMS, BADFAMILY, BADFLAGS, BADHINTS, BADNAME, BADQUERY, BADRESP, BADSTR, CANCELLED, CONNREFUSED, DESTRUCTION, EOF, FILE, FORMERR, LOADIPHLPAPI,
  NODATA, NOMEM, NONAME, NOTFOUND, NOTIMP, NOTINITIALIZED, REFUSED, SERVFAIL, TIMEOUT,
} = codes;
export const { ADDRCONFIG, ALL, V4MAPPED } = FLAGS;
export { getDefaultResultOrder, getServers, promises, setDefaultResultOrder, setServers };
export default {
  ...codes, ...FLAGS, ...methods, Resolver, getDefaultResultOrder, getServers, lookup, lookupService, promises, setDefaultResultOrder, setServers,
};
