// `node:module`. A worker's modules are those of its bundle: `createRequire` finds the ones of Node.
import { builtin } from "../lazy.js";
import { nodeModuleNames } from "../node-modules.js";
import { error, notImplemented } from "./internal/errors.js";
import { requireString } from "./internal/validate.js";

export const builtinModules = nodeModuleNames();

const bare = (name) => (name.startsWith("node:") ? name.slice(5) : name);

export const isBuiltin = (name) => typeof name === "string" && builtinModules.includes(bare(name));

export function createRequire(path) {
  if (typeof path !== "string" && !(path instanceof URL)) requireString(path, "filename");
  function require(name) {
    requireString(name, "id");
    const found = name.startsWith("cloudflare:") ? undefined : builtin(`node:${bare(name)}`);
    if (found !== undefined) return found.default ?? found;
    throw error("MODULE_NOT_FOUND", `Cannot find module '${name}': what is made by createRequire finds the modules of Node, and others are part of the bundle only if they are imported`);
  }
  require.resolve = (name) => {
    if (isBuiltin(name)) return name;
    throw error("MODULE_NOT_FOUND", `Cannot find module '${name}'`);
  };
  require.cache = { __proto__: null };
  require.main = undefined;
  return require;
}

const without = (name) => {
  const stub = {
    [name]() {
      throw notImplemented("module", name);
    },
  };
  return stub[name];
};
export const register = without("register");
export const syncBuiltinESMExports = () => {};
export const findSourceMap = () => undefined;
export const runMain = without("runMain");

export class Module {
  constructor(id = "") {
    this.id = id;
    this.exports = {};
  }
}
Object.assign(Module, { Module, builtinModules, createRequire, findSourceMap, isBuiltin, register, runMain, syncBuiltinESMExports });

export default Module;
