//! `node:dns` and what it asks.

use std::sync::Arc;

use mote_cell::Deployment;
use mote_wire::{
    bundle::{Format, ModuleKind},
    compatibility::{Compatibility, Date},
};

use crate::{
    harness::{Canned, Harness, bundle, run},
    tests,
};

tests! {
    addresses_are_asked_of_the_node,
    other_records_are_asked_of_a_public_resolver,
    what_nobody_knows_is_an_error_as_node_has_it,
    what_is_no_question_is_refused_at_once,
    addresses_need_no_answer,
}

/// What a worker answers, and what it has asked.
async fn asked(egress: Arc<Canned>, source: &str) -> (String, Vec<String>) {
    let harness = Harness::with_egress(&[("cpu_ms", 10_000), ("startup_cpu_ms", 10_000)], egress.clone());
    let source = format!(
        "import dns, {{ promises }} from 'node:dns';
        const told = (promise) => promise.catch((error) => [error.code, error.syscall, error.hostname]);
        const called = (work) => new Promise((resolve) => work((...results) => resolve(results)));
        export default {{ fetch: async () => Response.json(await ({source})()) }};"
    );
    let bundle = bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules);
    let compatibility = Compatibility::settle(Some("2026-01-01"), ["nodejs_compat"], Date::MAX).unwrap();
    harness.cell.deploy("w", &Deployment { compatibility, ..harness.deployment(&bundle) }).unwrap();
    let answer = harness.get("w", "/").await.1;
    let requests = egress.requests.lock().unwrap();
    (answer, requests.iter().map(|request| format!("{} {}", request.method, request.uri)).collect())
}

fn addresses_are_asked_of_the_node() {
    run(async {
        let node = Arc::new(Canned::text(r#"["2001:db8::1","192.0.2.1","192.0.2.2"]"#));
        let source = "async () => [
            await promises.lookup('db.example'), await promises.lookup('DB.example', { family: 4 }), await promises.lookup('db.example', { all: true, order: 'ipv4first' }),
            await promises.resolve4('db.example'), await promises.resolve('db.example', 'AAAA'), await called((done) => dns.lookup('db.example', 6, done)),
            await called((done) => dns.resolve4('db.example', done)), await promises.lookup('bücher.example'),
        ]";
        let (answer, requests) = asked(node, source).await;
        let expected = r#"[{"address":"2001:db8::1","family":6},{"address":"192.0.2.1","family":4},[{"address":"192.0.2.1","family":4},{"address":"192.0.2.2","family":4},{"address":"2001:db8::1","family":6}],["192.0.2.1","192.0.2.2"],["2001:db8::1"],[null,"2001:db8::1",6],[null,["192.0.2.1","192.0.2.2"]],{"address":"2001:db8::1","family":6}]"#;
        assert_eq!(answer, expected);
        assert!(requests[..7].iter().all(|request| request == "GET dns://db.example/"), "{requests:?}");
        assert_eq!(requests[7], "GET dns://xn--bcher-kva.example/");
    });
}

fn other_records_are_asked_of_a_public_resolver() {
    run(async {
        let answer = r##"{"Status":0,"Answer":[
            {"name":"a.example","type":5,"TTL":60,"data":"b.example."},
            {"name":"b.example","type":15,"TTL":60,"data":"10 mail.example."},
            {"name":"b.example","type":16,"TTL":60,"data":"\"one\" \"t\\\"wo\""},
            {"name":"b.example","type":33,"TTL":60,"data":"1 2 443 srv.example."},
            {"name":"b.example","type":6,"TTL":60,"data":"ns.example. host.example. 1 2 3 4 5"},
            {"name":"b.example","type":257,"TTL":60,"data":"\\# 15 00 05 69 73 73 75 65 63 61 2e 74 65 73 74"},
            {"name":"b.example","type":257,"TTL":60,"data":"128 iodef \"mailto:a@b\""},
            {"name":"b.example","type":12,"TTL":60,"data":"host.example."},
            {"name":"b.example","type":35,"TTL":60,"data":"10 20 \"s\" \"SIP+D2U\" \"\" _sip.example."},
            {"name":"b.example","type":1,"TTL":77,"data":"192.0.2.9"}]}"##;
        let resolver = Arc::new(Canned::text(answer));
        let source = "async () => [
            await promises.resolveCname('a.example'), await promises.resolveMx('a.example'), await promises.resolveTxt('a.example'), await promises.resolveSrv('a.example'), await promises.resolveSoa('a.example'),
            await promises.resolveCaa('a.example'), await promises.reverse('192.0.2.9'), await promises.resolveNaptr('a.example'), await promises.resolve4('a.example', { ttl: true }),
            (await promises.resolveAny('a.example')).length, await promises.reverse('2001:db8::1'),
        ]";
        let (answer, requests) = asked(resolver, source).await;
        let expected = r#"[["b.example"],[{"exchange":"mail.example","priority":10}],[["one","t\"wo"]],[{"name":"srv.example","port":443,"priority":1,"weight":2}],{"nsname":"ns.example","hostmaster":"host.example","serial":1,"refresh":2,"retry":3,"expire":4,"minttl":5},[{"critical":0,"issue":"ca.test"},{"critical":128,"iodef":"mailto:a@b"}],["host.example"],[{"order":10,"preference":20,"flags":"s","service":"SIP+D2U","regexp":"","replacement":"_sip.example"}],[{"address":"192.0.2.9","ttl":77}],10,["host.example"]]"#;
        assert_eq!(answer, expected);
        assert_eq!(requests[0], "GET https://cloudflare-dns.com/dns-query?name=a.example&type=CNAME");
        assert_eq!(
            requests[6],
            "GET https://cloudflare-dns.com/dns-query?name=9.2.0.192.in-addr.arpa&type=PTR"
        );
        let name = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        assert_eq!(requests[10], format!("GET https://cloudflare-dns.com/dns-query?name={name}&type=PTR"));
    });
}

fn what_nobody_knows_is_an_error_as_node_has_it() {
    run(async {
        let nobody = Arc::new(Canned::text(r#"{"Status":3}"#));
        let source = "async () => [await told(promises.resolveMx('no.example')), (await called((done) => dns.resolveTxt('no.example', done)))[0].message]";
        let (answer, _) = asked(nobody, source).await;
        assert_eq!(answer, r#"[["ENOTFOUND","queryMx","no.example"],"queryTxt ENOTFOUND no.example"]"#);
        let empty = Arc::new(Canned::text("[]"));
        let source = "async () => [await told(promises.lookup('no.example')), await told(promises.resolve6('no.example')), await told(promises.lookup('not a name'))]";
        let (answer, _) = asked(empty, source).await;
        let expected = r#"[["ENOTFOUND","getaddrinfo","no.example"],["ENODATA","queryAaaa","no.example"],["ENOTFOUND","getaddrinfo","not a name"]]"#;
        assert_eq!(answer, expected);
        let nonsense = Arc::new(Canned::text("<html>"));
        let (answer, _) = asked(nonsense, "async () => told(promises.resolveNs('a.example'))").await;
        assert_eq!(answer, r#"["ECONNREFUSED","queryNs","a.example"]"#);
    });
}

fn what_is_no_question_is_refused_at_once() {
    run(async {
        let source = "async () => [() => dns.lookup('a.example'), () => dns.lookup(5, () => {}), () => dns.lookup('a', 5, () => {}), () => dns.resolve('a', 'BOGUS', () => {}), () => dns.resolve4(5, () => {}),
            () => dns.reverse('nowhere', () => {}), () => dns.setDefaultResultOrder('x'), () => dns.lookup('a', { all: 1 }, () => {})].map((work) => { try { work(); return 'passed'; } catch (error) { return error.code; } })";
        let (answer, requests) = asked(Arc::new(Canned::text("[]")), source).await;
        let expected = r#"["ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_TYPE","EINVAL","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_TYPE"]"#;
        assert_eq!(answer, expected);
        assert!(requests.is_empty(), "{requests:?}");
    });
}

fn addresses_need_no_answer() {
    run(async {
        let source = "async () => [await promises.lookup('192.0.2.1'), await promises.lookup('::1', { all: true }), await promises.lookup(''), await called((done) => dns.lookup(undefined, done))]";
        let (answer, requests) = asked(Arc::new(Canned::text("[]")), source).await;
        let expected = r#"[{"address":"192.0.2.1","family":4},[{"address":"::1","family":6}],{"address":null,"family":4},[null,null,4]]"#;
        assert_eq!(answer, expected);
        assert!(requests.is_empty(), "{requests:?}");
    });
}
