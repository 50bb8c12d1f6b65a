import { isbot } from "isbot";
import { renderToReadableStream } from "react-dom/server";
import { type EntryContext, ServerRouter } from "react-router";

export const streamTimeout = 10_000;

export default async function handleRequest(request: Request, status: number, headers: Headers, context: EntryContext) {
  const page = await renderToReadableStream(<ServerRouter context={context} url={request.url} />, {
    onError() {
      status = 500;
    },
  });
  // A crawler gets the page when it is whole.
  if (isbot(request.headers.get("user-agent"))) await page.allReady;
  headers.set("content-type", "text/html; charset=utf-8");
  return new Response(page, { status, headers });
}
