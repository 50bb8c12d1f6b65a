import { type ReactNode, Suspense, use } from "react";

import { loadReviews, loadStock, type Product, type Review } from "./data";

export function Page({ title, children }: { title: string; children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>{title}</title>
        <style>{"body { font: 16px/1.5 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem } .late { color: #777 }"}</style>
      </head>
      <body>{children}</body>
    </html>
  );
}

export function ProductPage({ product, slowMs }: { product: Product; slowMs: number }) {
  // Both start now; each boundary waits only for its own.
  const stock = loadStock(product.id, slowMs);
  const reviews = loadReviews(product.id, slowMs);
  return (
    <main>
      <h1>{product.name}</h1>
      <p>{product.price}</p>
      <Suspense fallback={<p className="late">Looking on the shelf…</p>}>
        <Stock stock={stock} />
      </Suspense>
      <h2>Reviews</h2>
      <Suspense fallback={<p className="late">Fetching reviews…</p>}>
        <Reviews reviews={reviews} />
      </Suspense>
      <footer>Rendered on the server by React.</footer>
    </main>
  );
}

export function NotFoundPage({ path }: { path: string }) {
  return (
    <main>
      <h1>Nothing here</h1>
      <p>There is no page at {path}.</p>
    </main>
  );
}

function Stock({ stock }: { stock: Promise<number> }) {
  const left = use(stock);
  return <p>{left > 0 ? `${left} in stock` : "Sold out"}</p>;
}

function Reviews({ reviews }: { reviews: Promise<Review[]> }) {
  return (
    <ul>
      {use(reviews).map((review) => (
        <li key={review.author}>
          {"★".repeat(review.stars)} {review.text} – {review.author}
        </li>
      ))}
    </ul>
  );
}
