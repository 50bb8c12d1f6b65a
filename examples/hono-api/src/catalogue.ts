// Views over all the books: nothing here changes one.

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

import type { AppEnv } from "./env";
import { searchQuery } from "./schemas";
import * as store from "./store";
import { validate } from "./validate";

export const authors = new Hono<AppEnv>()
  .get("/", async (c) => c.json(count((await store.allBooks()).map((book) => book.author))))
  .get("/:name", async (c) => {
    const name = c.req.param("name");
    const books = (await store.allBooks()).filter((book) => book.author === name);
    if (books.length === 0) throw new HTTPException(404, { message: `no author ${name}` });
    return c.json({ name, books });
  });

export const genres = new Hono<AppEnv>()
  .get("/", async (c) => c.json(count((await store.allBooks()).flatMap((book) => book.genres))))
  .get("/:genre", async (c) => {
    const genre = c.req.param("genre");
    return c.json({ genre, books: (await store.allBooks()).filter((book) => book.genres.includes(genre)) });
  });

export const search = new Hono<AppEnv>().get("/", validate("query", searchQuery), async (c) => {
  const wanted = c.req.valid("query").q.toLowerCase();
  const books = (await store.allBooks()).filter((book) => `${book.title} ${book.author}`.toLowerCase().includes(wanted));
  return c.json({ total: books.length, books });
});

export const stats = new Hono<AppEnv>().get("/", async (c) => {
  const books = await store.allBooks();
  const years = books.map((book) => book.year);
  return c.json({ books: books.length, authors: new Set(books.map((book) => book.author)).size, oldest: Math.min(...years), newest: Math.max(...years) });
});

function count(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
