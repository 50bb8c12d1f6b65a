import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

import { bookOr404 } from "./books";
import type { AppEnv } from "./env";
import { newReview } from "./schemas";
import * as store from "./store";
import { validate } from "./validate";

export const reviews = new Hono<AppEnv>()
  .get("/", async (c) => {
    const book = await bookOr404(c);
    return c.json({ book: book.title, reviews: await store.reviewsOf(book.id) });
  })
  .post("/", validate("json", newReview), async (c) => {
    const book = await bookOr404(c);
    return c.json(await store.addReview(book.id, c.req.valid("json")), 201);
  })
  .delete("/:review", async (c) => {
    const book = await bookOr404(c);
    const review = c.req.param("review");
    if (!(await store.removeReview(book.id, review))) throw new HTTPException(404, { message: `no review ${review}` });
    return c.body(null, 204);
  });
