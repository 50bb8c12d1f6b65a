import type { RequestIdVariables } from "hono/request-id";

export type AppEnv = {
  Bindings: { API_TOKEN: string; PAGE_SIZE_MAX: number };
  Variables: RequestIdVariables;
};
