import { produce } from "immer";
import Mustache from "mustache";
import PostalMime from "postal-mime";
import superjson from "superjson";
import * as v from "valibot";
import YAML from "yaml";

const Order = v.pipe(
  v.object({ email: v.pipe(v.string(), v.email()), lines: v.array(v.object({ sku: v.string(), count: v.pipe(v.number(), v.integer(), v.minValue(1)) })) }),
  v.transform(({ email, lines }) => ({ email, total: lines.reduce((total, { count }) => total + count, 0) })),
);

export default {
  async fetch(request) {
    const text = await request.text();
    switch (new URL(request.url).pathname) {
      case "/yaml": {
        const document = YAML.parseDocument(text);
        document.setIn(["added", "by"], "worker");
        return Response.json({ json: document.toJSON(), text: document.toString(), wrong: YAML.parseDocument("a: [1").errors.length });
      }
      case "/valibot": {
        const { success, output, issues } = v.safeParse(Order, JSON.parse(text));
        return Response.json(success ? output : issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`));
      }
      case "/mail": {
        const mail = await PostalMime.parse(text);
        const [attachment] = mail.attachments;
        return Response.json({ from: mail.from, subject: mail.subject, text: mail.text?.trim(), attachment: [attachment.filename, attachment.mimeType, new TextDecoder().decode(attachment.content as ArrayBuffer)] });
      }
      case "/mustache":
        return new Response(Mustache.render("{{#items}}<li>{{name}}{{^last}}, {{/last}}</li>{{/items}}{{{raw}}}{{> foot}}", JSON.parse(text), { foot: "-{{items.length}}" }));
    }
    const before = { list: [{ done: false }], map: new Map([["a", 1]]), kept: {} };
    const after = produce(before, (draft) => {
      draft.list[0].done = true;
    });
    const back = superjson.parse<typeof before & { at: Date }>(superjson.stringify({ ...after, at: new Date(5), big: 7n, pattern: /x/gi }));
    return Response.json({ untouched: before.list[0].done, done: after.list[0].done, shared: before.kept === after.kept, frozen: Object.isFrozen(after), map: back.map.get("a"), at: back.at.getTime(), back: String((back as any).big) + (back as any).pattern });
  },
} satisfies ExportedHandler;
