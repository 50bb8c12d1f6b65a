// The targets: `POST /NAME` with the bytes to read. The answer is empty if all is as it must be, and says what is not.
import { fields } from "./fields.js";
import { forms } from "./forms.js";
import { sockets } from "./sockets.js";
import { streams } from "./streams.js";
import { urls } from "./urls.js";
import { values } from "./values.js";

const targets = { __proto__: null, ...urls, ...fields, ...forms, ...values, ...streams, ...sockets };

export default {
  async fetch(request) {
    const target = targets[new URL(request.url).pathname.slice(1)];
    if (target === undefined) return new Response("there is no such target");
    const bytes = await request.bytes();
    try {
      // Most read text; those that read bytes do so by themselves.
      await target(new TextDecoder().decode(bytes), bytes);
      return new Response();
    } catch (error) {
      return new Response(`${error?.stack ?? error}`);
    }
  },
};
