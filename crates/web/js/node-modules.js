// The modules of Node: `node:stream/web` is node/stream/web.js.
const NAMES = ["async_hooks", "buffer", "events", "path", "path/posix", "path/win32", "querystring", "string_decoder", "util", "util/types"];

/** The file of a module of Node; undefined if the specifier names none. */
export function nodeModule(specifier) {
  for (let i = 0; i < NAMES.length; i++) {
    if (specifier === `node:${NAMES[i]}`) return `node/${NAMES[i]}.js`;
  }
  return undefined;
}
