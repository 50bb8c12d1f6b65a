// Runs one case for each request: GET /<area>/<name> answers with what the case returned or threw, as JSON.
// GET / lists the cases. Mote and workerd run this same file; tests/compare.rs compares their answers.
import abort from "./cases/abort.js";
import answers from "./cases/answers.js";
import blobs from "./cases/blobs.js";
import bodies from "./cases/bodies.js";
import byteStreams from "./cases/byte-streams.js";
import cached from "./cases/caches.js";
import channels from "./cases/channels.js";
import clones from "./cases/clones.js";
import compression from "./cases/compression.js";
import connections from "./cases/connections.js";
import cryptoKeys from "./cases/crypto-keys.js";
import cryptoSubtle from "./cases/crypto-subtle.js";
import encoding from "./cases/encoding.js";
import errors from "./cases/errors.js";
import events from "./cases/events.js";
import fetches from "./cases/fetch.js";
import files from "./cases/files.js";
import formData from "./cases/form-data.js";
import globals from "./cases/globals.js";
import headers from "./cases/headers.js";
import idioms from "./cases/idioms.js";
import modules from "./cases/modules.js";
import node from "./cases/node.js";
import nodeCrypto from "./cases/node-crypto.js";
import nodeData from "./cases/node-data.js";
import nodeTest from "./cases/node-test.js";
import patterns from "./cases/patterns.js";
import recipes from "./cases/recipes.js";
import requests from "./cases/requests.js";
import responses from "./cases/responses.js";
import rewriter from "./cases/rewriter.js";
import rpc from "./cases/rpc.js";
import searchParams from "./cases/search-params.js";
import streams from "./cases/streams.js";
import surface from "./cases/surface.js";
import timers from "./cases/timers.js";
import transforms from "./cases/transforms.js";
import urls from "./cases/urls.js";
import webSockets from "./cases/web-sockets.js";
import { described, thrown } from "./outcome.js";

export { Called, Specialized } from "./called.js";

const AREAS = {
  abort,
  answers,
  blobs,
  bodies,
  "byte-streams": byteStreams,
  caches: cached,
  channels,
  clones,
  compression,
  connections,
  "crypto-keys": cryptoKeys,
  "crypto-subtle": cryptoSubtle,
  encoding,
  errors,
  events,
  fetch: fetches,
  files,
  "form-data": formData,
  globals,
  headers,
  idioms,
  modules,
  node,
  "node-crypto": nodeCrypto,
  "node-data": nodeData,
  "node-test": nodeTest,
  patterns,
  recipes,
  requests,
  responses,
  rewriter,
  rpc,
  "search-params": searchParams,
  streams,
  surface,
  timers,
  transforms,
  urls,
  "web-sockets": webSockets,
};

export default {
  async fetch(request, env, ctx) {
    const [area, name] = new URL(request.url).pathname.slice(1).split("/").map(decodeURIComponent);
    if (area === "") return Response.json(list());
    const found = AREAS[area][name];
    const surroundings = { request, env, ctx };
    // Answers are compared as they are, also when the handler fails.
    if (area === "answers") return found(surroundings);
    return Response.json(await outcome(found, surroundings));
  },
};

async function outcome(run, surroundings) {
  try {
    return { value: await described(await run(surroundings)) };
  } catch (error) {
    return { threw: thrown(error) };
  }
}

function list() {
  return Object.entries(AREAS).flatMap(([area, cases]) =>
    Object.entries(cases).map(([name, { method = "GET", headers = {}, body = "" }]) => ({
      area,
      name,
      method,
      headers,
      body,
    })),
  );
}
