//! Builders of queries, and clients of databases over `connect()`.

use mote_ecosystem_tests::{MySql, Postgres, Postgresql, Running, SECRET, Worker, deployed};
use serde_json::json;

#[test]
fn kysely_builds_queries_and_rolls_back() {
    let worker = deployed("kysely");
    let answer = worker.get("/?name=Ada").json();
    assert_eq!(
        answer["joined"][0],
        json!({ "parameters": ["Ada", 100, 10], "sql": "select \"c\".\"name\", sum(\"p\".\"cents\") as \"spent\" \
            from \"customer\" as \"c\" inner join \"purchase\" as \"p\" on \"p\".\"customer_id\" = \"c\".\"id\" \
            where (\"c\".\"name\" = $1 or \"c\".\"born\" is null) group by \"c\".\"name\" \
            having sum(p.cents) > $2 order by \"spent\" desc limit $3" })
    );
    assert_eq!(
        answer["upsert"][0],
        json!({ "parameters": ["Ada", null, "Bob", "1990-01-01"], "sql": "insert into \"customer\" (\"name\", \"born\") \
            values (?, ?), (?, ?) on conflict (\"id\") do update set \"name\" = \"excluded\".\"name\" returning *" })
    );
    assert_eq!(answer["failure"], "not today");
    assert_eq!(answer["sent"], json!(["begin", "delete from \"purchase\" where \"cents\" < $1", "rollback"]));
}

#[test]
fn pg_parses_addresses_and_escapes() {
    let worker = deployed("pg");
    assert_eq!(
        worker.get("/offline").json(),
        json!({ "user": "ada", "host": "db.example", "port": 5433, "database": "shop",
            "escaped": "'it''s'", "identifier": "\"a\"\"b\"", "int": 42 })
    );
}

#[test]
fn pg_connects_asks_and_reports_failures() {
    let worker = beside_a_database("pg");
    assert_eq!(
        worker.get("/").json(),
        json!({ "rows": [{ "number": 7, "text": "it's" }], "rowCount": 1,
            "failure": { "code": "42703", "message": "column \"broken\" does not exist" } })
    );
    // A connection ends with its event: the next one makes another.
    assert_eq!(worker.get("/").status, 200);
}

#[test]
fn pg_talks_to_postgresql_itself() {
    let database = Postgresql::start();
    let worker = Worker::named("pg-itself").with_variable("127.0.0.1:5432", &database.address()).in_dev();
    // What Node gives with the same driver and the same server.
    let expected = json!({
        "server": true, "inserted 1": 1, "inserted 2": 2, "inserted 3": 3,
        "row": { "id": 1, "what": "thing é 1", "cents": "1.50", "tags": ["a,b", "c\"d"],
            "data": { "number": 1, "nested": [null, true] }, "at": "1970-01-01T00:00:01.000Z", "bytes": "00ff01" },
        "fields": [["id", 23], ["what", 25], ["cents", 1700], ["tags", 1009], ["data", 3802], ["at", 1184], ["bytes", 17]],
        "failure": { "code": "23502", "column": "what", "class": "DatabaseError" }, "aborted": "25P02",
        "left": [[3, "9.00"]], "long": 15_001_275, "several": [{ "one": 1 }, { "two": 2 }], "heard": ["news", "hello"],
    });
    assert_eq!(worker.get("/").json(), expected);
    assert_eq!(worker.get("/").json(), expected);
}

#[test]
fn postgres_connects_asks_and_reports_failures() {
    let worker = beside_a_database("postgres");
    assert_eq!(worker.get("/offline").json()["database"], "shop");
    assert_eq!(
        worker.get("/").json(),
        json!({ "rows": [{ "number": 7, "text": "it's" }], "count": 1,
            "failure": { "code": "42703", "message": "column \"broken\" does not exist" } })
    );
    assert_eq!(worker.get("/").status, 200);
}

#[test]
fn mysql2_escapes_connects_asks_and_reports_failures() {
    let address = format!("ada:secret@{}", MySql::start().address());
    let worker = Worker::named("mysql2").with_variable("ada:secret@127.0.0.1:3306", &address).in_dev();
    assert_eq!(
        worker.get("/offline").json(),
        json!({ "formatted": "select * from `users` where name = 'it\\'s' and id in (1, 2)",
            "escaped": "'1970-01-01 00:00:00.000'", "identifier": "`a``b`.`c`" })
    );
    assert_eq!(
        worker.get("/").json(),
        json!({ "rows": [{ "number": 7, "text": "select 7 as number, 'it\\'s' as text" }],
            "failure": { "code": "ER_BAD_FIELD_ERROR", "errno": 1054, "message": "Unknown column 'broken'" } })
    );
    assert_eq!(worker.get("/").status, 200);
}

fn beside_a_database(name: &str) -> Running {
    let address = format!("ada:{SECRET}@{}", Postgres::start().address());
    Worker::named(name).with_variable("ada:secret@127.0.0.1:5432", &address).in_dev()
}
