mod collector;

use std::collections::BTreeSet;

use collector::{Collector, Reply};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::task::LocalSet;

use super::*;
use crate::trace::{Draft, fixtures::request};

const PATIENCE: Duration = Duration::from_secs(30);
/// What all of a trace have in common.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
/// Nothing goes out by itself, and nothing is waited for long.
const AT_ONCE: Pace = Pace {
    every: Duration::from_secs(3_600),
    answer_max: PATIENCE,
    sends_max: 3,
    pause: Duration::from_millis(1),
};

fn options(endpoint: &str) -> Options {
    Options::at(endpoint).unwrap().with_pace(AT_ONCE)
}

type Said = Rc<RefCell<Vec<Option<String>>>>;

fn start(options: Options) -> (Rc<Exporter>, Said) {
    let said = Said::default();
    let heard = said.clone();
    let told = Box::new(move |problem: Option<&str>| heard.borrow_mut().push(problem.map(str::to_owned)));
    (Exporter::start(options, told).unwrap(), said)
}

fn export(exporter: &Exporter, worker: &str) {
    let span = exporter.begin(None);
    exporter.export(&Trace::new(Draft { span, ..request(worker, "https://shop.example.com/buy") }));
}

fn counts(exported: u64, dropped: u64, failed: u64) -> Counts {
    Counts { exported, dropped, failed }
}

fn names(spans: &[Span]) -> BTreeSet<String> {
    let name = |span: &Span| format!("{:?}", span.attributes.iter().find(|one| one.key == "faas.name"));
    spans.iter().map(name).collect()
}

#[tokio::test]
async fn what_is_exported_arrives() {
    let scenario = async {
        let mut collector = Collector::start(vec![]).await;
        let options = options(&collector.endpoint()).with_headers("api-key=hush").unwrap();
        let options = options.with_service_name("edge").with_resource("deployment.environment=test").unwrap();
        let (exporter, said) = start(options);
        for number in 0..3 {
            export(&exporter, &format!("w{number}"));
        }
        // One without a span is not to be exported.
        exporter.export(&Trace::new(request("quiet", "https://a/")));
        assert_eq!(exporter.stats().waiting, 3);
        exporter.flush(PATIENCE).await;
        let got = collector.next().await;
        assert_eq!(got.head.uri.path(), "/v1/traces");
        assert_eq!(got.head.headers["content-type"], "application/x-protobuf");
        assert_eq!(got.head.headers["api-key"], "hush");
        let of_node = &got.request.resource_spans[0];
        let resource = format!("{:?}", of_node.resource);
        for expected in ["service.name", "edge", "deployment.environment", "test", "service.version"] {
            assert!(resource.contains(expected), "{resource}");
        }
        assert_eq!(of_node.scope_spans[0].scope.as_ref().unwrap().name, "mote");
        let spans = &of_node.scope_spans[0].spans;
        assert_eq!(names(spans).len(), 3, "{spans:?}");
        let stats = exporter.stats();
        assert_eq!((stats.counts, stats.waiting, stats.waiting_bytes), (counts(3, 0, 0), 0, 0));
        assert!(said.borrow().is_empty());
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_full_batch_goes_out_by_itself() {
    let scenario = async {
        let mut collector = Collector::start(vec![]).await;
        let (exporter, _) = start(options(&collector.endpoint()));
        for _ in 0..600 {
            export(&exporter, "shop");
        }
        assert_eq!(collector.next().await.spans().len(), 512);
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn who_called_decides_and_the_rate_decides_for_the_others() {
    let scenario = async {
        let nothing = options("http://127.0.0.1:9").with_sampling_rate(0.0).unwrap();
        let (exporter, _) = start(nothing);
        let kept = |exporter: &Exporter, said: Option<&str>| exporter.begin(said).unwrap().is_sampled;
        assert!(!kept(&exporter, None));
        assert!(!kept(&exporter, Some("nonsense")));
        assert!(!kept(&exporter, Some(&format!("{PARENT}-00"))));
        export(&exporter, "left out");
        assert_eq!(exporter.stats().waiting, 0);
        let span = exporter.begin(Some(&format!("{PARENT}-01"))).unwrap();
        assert!(span.is_sampled && span.traceparent().starts_with(TRACE), "it goes on with the trace");
        let (all, _) = start(options("http://127.0.0.1:9"));
        assert!(all.begin(None).is_some_and(|span| span.is_sampled && span.parent.is_none()));
        assert!(!kept(&all, Some(&format!("{PARENT}-00"))), "not against its caller's will");
        let (half, _) = start(options("http://127.0.0.1:9").with_sampling_rate(0.5).unwrap());
        let kept = (0..10_000).filter(|_| kept(&half, None)).count();
        assert!((4_000..6_000).contains(&kept), "{kept}");
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again() {
    let scenario = async {
        let replies = vec![Reply::Status(503), Reply::RetryNow(429), Reply::Fine];
        let mut collector = Collector::start(replies).await;
        let (exporter, said) = start(options(&collector.endpoint()));
        export(&exporter, "shop");
        exporter.flush(PATIENCE).await;
        let (first, second, third) = (collector.next().await, collector.next().await, collector.next().await);
        assert!(first.request == second.request && second.request == third.request);
        assert_eq!(exporter.stats().counts, counts(1, 0, 0));
        assert!(said.borrow().is_empty(), "it went well in the end");
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn what_a_collector_refuses_is_counted_and_told_once() {
    let scenario = async {
        let replies = vec![Reply::Status(400), Reply::Status(401), Reply::Refused(1), Reply::Garbage];
        let collector = Collector::start(replies).await;
        let (exporter, said) = start(options(&collector.endpoint()));
        for expected in [counts(0, 0, 2), counts(0, 0, 4), counts(1, 0, 5), counts(3, 0, 5)] {
            export(&exporter, "shop");
            export(&exporter, "shop");
            exporter.flush(PATIENCE).await;
            assert_eq!(exporter.stats().counts, expected);
        }
        assert_eq!(*said.borrow(), [Some("it answered 400 Bad Request".to_owned()), None]);
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_spans_and_nothing_else() {
    let scenario = async {
        let endpoint = Collector::nobody().await;
        let (exporter, said) = start(options(&endpoint));
        for _ in 0..2 {
            export(&exporter, "shop");
            exporter.flush(PATIENCE).await;
        }
        assert_eq!(exporter.stats().counts, counts(0, 0, 2));
        let said = said.borrow();
        assert!(said.len() == 1 && said[0].as_ref().unwrap().contains("refused"), "{said:?}");
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn a_collector_that_never_answers_holds_up_nobody() {
    let scenario = async {
        let mut collector = Collector::start(vec![Reply::Never; 100]).await;
        let (exporter, _) = start(options(&collector.endpoint()));
        export(&exporter, "shop");
        exporter.flush(Duration::ZERO).await;
        collector.next().await;
        for _ in 0..10_000 {
            export(&exporter, "shop");
        }
        let stats = exporter.stats();
        assert!(stats.waiting <= WAITING_MAX && stats.waiting_bytes <= WAITING_BYTES_MAX, "{stats:?}");
        assert_eq!(stats.counts.dropped + u64::try_from(stats.waiting).unwrap(), 10_000);
        let short = Pace { answer_max: Duration::from_millis(1), sends_max: 2, ..AT_ONCE };
        let (exporter, said) = start(options(&collector.endpoint()).with_pace(short));
        export(&exporter, "shop");
        exporter.flush(PATIENCE).await;
        assert_eq!(exporter.stats().counts, counts(0, 0, 1));
        assert!(said.borrow()[0].as_ref().unwrap().contains("did not answer within 1 ms"), "{said:?}");
    };
    LocalSet::new().run_until(scenario).await;
}

#[tokio::test]
async fn what_an_endless_answer_says_is_not_read_to_its_end() {
    let scenario = async {
        let collector = Collector::start(vec![Reply::Huge]).await;
        let (exporter, _) = start(options(&collector.endpoint()));
        export(&exporter, "shop");
        exporter.flush(PATIENCE).await;
        assert_eq!(exporter.stats().counts, counts(1, 0, 0));
    };
    LocalSet::new().run_until(scenario).await;
}
