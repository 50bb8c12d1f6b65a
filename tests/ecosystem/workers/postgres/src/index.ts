import postgres from "postgres";

export default {
  async fetch(request, env: { DATABASE: string }) {
    const sql = postgres(env.DATABASE, { max: 1, fetch_types: false });
    if (new URL(request.url).pathname === "/offline") {
      const { host, port, database, user } = sql.options;
      return Response.json({ host, port, database, user, ended: await sql.end() ?? null });
    }
    try {
      const rows = await sql`select ${7}::int as number, ${"it's"} as text`;
      const failure = await sql`select broken`.catch((error) => ({ code: error.code, message: error.message }));
      return Response.json({ rows, count: rows.count, failure });
    } finally {
      await sql.end();
    }
  },
} satisfies ExportedHandler<{ DATABASE: string }>;
