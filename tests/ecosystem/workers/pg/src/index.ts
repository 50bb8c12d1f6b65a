import pg from "pg";

export default {
  async fetch(request, env: { DATABASE: string }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/offline") {
      const client = new pg.Client("postgres://ada:secret@db.example:5433/shop?application_name=mote");
      const { user, host, port, database } = client;
      return Response.json({ user, host, port, database, escaped: client.escapeLiteral("it's"), identifier: client.escapeIdentifier('a"b'), int: pg.types.getTypeParser(23)("42") });
    }
    const client = new pg.Client(env.DATABASE);
    await client.connect();
    try {
      const { rows, rowCount } = await client.query("select $1::int as number, $2::text as text", [7, "it's"]);
      const failure = await client.query("select broken").catch((error) => ({ code: error.code, message: error.message }));
      return Response.json({ rows, rowCount, failure });
    } finally {
      await client.end();
    }
  },
} satisfies ExportedHandler<{ DATABASE: string }>;
