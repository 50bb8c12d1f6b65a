//! The live view: looks again and again, and draws what it sees.

use std::{cell::RefCell, io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Notify,
    time::MissedTickBehavior,
};

use super::{
    super::{Output, RemoteError},
    Node, Options, Sort,
    sample::{AllRates, Sample},
    screen::{self, Shown},
    terminal::{Terminal, keys},
};

/// Ctrl-C, as a byte: the terminal makes no signal of it.
const CTRL_C: u8 = 3;

/// Rates of a shorter time are made of chance.
const RATES_OF_S_MIN: f64 = 0.2;

/// What is seen.
struct Seen {
    /// The one that rates are counted from.
    earlier: Sample,
    sample: Sample,
    rates: AllRates,
    sort: Sort,
    /// Why what is shown is old, if it is.
    problem: Option<String>,
}

/// What is seen, and that it has changed.
struct View {
    seen: RefCell<Seen>,
    changed: Notify,
    /// Somebody wants the next look at once.
    hurry: Notify,
}

pub(super) async fn run(
    node: &Node,
    first: Sample,
    options: &Options,
    output: &Output,
) -> Result<(), RemoteError> {
    let seen = Seen {
        earlier: first.clone(),
        sample: first,
        rates: AllRates::new(),
        sort: options.sort,
        problem: None,
    };
    let view = View { seen: RefCell::new(seen), changed: Notify::new(), hurry: Notify::new() };
    tokio::select! {
        // It ends only with what no later look would mend.
        error = look(node, options.interval, &view) => Err(error),
        shown = show(node, &view, output) => shown.map_err(of_terminal),
    }
}

/// Looks until the node refuses.
async fn look(node: &Node, every: Duration, view: &View) -> RemoteError {
    let mut looks = tokio::time::interval(every);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is made already.
    looks.tick().await;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = view.hurry.notified() => {}
        }
        let sort = view.seen.borrow().sort;
        match node.look(sort).await {
            Ok((_, sample)) => view.take(sample),
            Err(error @ RemoteError::Refused { .. }) => return error,
            // It may be restarting.
            Err(error) => view.seen.borrow_mut().problem = Some(format!("{error}; trying again")),
        }
        view.changed.notify_one();
    }
}

/// Draws until somebody has seen enough.
async fn show(node: &Node, view: &View, output: &Output) -> io::Result<()> {
    let mut ends = Ends::new()?;
    let mut resized = signal(SignalKind::window_change())?;
    let terminal = Terminal::take()?;
    let mut keys = keys();
    loop {
        terminal.draw(&lines(node, view, &terminal, output))?;
        tokio::select! {
            () = view.changed.notified() => {}
            _ = resized.recv() => {}
            () = ends.told() => return Ok(()),
            key = keys.recv() => match key {
                None | Some(b'q' | b'Q' | CTRL_C) => return Ok(()),
                Some(b'c') => view.sort_by(Sort::Cpu),
                Some(b'm') => view.sort_by(Sort::Memory),
                Some(b'e') => view.sort_by(Sort::Events),
                Some(b's') => view.sort_by(Sort::Starts),
                Some(_) => {}
            },
        }
    }
}

fn lines(node: &Node, view: &View, terminal: &Terminal, output: &Output) -> Vec<String> {
    let seen = view.seen.borrow();
    let shown =
        Shown { api: node.client.address(), sample: &seen.sample, rates: &seen.rates, sort: seen.sort };
    screen::fitting(&shown, terminal.room(), seen.problem.as_deref(), output.colours())
}

impl View {
    fn take(&self, sample: Sample) {
        let mut seen = self.seen.borrow_mut();
        if (sample.uptime_s - seen.sample.uptime_s).abs() >= RATES_OF_S_MIN {
            seen.earlier = std::mem::take(&mut seen.sample);
        }
        seen.rates = sample.rates_since(&seen.earlier);
        seen.sample = sample;
        seen.problem = None;
    }

    /// The node chooses whom it sends, so it is asked again.
    fn sort_by(&self, sort: Sort) {
        self.seen.borrow_mut().sort = sort;
        self.hurry.notify_one();
    }
}

/// Signals that end it: a terminal that stays as it is now would be of no use to anybody.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Ends {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

fn of_terminal(source: io::Error) -> RemoteError {
    RemoteError::Io { what: "use the terminal (`--once` needs none)".to_owned(), source }
}
