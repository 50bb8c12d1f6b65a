import { renderToReadableStream } from "react-dom/server";

import { NotFoundPage, Page, ProductPage } from "./pages";
import { findProduct } from "./data";

// Crawlers take no second helping: they get the whole page at once.
const CRAWLER = /bot|crawl|spider|slurp/i;

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/") return Response.redirect(`${url.origin}/products/lamp`, 302);

    const id = /^\/products\/([a-z]+)$/.exec(url.pathname)?.[1];
    const product = id ? findProduct(id) : undefined;
    const slowMs = Math.min(Number(url.searchParams.get("slow") ?? 500) || 0, 10_000);

    const status = product ? 200 : 404;
    const html = await renderToReadableStream(
      <Page title={product?.name ?? "Not found"}>
        {product ? <ProductPage product={product} slowMs={slowMs} /> : <NotFoundPage path={url.pathname} />}
      </Page>,
      {
        signal: request.signal,
        onError(error) {
          // A visitor who leaves is no error of ours.
          if (!request.signal.aborted) console.error(error);
        },
      },
    );
    if (CRAWLER.test(request.headers.get("user-agent") ?? "")) await html.allReady;
    return new Response(html, { status, headers: { "content-type": "text/html; charset=utf-8" } });
  },
} satisfies ExportedHandler;
