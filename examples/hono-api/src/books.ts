import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";

import type { AppEnv } from "./env";
import { bookChanges, bookQuery, newBook, type Book } from "./schemas";
import * as store from "./store";
import { validate } from "./validate";

export const books = new Hono<AppEnv>()
  .get("/", validate("query", bookQuery), async (c) => {
    const { author, genre, sort, order, page, limit } = c.req.valid("query");
    const size = Math.min(limit, c.env.PAGE_SIZE_MAX);
    const direction = order === "asc" ? 1 : -1;
    const matching = (await store.allBooks())
      .filter((book) => (!author || book.author === author) && (!genre || book.genres.includes(genre)))
      .sort((a, b) => direction * (a[sort] < b[sort] ? -1 : a[sort] > b[sort] ? 1 : 0));
    return c.json({ total: matching.length, page, books: matching.slice((page - 1) * size, page * size) });
  })
  .get("/export.csv", async (c) => {
    const rows = (await store.allBooks()).map((book) => [book.id, book.title, book.author, book.year].map(csvField).join(","));
    return c.body(["id,title,author,year", ...rows, ""].join("\r\n"), 200, { "content-type": "text/csv; charset=utf-8" });
  })
  .get("/:id", async (c) => c.json(await bookOr404(c)))
  .post("/", validate("json", newBook), async (c) => {
    const book = await store.addBook(c.req.valid("json"));
    return c.json(book, 201, { location: `/books/${book.id}` });
  })
  .put("/:id", validate("json", newBook), async (c) => {
    const { id } = await bookOr404(c);
    return c.json(await store.replaceBook(id, c.req.valid("json")));
  })
  .patch("/:id", validate("json", bookChanges), async (c) => {
    const { id, ...before } = await bookOr404(c);
    return c.json(await store.replaceBook(id, { ...before, ...c.req.valid("json") }));
  })
  .delete("/:id", async (c) => {
    await store.removeBook((await bookOr404(c)).id);
    return c.body(null, 204);
  });

export async function bookOr404(c: Context<AppEnv>): Promise<Book> {
  const id = c.req.param("id") ?? "";
  const book = await store.findBook(id);
  if (!book) throw new HTTPException(404, { message: `no book ${id}` });
  return book;
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
