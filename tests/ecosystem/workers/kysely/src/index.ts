import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Generated,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";

interface Shop {
  customer: { id: Generated<number>; name: string; born: string | null };
  purchase: { id: Generated<number>; customer_id: number; cents: number };
}

// Answers every query with itself: which SQL is sent is the question here, not what a database makes of it.
class Echo implements Driver {
  readonly sent: string[] = [];
  async init() {}
  async destroy() {}
  async releaseConnection() {}
  async acquireConnection(): Promise<DatabaseConnection> {
    const sent = this.sent;
    return {
      async executeQuery<Row>({ sql, parameters }: CompiledQuery) {
        sent.push(sql);
        return { rows: [{ sql, parameters: [...parameters] } as Row] };
      },
      async *streamQuery() {},
    };
  }
  async beginTransaction() {
    this.sent.push("begin");
  }
  async commitTransaction() {
    this.sent.push("commit");
  }
  async rollbackTransaction() {
    this.sent.push("rollback");
  }
}

const driver = new Echo();
const postgres = new Kysely<Shop>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const sqlite = new Kysely<Shop>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

export default {
  async fetch(request) {
    const name = new URL(request.url).searchParams.get("name") ?? "";
    driver.sent.length = 0;
    const joined = await postgres
      .selectFrom("customer as c")
      .innerJoin("purchase as p", "p.customer_id", "c.id")
      .select(({ fn }) => ["c.name", fn.sum("p.cents").as("spent")])
      .where((eb) => eb.or([eb("c.name", "=", name), eb("c.born", "is", null)]))
      .groupBy("c.name")
      .having(sql<boolean>`sum(p.cents) > ${100}`)
      .orderBy("spent", "desc")
      .limit(10)
      .execute();
    const upsert = await sqlite
      .insertInto("customer")
      .values([{ name, born: null }, { name: "Bob", born: "1990-01-01" }])
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ name: (eb) => eb.ref("excluded.name") }))
      .returningAll()
      .execute();
    const failure = await postgres
      .transaction()
      .execute(async (trx) => {
        await trx.deleteFrom("purchase").where("cents", "<", 0).execute();
        throw new Error("not today");
      })
      .catch((error) => error.message);
    return Response.json({ joined, upsert, failure, sent: driver.sent.slice(-3) });
  },
} satisfies ExportedHandler;
