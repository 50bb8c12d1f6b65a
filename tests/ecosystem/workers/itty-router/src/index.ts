import { AutoRouter, cors, error, html, json, type IRequest, StatusError, withParams } from "itty-router";

const notes = new Map([["1", { id: "1", text: "milk" }]]);
const { preflight, corsify } = cors({ origin: "https://shop.example", credentials: true, maxAge: 600 });

// What a request passes on its way to its route.
const withUser = (request: IRequest) => {
  const token = request.headers.get("authorization")?.split(" ")[1];
  if (token !== "letmein") return error(401, "who are you?");
  request.user = { name: "ada" };
};

const router = AutoRouter({ base: "/api", before: [preflight], finally: [corsify] });

router
  .get("/notes", ({ query }) => [...notes.values()].filter(({ text }) => text.includes((query.q as string) ?? "")))
  .get("/notes/:id", ({ params }) => notes.get(params.id) ?? error(404, { error: `no note ${params.id}` }))
  .get("/files/:path+", withParams, ({ path }) => ({ path }))
  .get("/pages/:name.:extension?", ({ params }) => html(`<h1>${params.name}</h1><p>${params.extension ?? "none"}</p>`))
  .post("/notes", withUser, async (request) => {
    const { text } = await request.json();
    if (!text) throw new StatusError(422, { missing: "text" });
    const id = String(notes.size + 1);
    notes.set(id, { id, text });
    return json({ id, text, by: request.user.name }, { status: 201 });
  })
  .get("/broken", () => {
    throw new Error("on purpose");
  })
  .all("*", (request, env, ctx) => error(404, { method: request.method, waits: typeof ctx.waitUntil, name: env.NAME ?? null }));

export default router;
