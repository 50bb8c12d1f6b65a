// `cloudflare:node`.
export { handleAsNodeRequest, httpServerHandler } from "./internal/http-server.js";
