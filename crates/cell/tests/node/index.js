// The worker: `/buffer` runs what buffer.js lists.
import { outcomes } from "./outcomes.js";
import { lists } from "./lists.js";

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    return Response.json(await outcomes(lists[pathname.slice(1)]));
  },
};
