//! HTMLRewriter: what Workers have, and what a worker may try with it.

use std::time::Duration;

use http_body_util::BodyExt;
use mote_wire::bundle::ModuleKind;

use crate::{
    harness::{Harness, run},
    tests,
};

tests! {
    of rewriter {
        elements_are_read_and_changed,
        content_goes_where_it_is_told,
        selectors_select,
        text_comes_in_chunks_with_a_last_one,
        comments_doctype_and_end_are_met,
        end_tags_have_handlers_of_their_own,
        handlers_may_take_their_time,
        handlers_are_called_as_methods,
        streams_and_responses_can_be_inserted,
        a_stream_that_is_cut_within_a_character_is_put_together,
        other_encodings_stay_what_they_are,
        it_flows,
        what_is_first_does_not_wait_for_a_handler,
        the_response_is_like_the_one_that_came,
        one_rewriter_serves_many_documents,
        an_error_of_a_handler_breaks_the_body_off,
        what_is_kept_past_its_handler_is_refused,
        objects_of_others_are_no_receivers,
        wrong_arguments_are_type_errors,
        getters_and_conversions_that_bite_harm_nobody_else,
        chunks_that_change_while_they_are_read_harm_nobody,
        a_reader_that_leaves_frees_everything,
        a_cut_tag_is_passed_on_as_it_is,
        patched_prototypes_do_not_break_it,
        too_much_of_anything_is_refused,
    }
    a_response_that_is_rewritten_is_sent_on,
    a_turn_that_is_stopped_while_it_rewrites_harms_nobody,
    a_client_that_leaves_ends_its_rewriter,
    the_example_of_the_documentation_works,
}

const MODULES: [(&str, ModuleKind, &[u8]); 4] = [
    ("index.js", ModuleKind::EsModule, include_bytes!("../rewriter/index.js")),
    ("rules.js", ModuleKind::EsModule, include_bytes!("../rewriter/rules.js")),
    ("attacks.js", ModuleKind::EsModule, include_bytes!("../rewriter/attacks.js")),
    ("documents.js", ModuleKind::EsModule, include_bytes!("../rewriter/documents.js")),
];

fn rewriter() -> Harness {
    let harness = Harness::with(&[("cpu_ms", 20_000)]);
    harness.deploy("w", &MODULES).unwrap();
    harness
}

fn a_response_that_is_rewritten_is_sent_on() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 20_000)]);
        harness
            .serve(
                "w",
                "const rewriter = new HTMLRewriter().on('p', { element(e) { e.setAttribute('seen', ''); } });
                 export default { fetch() {
                     return rewriter.transform(new Response('<p></p>'.repeat(50_000), { headers: { 'x-a': 'b' } }));
                 } };",
            )
            .unwrap();
        let answer = harness.ask("GET / HTTP/1.1\r\nHost: w.localhost\r\n\r\n").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("x-a: b"), "{head}");
        assert_eq!(body.len(), r#"<p seen=""></p>"#.len() * 50_000, "{:?}", harness.log.lines());
    });
}

/// The signals that stop it come while another stack is in use.
fn a_turn_that_is_stopped_while_it_rewrites_harms_nobody() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 100)]);
        harness
            .serve(
                "w",
                "const rewriter = new HTMLRewriter();
                 for (let i = 0; i < 700; i++) rewriter.on(`a[b=\"${i}\"] x${i}, ${'x'.repeat(60)}`, { element() {} });
                 const chunk = new TextEncoder().encode('<a></a>'.repeat(1000));
                 export default { fetch(request) {
                     if (request.url.endsWith('/ok')) return new Response('ok');
                     const endless = new ReadableStream({ pull(controller) { controller.enqueue(chunk); } });
                     return rewriter.transform(new Response(endless)).text();
                 } };",
            )
            .unwrap();
        for _ in 0..10 {
            let (status, text) = harness.get("w.localhost", "/").await;
            assert_eq!(status, 503, "{text}");
            assert_eq!(harness.get("w.localhost", "/ok").await, (200, "ok".to_owned()));
        }
    });
}

fn a_client_that_leaves_ends_its_rewriter() {
    run(async {
        let harness = Harness::new();
        harness
            .serve(
                "w",
                "let kept;
                 export default { fetch(request) {
                     if (request.url.endsWith('/kept')) return new Response(kept.tagName);
                     const handlers = { element(e) { kept = e; return new Promise(() => {}); } };
                     return new HTMLRewriter().on('p', handlers).transform(new Response('<b>first</b><p>'));
                 } };",
            )
            .unwrap();
        let request = http::Request::builder().header("host", "w").body(mote_wire::http::empty()).unwrap();
        let response = harness.cell.fetch("w", request, "http://w/".to_owned(), None).await.unwrap();
        let mut body = response.into_body();
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "<b>first</b>");
        assert_eq!(harness.get("w.localhost", "/kept").await, (200, "p".to_owned()));
        drop(body);
        for _ in 0..1_000 {
            let (status, text) = harness.get("w.localhost", "/kept").await;
            if status == 500 {
                assert!(text.contains("lasts as long as the handler"), "{text}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the rewriter outlives its reader");
    });
}

fn the_example_of_the_documentation_works() {
    run(async {
        let docs = include_str!("../../../../docs/html-rewriter.md");
        let (_, rest) = docs.split_once("```js\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let harness = Harness::new();
        harness.serve("w", example).unwrap();
        let (status, body) = harness.get("w.localhost", "/").await;
        let expected = "<h1>Fish</h1><a href=\"https://example.com/carp\" rel=\"nofollow\">Carp</a>\
            <p>3 in stock</p><!-- 1 link -->";
        assert_eq!((status, body.as_str()), (200, expected), "{:?}", harness.log.lines());
    });
}
