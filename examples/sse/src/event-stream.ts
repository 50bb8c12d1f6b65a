export interface ServerEvent {
  event?: string;
  id?: number | string;
  retry?: number;
  data?: unknown;
}

/**
 * A response of server-sent events. `start` gets a function to send with and returns what to do when the client has
 * left, which is called once.
 */
export function eventStream(request: Request, start: (send: (event: ServerEvent) => void) => () => void): Response {
  const encoder = new TextEncoder();
  let stop: (() => void) | undefined;
  const leave = () => {
    stop?.();
    stop = undefined;
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stop = start((event) => controller.enqueue(encoder.encode(format(event))));
    },
    cancel: leave,
  });
  // A runtime may tell of the client's leaving by the one or the other, whichever comes first.
  request.signal.addEventListener("abort", leave);
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // Proxies that would collect the response first (nginx does) leave it alone when told so.
      "x-accel-buffering": "no",
    },
  });
}

function format({ event, id, retry, data }: ServerEvent): string {
  const lines = [];
  if (event !== undefined) lines.push(`event: ${event}`);
  if (id !== undefined) lines.push(`id: ${id}`);
  if (retry !== undefined) lines.push(`retry: ${retry}`);
  // JSON has no raw line break, so one `data:` line always holds it.
  if (data !== undefined) lines.push(`data: ${JSON.stringify(data)}`);
  return `${lines.join("\n")}\n\n`;
}
