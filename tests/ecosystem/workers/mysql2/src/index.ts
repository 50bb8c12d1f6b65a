import mysql from "mysql2/promise";

export default {
  async fetch() {
    return Response.json({
      formatted: mysql.format("select * from ?? where name = ? and id in (?)", ["users", "it's", [1, 2]]),
      escaped: mysql.escape(new Date(0)),
      identifier: mysql.escapeId("a`b.c"),
      pool: typeof mysql.createPool,
    });
  },
} satisfies ExportedHandler;
