import { createEventStream, defineHandler, getCookie, getQuery, getRouterParam, H3, HTTPError, onError, readBody, redirect, setCookie } from "h3";

const app = new H3()
  .use(onError((error) => Response.json({ status: error.status, why: error.message }, { status: error.status })))
  .use((event) => void event.res.headers.set("x-powered-by", "h3"))
  .get("/hello/:name", (event) => ({ hello: getRouterParam(event, "name"), query: getQuery(event) }))
  .post("/echo", async (event) => ({ body: await readBody(event) }))
  .get("/visits", (event) => {
    const visits = Number(getCookie(event, "visits") ?? 0) + 1;
    setCookie(event, "visits", String(visits), { httpOnly: true });
    return visits;
  })
  .get("/old", () => redirect("/hello/new", 301))
  .get("/secret", () => {
    throw new HTTPError({ status: 403, message: "not for you" });
  })
  .get(
    "/events",
    defineHandler((event) => {
      const stream = createEventStream(event);
      void stream.push(["one", "two"]).then(() => stream.close());
      return stream.send();
    }),
  );

export default { fetch: app.fetch };
