// Documents for the tests, whole or in pieces.
export const html = (text, type = "text/html") => new Response(text, { headers: { "content-type": type } });

export const inPieces = (pieces, type = "text/html") => {
  const encoder = new TextEncoder();
  const list = [...pieces];
  const body = new ReadableStream({
    pull(controller) {
      if (list.length === 0) return controller.close();
      const piece = list.shift();
      controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
    },
  });
  return new Response(body, { headers: { "content-type": type } });
};

export const through = (text, selector, element) => new HTMLRewriter().on(selector, { element }).transform(html(text)).text();

export const later = (value) => new Promise((resolve) => setTimeout(resolve, 1, value));
