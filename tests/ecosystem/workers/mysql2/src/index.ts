import mysql from "mysql2/promise";

export default {
  async fetch(request, env: { DATABASE: string }) {
    if (new URL(request.url).pathname === "/offline") {
      return Response.json({
        formatted: mysql.format("select * from ?? where name = ? and id in (?)", ["users", "it's", [1, 2]]),
        escaped: mysql.escape(new Date(0)),
        identifier: mysql.escapeId("a`b.c"),
      });
    }
    // Without this the library makes its parsers out of strings, which workers may not.
    const connection = await mysql.createConnection({ uri: env.DATABASE, disableEval: true });
    const [rows] = await connection.query("select ? as number, ? as text", [7, "it's"]);
    const failure = await connection.query("select broken").catch((error) => ({ code: error.code, errno: error.errno, message: error.message }));
    await connection.end();
    return Response.json({ rows, failure });
  },
} satisfies ExportedHandler<{ DATABASE: string }>;
