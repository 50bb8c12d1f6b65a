import OpenAI from "openai";

export default {
  async fetch(request, env: { BASE: string }) {
    const client = new OpenAI({ apiKey: "sk-test", baseURL: env.BASE, maxRetries: 1 });
    const { pathname } = new URL(request.url);
    const question = { model: "gpt-test", messages: [{ role: "user" as const, content: "2 + 2?" }] };
    if (pathname === "/whole") {
      const { data, request_id } = await client.chat.completions.create(question).withResponse();
      return Response.json({ text: data.choices[0].message.content, request_id });
    }
    if (pathname === "/failing") {
      const error = await client.models.retrieve("gone").catch((error) => error);
      return Response.json({ known: error instanceof OpenAI.NotFoundError, status: error.status, message: error.message });
    }
    if (pathname === "/again") return Response.json(await client.models.retrieve("busy"));
    if (pathname === "/upload") {
      const file = await OpenAI.toFile(new TextEncoder().encode('{"a":1}\n'), "lines.jsonl", { type: "application/jsonl" });
      return Response.json(await client.files.create({ file, purpose: "batch" }));
    }
    if (pathname === "/helper") {
      const runner = client.chat.completions.stream(question);
      const pieces: string[] = [];
      runner.on("content", (delta) => pieces.push(delta));
      return Response.json({ pieces, whole: await runner.finalContent() });
    }
    const pieces = await client.chat.completions.create({ ...question, stream: true });
    return new Response(pieces.toReadableStream());
  },
} satisfies ExportedHandler<{ BASE: string }>;
