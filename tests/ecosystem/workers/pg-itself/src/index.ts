import pg from "pg";

export default {
  async fetch(_request, env: { DATABASE: string }) {
    const pool = new pg.Pool({ connectionString: env.DATABASE, max: 1 });
    const client = await pool.connect();
    try {
      const said: Record<string, unknown> = {};
      said.server = (await client.query("show server_version")).rows[0].server_version.split(".")[0] >= "15";
      await client.query("drop table if exists purchase");
      await client.query("create table purchase (id serial primary key, what text not null, cents numeric(10, 2), tags text[], data jsonb, at timestamptz, bytes bytea)");
      const insert = { name: "insert", text: "insert into purchase (what, cents, tags, data, at, bytes) values ($1, $2, $3, $4, $5, $6) returning id" };
      for (const number of [1, 2, 3]) {
        const values = [`thing é ${number}`, number * 1.5, ["a,b", 'c"d'], { number, nested: [null, true] }, new Date(number * 1000), Buffer.from([0, 255, number])];
        said[`inserted ${number}`] = (await client.query({ ...insert, values })).rows[0].id;
      }
      const { rows, fields } = await client.query("select * from purchase order by id limit 1");
      said.row = { ...rows[0], bytes: rows[0].bytes.toString("hex"), at: rows[0].at.toISOString() };
      said.fields = fields.map(({ name, dataTypeID }) => [name, dataTypeID]);
      await client.query("begin");
      await client.query("delete from purchase");
      said.failure = await client.query("insert into purchase (what) values (null)").catch(({ code, column, constructor }) => ({ code, column, class: constructor.name }));
      said.aborted = await client.query("select 1").catch(({ code }) => code);
      await client.query("rollback");
      said.left = (await client.query({ text: "select count(*)::int, sum(cents)::text from purchase", rowMode: "array" })).rows;
      said.long = (await client.query("select repeat('x', 300000) as text, generate_series(1, 50) as number")).rows.reduce((sum, { text, number }) => sum + text.length + number, 0);
      said.several = (await client.query("select 1 as one; select 2 as two")).map(({ rows: [row] }) => row);
      const heard = new Promise((resolve) => client.once("notification", ({ channel, payload }) => resolve([channel, payload])));
      await client.query("listen news");
      await client.query("notify news, 'hello'");
      said.heard = await heard;
      return Response.json(said);
    } finally {
      client.release(true);
      await pool.end();
    }
  },
} satisfies ExportedHandler<{ DATABASE: string }>;
