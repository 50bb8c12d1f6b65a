import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { jwt, type JwtVariables, sign } from "hono/jwt";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamSSE, streamText } from "hono/streaming";
import { z } from "zod";

type Env = { Bindings: { JWT_SECRET: string }; Variables: JwtVariables<{ sub: string }> };

const order = z.object({ item: z.string().min(2), count: z.coerce.number().int().positive().max(99) });

const app = new Hono<Env>()
  .use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"] } }))
  .use("/api/*", cors({ origin: ["https://shop.example"], allowMethods: ["GET", "POST"], maxAge: 600, credentials: true }))
  .use("/api/*", bodyLimit({ maxSize: 1024, onError: (c) => c.json({ error: "too much" }, 413) }))
  .use("/tagged", etag())
  .use("/packed", compress())
  .use("/me", (c, next) => jwt({ secret: c.env.JWT_SECRET, alg: "HS256" })(c, next));

app.get("/api/orders/:id{[0-9]+}", (c) => c.json({ id: Number(c.req.param("id")), tags: c.req.queries("tag") ?? [] }));
app.post("/api/orders", zValidator("json", order), (c) => c.json(c.req.valid("json"), 201));
app.post("/api/forms", zValidator("form", order), (c) => c.json(c.req.valid("form")));
app.post("/api/upload", async (c) => {
  const { file } = await c.req.parseBody();
  return file instanceof File ? c.json({ name: file.name, type: file.type, text: await file.text() }) : c.json(null);
});

app.get("/tagged", (c) => c.text("the same every time"));
app.get("/packed", (c) => c.text("again and ".repeat(500)));
app.get("/login", async (c) => {
  await setSignedCookie(c, "visits", "1", c.env.JWT_SECRET, { httpOnly: true, sameSite: "Lax", path: "/" });
  return c.json({ token: await sign({ sub: "ada", exp: 4102444800 }, c.env.JWT_SECRET, "HS256") });
});
app.get("/visits", async (c) => c.json({ visits: await getSignedCookie(c, c.env.JWT_SECRET, "visits") }));
app.get("/me", (c) => c.json(c.get("jwtPayload")));
app.get("/page", (c) => c.html(html`<p>${c.req.query("name") ?? "nobody"}</p>`));

app.get("/text", (c) =>
  streamText(c, async (out) => {
    for (const word of ["one", "two", "three"]) {
      await out.writeln(word);
      await out.sleep(1);
    }
  }),
);
app.get("/events", (c) =>
  streamSSE(c, async (out) => {
    for (const id of ["1", "2"]) await out.writeSSE({ id, event: "tick", data: `number ${id}\nand more` });
  }),
);
app.get("/bytes", (c) =>
  stream(c, async (out) => {
    await out.write(new Uint8Array([1, 2, 3]));
    await out.pipe(new Blob([new Uint8Array([4, 5])]).stream());
  }),
);
app.onError((error, c) => {
  if ("getResponse" in error) return (error as { getResponse(): Response }).getResponse();
  return c.json({ error: error.message }, 500);
});
app.get("/broken", () => {
  throw new Error("on purpose");
});
app.notFound((c) => c.json({ missing: c.req.path }, 404));

export default app;
