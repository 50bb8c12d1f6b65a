// The module `cloudflare:workers`.
import { RpcTarget, WorkerEntrypoint } from "./rpc/targets.js";
import { RpcStub } from "./rpc/stubs.js";
import { extendCurrent } from "../execution-context.js";
import { isOn } from "../compatibility.js";

/** Its exports, for a worker with this `env`. */
export const workersModule = (env) => ({ RpcStub, RpcTarget, WorkerEntrypoint, env: isOn("disallow_importable_env") ? {} : env, waitUntil: extendCurrent });
