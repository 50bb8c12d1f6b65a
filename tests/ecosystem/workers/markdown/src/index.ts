import MarkdownIt from "markdown-it";
import { Marked } from "marked";

const marked = new Marked({
  gfm: true,
  renderer: { heading: ({ tokens, depth }) => `<h${depth} id="h">${tokens.map(({ raw }) => raw).join("")}</h${depth}>\n` },
});
const strict = new MarkdownIt({ linkify: true, typographer: true, html: false });

export default {
  async fetch(request) {
    const text = await request.text();
    const { pathname } = new URL(request.url);
    return new Response(pathname === "/marked" ? await marked.parse(text, { async: true }) : strict.render(text), {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  },
} satisfies ExportedHandler;
