import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";

import { authors, genres, search, stats } from "./catalogue";
import { books } from "./books";
import type { AppEnv } from "./env";
import { reviews } from "./reviews";

const BODY_BYTES_MAX = 64 * 1024;

const app = new Hono<AppEnv>();

app.use(requestId());
app.use(secureHeaders());
app.use(cors({ origin: "*", exposeHeaders: ["x-request-id"] }));
app.use(etag());
app.use(
  bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError() {
      throw new HTTPException(413, { message: `at most ${BODY_BYTES_MAX} bytes` });
    },
  }),
);

// Reading is for everybody, writing for whoever has the token.
app.on(["POST", "PUT", "PATCH", "DELETE"], "/books/*", (c, next) => bearerAuth<AppEnv>({ token: c.env.API_TOKEN })(c, next));

app.get("/", (c) => c.json({ routes: routes() }));
app.get("/health", (c) => c.json({ ok: true }));
app.get("/headers", (c) => c.json(c.req.header()));
app.route("/books", books);
app.route("/books/:id/reviews", reviews);
app.route("/authors", authors);
app.route("/genres", genres);
app.route("/search", search);
app.route("/stats", stats);
app.get("/teapot", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.get("/broken", () => {
  throw new Error("this route is broken on purpose");
});

app.notFound((c) => {
  throw new HTTPException(404, { message: `no route ${c.req.method} ${c.req.path}` });
});

app.onError((error, c) => {
  const expected = error instanceof HTTPException;
  const status = expected ? error.status : 500;
  if (!expected) console.error(error);
  // Strangers see what they did wrong, never what we did wrong.
  const message = expected ? error.message || "the token is missing or wrong" : "internal error";
  const response = c.json({ error: { status, message, requestId: c.get("requestId") } }, status);
  const challenge = expected ? error.res?.headers.get("www-authenticate") : undefined;
  if (challenge) response.headers.set("www-authenticate", challenge);
  return response;
});

export default app;

function routes(): string[] {
  const handlers = app.routes.filter(({ method, path }) => method !== "ALL" && !path.endsWith("*"));
  return [...new Set(handlers.map(({ method, path }) => `${method} ${path}`))];
}
