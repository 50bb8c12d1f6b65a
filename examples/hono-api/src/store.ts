// The books, in the memory of one isolate. Every function that a database would make slow is async already, so that
// replacing this file changes no caller.

import type { Book, NewBook, NewReview, Review } from "./schemas";

const books = new Map<string, Book>();
const reviews = new Map<string, Review[]>();
let nextId = 1;

for (const book of [
  { title: "A Wizard of Earthsea", author: "Ursula K. Le Guin", year: 1968, genres: ["fantasy"] },
  { title: "The Left Hand of Darkness", author: "Ursula K. Le Guin", year: 1969, genres: ["science fiction"] },
  { title: "Small Gods", author: "Terry Pratchett", year: 1992, genres: ["fantasy", "satire"] },
  { title: "The Dispossessed", author: "Ursula K. Le Guin", year: 1974, genres: ["science fiction"] },
]) {
  const id = `b${nextId++}`;
  books.set(id, { id, ...book });
}

export async function allBooks(): Promise<Book[]> {
  return [...books.values()];
}

export async function findBook(id: string): Promise<Book | undefined> {
  return books.get(id);
}

export async function addBook(book: NewBook): Promise<Book> {
  const id = `b${nextId++}`;
  const added = { id, ...book };
  books.set(id, added);
  return added;
}

export async function replaceBook(id: string, book: NewBook): Promise<Book> {
  const replaced = { id, ...book };
  books.set(id, replaced);
  return replaced;
}

export async function removeBook(id: string): Promise<boolean> {
  reviews.delete(id);
  return books.delete(id);
}

export async function reviewsOf(bookId: string): Promise<Review[]> {
  return reviews.get(bookId) ?? [];
}

export async function addReview(bookId: string, review: NewReview): Promise<Review> {
  const added = { id: crypto.randomUUID(), at: new Date().toISOString(), ...review };
  reviews.set(bookId, [...(reviews.get(bookId) ?? []), added]);
  return added;
}

export async function removeReview(bookId: string, reviewId: string): Promise<boolean> {
  const before = reviews.get(bookId) ?? [];
  const after = before.filter((review) => review.id !== reviewId);
  reviews.set(bookId, after);
  return after.length < before.length;
}
