//! Three well-behaved workers under constant load: each answer is checked to the byte.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mote_blackbox::Wire;

/// Names and sources.
pub(crate) const NEIGHBOURS: [(&str, &str); 3] = [
    ("counter", include_str!("../neighbours/counter.js")),
    ("orders", include_str!("../neighbours/orders.js")),
    ("ticker", include_str!("../neighbours/ticker.js")),
];

/// A neighbour that a hostile worker holds up longer than this is harmed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two requests of one client. Without a pause the load alone would keep the machine busy.
const PAUSE: Duration = Duration::from_millis(4);

/// Where the neighbours live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// In one process from beginning to end.
    Process,
    /// In a cell. Where an isolate was left behind a fresh one takes its place, and the counter counts anew.
    Cell,
}

/// Clients of the neighbours, each a thread.
pub(crate) struct Neighbours {
    port: u16,
    books: Arc<Books>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Books {
    stop: AtomicBool,
    answers: [AtomicU64; 3],
    waited_most_us: AtomicU64,
    wrong: Mutex<Option<String>>,
}

impl Neighbours {
    pub(crate) fn start(port: u16, home: Home) -> Self {
        let books = Arc::new(Books::default());
        let threads = (0..NEIGHBOURS.len())
            .map(|which| {
                let books = books.clone();
                std::thread::spawn(move || visit_again_and_again(which, port, home, &books))
            })
            .collect();
        Self { port, books, threads }
    }

    /// Right answers so far, of all neighbours together.
    pub(crate) fn answers(&self) -> u64 {
        self.books.answers.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The longest that one of them took to answer since this was last asked.
    pub(crate) fn waited_most(&self) -> Duration {
        Duration::from_micros(self.books.waited_most_us.swap(0, Ordering::Relaxed))
    }

    /// Waits until each neighbour has given so many more right answers, and fails with the first wrong one.
    pub(crate) fn each_answers(&self, more: u64) -> Result<(), String> {
        let before: Vec<_> = self.books.answers.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let start = Instant::now();
        loop {
            if let Some(wrong) = self.books.wrong.lock().expect("no client panics with it").clone() {
                return Err(wrong);
            }
            let enough = |(count, before): (&AtomicU64, &u64)| count.load(Ordering::Relaxed) >= before + more;
            if self.books.answers.iter().zip(&before).all(enough) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("a neighbour on port {} no longer answers", self.port));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends the clients home; fails if one of them had got a wrong answer, or none.
    pub(crate) fn end(self) -> Result<(), String> {
        self.books.stop.store(true, Ordering::Relaxed);
        let all_well = self.threads.into_iter().map(JoinHandle::join).all(|ended| ended.is_ok());
        let wrong = self.books.wrong.lock().expect("no client panics with it").take();
        match wrong {
            Some(wrong) => Err(wrong),
            None if all_well => Ok(()),
            None => Err("a neighbour's client lost its connection".to_owned()),
        }
    }
}

fn visit_again_and_again(which: usize, port: u16, home: Home, books: &Arc<Books>) {
    let mut lost = Lost { name: NEIGHBOURS[which].0, books: books.clone(), expected: false };
    let mut wire = Wire::to(port);
    let mut visits_before = 0;
    for visit in 1.. {
        if books.stop.load(Ordering::Relaxed) {
            break;
        }
        let start = Instant::now();
        let mut answer = visit_once(which, &mut wire, port, visit - visits_before);
        if which == 0 && home == Home::Cell && answer.as_ref().is_err_and(|wrong| wrong.starts_with(AFRESH)) {
            (visits_before, answer) = (visit - 1, Ok(()));
        }
        let waited = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        books.waited_most_us.fetch_max(waited, Ordering::Relaxed);
        if let Err(wrong) = answer {
            tell(books, format!("neighbour {}: {wrong}", NEIGHBOURS[which].0));
            break;
        }
        books.answers[which].fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(PAUSE);
    }
    lost.expected = true;
}

/// What a wrong answer of the counter begins with that counts anew.
const AFRESH: &str = "200 \"visit 1\\n\"";

/// Tells of a client that panicked, because its connection was cut or nothing came.
struct Lost {
    name: &'static str,
    books: Arc<Books>,
    expected: bool,
}

impl Drop for Lost {
    fn drop(&mut self) {
        if !self.expected {
            tell(&self.books, format!("neighbour {}: an answer was cut off or never came", self.name));
        }
    }
}

fn tell(books: &Books, what: String) {
    let mut wrong = books.wrong.lock().expect("no client panics with it");
    wrong.get_or_insert(what);
}

fn visit_once(which: usize, wire: &mut Wire, port: u16, visit: u64) -> Result<(), String> {
    let host = format!("host: {}.localhost:{port}\r\n", NEIGHBOURS[which].0);
    let (request, status, body) = match which {
        0 => (format!("GET / HTTP/1.1\r\n{host}\r\n"), 200, format!("visit {visit}\n")),
        1 => {
            let order = format!(
                r#"{{"id":{visit},"items":[{{"name":"tea","price":3,"count":{visit}}},{{"name":"cup","price":5,"count":2}}]}}"#
            );
            let length = order.len();
            let total = 3 * visit + 10;
            (
                format!("POST / HTTP/1.1\r\n{host}content-length: {length}\r\n\r\n{order}"),
                201,
                format!(r#"{{"id":{visit},"total":{total},"names":"cup+tea"}}"#),
            )
        }
        _ => {
            let ticks = (1..=5).map(|tick| format!("{visit}:{tick};")).collect();
            (format!("GET /{visit} HTTP/1.1\r\n{host}\r\n"), 200, ticks)
        }
    };
    wire.send(request);
    let head = wire.head();
    let got = wire.rest().map_err(|_| format!("the answer to visit {visit} broke off"))?;
    let right = head.status == status && got == body.as_bytes();
    if right {
        Ok(())
    } else {
        Err(format!("{} {:?}, not {body:?}", head.status, String::from_utf8_lossy(&got)))
    }
}
