// What the API accepts and gives back. Types are inferred from the schemas, so that they cannot disagree.

import { z } from "zod";

const bookFields = z.strictObject({
  title: z.string().trim().min(1).max(200),
  author: z.string().trim().min(1).max(100),
  year: z.int().min(-3000).max(3000),
  genres: z.array(z.string().trim().toLowerCase().min(1)).max(8),
});

export const newBook = bookFields.extend({ genres: bookFields.shape.genres.default([]) });

// Why not from `newBook`: its default would empty the genres of a book whenever a change does not name them.
export const bookChanges = bookFields.partial().refine((changes) => Object.keys(changes).length > 0, {
  message: "nothing to change",
});

export const newReview = z.strictObject({
  stars: z.int().min(1).max(5),
  text: z.string().trim().min(1).max(2000),
});

export const bookQuery = z.object({
  author: z.string().optional(),
  genre: z.string().optional(),
  sort: z.enum(["title", "author", "year"]).default("title"),
  order: z.enum(["asc", "desc"]).default("asc"),
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).default(20),
});

export const searchQuery = z.object({ q: z.string().trim().min(2) });

export type NewBook = z.infer<typeof newBook>;
export type Book = NewBook & { id: string };
export type NewReview = z.infer<typeof newReview>;
export type Review = NewReview & { id: string; at: string };
