//! Web Cryptography: what the standard says, what attackers try, and what Node thinks of it.

use std::{io::Write, process::Stdio};

use mote_wire::bundle::ModuleKind;

use crate::{
    harness::{Harness, run},
    tests,
};

tests! {
    of harness {
        names_of_algorithms_are_found_in_any_case,
        parameters_that_lack_or_lie_are_type_errors,
        a_key_does_only_what_it_was_made_for,
        usages_belong_to_the_half_that_has_them,
        what_is_not_extractable_never_leaves,
        clones_of_all_kinds_of_keys_work,
        wrapped_keys_come_back_in_every_format,
        json_web_keys_are_believed_to_the_letter,
        lengths_that_cannot_be_are_operation_errors,
        secrets_are_derived_to_the_bit,
        keys_are_derived_for_every_algorithm_that_has_a_length,
        a_digest_stream_gives_the_digest_of_its_chunks,
        the_old_name_of_ed25519_still_works,
        patched_prototypes_see_no_secret,
        usages_and_algorithms_that_are_shown_change_nothing,
        a_key_has_no_properties_but_the_standards,
        getters_that_throw_or_detach_harm_nobody_else,
        what_others_put_on_prototypes_is_no_parameter_of_a_string,
        megabytes_of_nonsense_are_refused,
    }
    node_reads_and_checks_what_a_worker_has_made,
    a_worker_reads_and_checks_what_node_has_made,
    work_past_the_limit_is_stopped_wherever_it_is,
    the_example_of_the_documentation_works,
}

const EXCHANGE: &str = include_str!("../crypto/exchange.js");
const MODULES: [(&str, ModuleKind, &[u8]); 4] = [
    ("index.js", ModuleKind::EsModule, include_bytes!("../crypto/index.js")),
    ("rules.js", ModuleKind::EsModule, include_bytes!("../crypto/rules.js")),
    ("attacks.js", ModuleKind::EsModule, include_bytes!("../crypto/attacks.js")),
    ("exchange.js", ModuleKind::EsModule, EXCHANGE.as_bytes()),
];

fn node_reads_and_checks_what_a_worker_has_made() {
    run(async {
        let (status, made) = harness().get("w.localhost", "/make").await;
        assert_eq!(status, 200, "{made}");
        assert_eq!(node("process.stdout.write(JSON.stringify(await check(JSON.parse(input))))", &made), "[]");
    });
}

fn a_worker_reads_and_checks_what_node_has_made() {
    run(async {
        let made = node("process.stdout.write(JSON.stringify(await make()))", "");
        let request = format!(
            "POST /check HTTP/1.1\r\nHost: w.localhost\r\nContent-Length: {}\r\n\r\n{made}",
            made.len()
        );
        let answer = harness().ask(&request).await;
        assert!(answer.ends_with("\r\n\r\n[]"), "{answer}");
    });
}

/// Each of these would take minutes, in a single call or in many, and is stopped.
fn work_past_the_limit_is_stopped_wherever_it_is() {
    const RSA: &str = "{ name: 'RSA-PSS', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 8192 }";
    const PBKDF2: &str = "{ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(8), iterations: 100000 }";
    run(async {
        let harness = Harness::with(&[("cpu_ms", 300), ("memory_mib", 128)]);
        for work in [
            format!("for (;;) await crypto.subtle.generateKey({RSA}, true, ['sign'])"),
            format!(
                "const key = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']);
                 await crypto.subtle.deriveBits({PBKDF2}, key, 8 * 1000000)"
            ),
            "const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
             for (;;) await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(8 << 20))"
                .to_owned(),
            "const { privateKey } = await crypto.subtle.generateKey('Ed25519', true, ['sign']);
             for (;;) await crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(8 << 20))"
                .to_owned(),
        ] {
            let source = format!("export default {{ async fetch() {{ {work} }} }};");
            harness.serve("w", &source).unwrap();
            let (status, answer) = harness.get("w.localhost", "/").await;
            assert_eq!(status, 503, "{work}: {answer}");
            assert!(answer.contains("1102"), "{work}: {answer}");
        }
    });
}

fn the_example_of_the_documentation_works() {
    let page = include_str!("../../../../docs/crypto.md");
    let (_, rest) = page.split_once("```js\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    run(async {
        let harness = Harness::with(&[("cpu_ms", 5_000)]);
        harness.serve("w", example).unwrap();
        let (status, answer) = harness.get("w.localhost", "/").await;
        assert_eq!((status, answer.as_str()), (200, r#"{"genuine":true,"sealedBytes":22}"#));
    });
}

fn harness() -> Harness {
    let harness = Harness::with(&[("cpu_ms", 20_000)]);
    harness.deploy("w", &MODULES).unwrap();
    harness
}

/// Runs code in Node beside `make` and `check`; gives what it prints.
fn node(code: &str, input: &str) -> String {
    let script = format!(
        "import {{ readFileSync }} from 'node:fs';\nconst input = readFileSync(0, 'utf8');\n{}\n{code};",
        EXCHANGE.replace("export ", "")
    );
    let mut node = std::process::Command::new("node")
        .args(["--no-warnings", "--input-type=module", "--eval", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node 20, which the tests need");
    node.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
