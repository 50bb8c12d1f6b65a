// `node:dns/promises`.
import { asks, codes, getDefaultResultOrder, getServers, lookup as lookUp, lookupOf, lookupService, setDefaultResultOrder, setServers } from "../internal/dns-calls.js";

/** Looks an address up. */
export function lookup(hostname, options = undefined) {
  return lookUp(lookupOf(hostname, options));
}

/** Asks as the module does; all resolvers are the same one. */
export class Resolver {
  cancel() {}
  setLocalAddress() {}
}
Object.assign(Resolver.prototype, { ...asks, getServers, setServers });

export const {
  resolve, resolve4, resolve6, resolveAny, resolveCaa, resolveCname, resolveMx, resolveNaptr, resolveNs, resolvePtr, resolveSoa, resolveSrv, resolveTxt, reverse,
} = asks;
export const {
  ADDRGETNETWORKPARAMS, BADFAMILY, BADFLAGS, BADHINTS, BADNAME, BADQUERY, BADRESP, BADSTR, CANCELLED, CONNREFUSED, DESTRUCTION, EOF, FILE, FORMERR, LOADIPHLPAPI,
  NODATA, NOMEM, NONAME, NOTFOUND, NOTIMP, NOTINITIALIZED, REFUSED, SERVFAIL, TIMEOUT,
} = codes;
export { getDefaultResultOrder, getServers, lookupService, setDefaultResultOrder, setServers };
export default { ...codes, ...asks, Resolver, getDefaultResultOrder, getServers, lookup, lookupService, setDefaultResultOrder, setServers };
