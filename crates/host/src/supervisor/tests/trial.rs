//! Versions that are tried out: what comes of it, and what is spared where they follow each other.

use std::cell::RefCell;

use bytes::Bytes;

use super::*;
use crate::supervisor::{Code, TakePrepared};

/// Writes down what it is given.
#[derive(Default)]
struct Taken(RefCell<Vec<(Code, Bytes)>>);

impl Taken {
    fn texts(&self) -> Vec<String> {
        self.0.borrow().iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

impl TakePrepared for Taken {
    fn wants(&self, _code: Code) -> bool {
        true
    }

    fn take_compiled(&self, code: Code, compiled: Bytes) {
        self.0.borrow_mut().push((code, compiled));
    }

    fn take(&self, code: Code, made: Result<Bytes, String>) {
        self.0.borrow_mut().push((code, made.unwrap()));
    }
}

fn taking() -> (Rc<Supervisor>, Rc<FakeCells>, Rc<Taken>) {
    let (supervisor, cells, _) = node(options());
    let taken = Rc::new(Taken::default());
    supervisor.take_prepared(taken.clone());
    (supervisor, cells, taken)
}

/// Tries out a version of this worker.
async fn try_out(supervisor: &Rc<Supervisor>, of: &str, number: u32) {
    let tried = spec(&format!("check {of} {number}"));
    let handlers = supervisor.try_out(of, WorkerSpec { egress: Rc::new(()), ..copy(&tried) }).await;
    assert_eq!(handlers, Ok(vec!["fetch".to_owned()]));
}

#[test]
fn what_was_compiled_is_there_when_the_version_is_and_the_rest_when_it_is_quiet() {
    run(async {
        let (supervisor, cells, taken) = taking();
        sleep(Duration::from_secs(1)).await;
        let before = cells.living();
        try_out(&supervisor, "a", 1).await;
        assert_eq!(taken.texts(), ["compiled"]);
        sleep(Duration::from_millis(100)).await;
        assert_eq!(taken.texts(), ["compiled"], "the worker may be deployed again at once");
        sleep(Duration::from_secs(1)).await;
        assert_eq!(taken.texts(), ["compiled", "prepared"]);
        assert_eq!(cells.living(), before, "its cell is gone");
    });
}

#[test]
fn of_versions_that_follow_each_other_only_the_last_is_prepared() {
    run(async {
        let (supervisor, cells, taken) = taking();
        sleep(Duration::from_secs(1)).await;
        let before = cells.living();
        for number in 0..20 {
            try_out(&supervisor, "a", number).await;
            sleep(Duration::from_millis(100)).await;
            assert!(cells.living() <= before + 1, "{}", cells.living());
        }
        try_out(&supervisor, "b", 1).await;
        sleep(Duration::from_secs(1)).await;
        let texts = taken.texts();
        let prepared = texts.iter().filter(|text| *text == "prepared").count();
        assert_eq!((texts.len(), prepared), (21 + 2, 2), "{texts:?}");
        assert_eq!(cells.living(), before);
    });
}

#[test]
fn what_was_compiled_never_takes_the_place_of_what_was_prepared() {
    run(async {
        let (supervisor, _, _) = taking();
        let code = Code::of(&spec("a"));
        let has = || {
            let worker = supervisor.known("a").unwrap().current();
            let prepared = worker.prepared.borrow().clone();
            String::from_utf8_lossy(&prepared).into_owned()
        };
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        supervisor.adopt_compiled(code, &bytes("compiled"));
        assert_eq!(has(), "compiled");
        supervisor.adopt(code, &bytes("prepared"));
        assert_eq!(has(), "prepared");
        supervisor.adopt_compiled(code, &bytes("compiled again"));
        assert_eq!(has(), "prepared");
    });
}
