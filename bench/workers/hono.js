// A framework at work: one middleware and 20 routes of the shapes that real APIs have - fixed paths, parameters,
// a pattern, a wildcard, a group. harness/workloads.py asks for all of the 20 in turn.
import { Hono } from "hono";

const app = new Hono();

app.use(async (context, next) => {
  await next();
  context.header("x-served-by", "bench");
});

app.get("/", (context) => context.text("home"));
app.get("/about", (context) => context.text("about"));
app.get("/health", (context) => context.json({ ok: true }));
app.get("/version", (context) => context.json({ version: "1.0.0" }));
app.get("/users", (context) => context.json({ users: ["ada", "grace"] }));
app.get("/users/:user", (context) => context.json({ user: context.req.param("user") }));
app.get("/users/:user/posts", (context) => context.json({ user: context.req.param("user"), posts: [] }));
app.get("/users/:user/posts/:post", (context) => context.json(context.req.param()));
app.get("/posts", (context) => context.json({ posts: [1, 2, 3] }));
app.get("/posts/:post{[0-9]+}", (context) => context.json({ post: Number(context.req.param("post")) }));
app.get("/posts/:post/comments", (context) => context.json({ post: context.req.param("post"), comments: [] }));
app.get("/search", (context) => context.json({ query: context.req.query("q") }));
app.get("/static/*", (context) => context.text(context.req.path));
app.get("/page", (context) => context.html("<!doctype html><title>page</title><p>page</p>"));
app.get("/agent", (context) => context.text(context.req.header("x-agent") ?? "none"));

const shop = new Hono();
shop.get("/items", (context) => context.json({ items: [] }));
shop.get("/items/:item", (context) => context.json({ item: context.req.param("item") }));
shop.get("/items/:item/stock", (context) => context.json({ item: context.req.param("item"), stock: 7 }));
shop.get("/carts/:cart", (context) => context.json({ cart: context.req.param("cart") }));
shop.get("/carts/:cart/lines/:line", (context) => context.json(context.req.param()));
app.route("/shop", shop);

export default app;
