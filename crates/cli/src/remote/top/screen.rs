//! A look at a node as lines of text. It knows no terminal: only how many columns and rows there are.

use super::{
    super::output::{Colours, Paint},
    Sort,
    sample::{AllRates, Cell, Rates, Sample, Worker},
};

/// Characters of a name; longer ones are cut.
const NAME_CHARS_MAX: usize = 40;
/// Lines that are no worker, where no cells are shown.
const OTHER_LINES: usize = 7;
/// Lines around cells.
const LINES_AROUND_CELLS: usize = 3;
/// On fewer rows there is room for workers alone.
const ROWS_FOR_CELLS_MIN: usize = 16;

/// What is shown.
pub(super) struct Shown<'a> {
    /// Where the node is.
    pub(super) api: String,
    pub(super) sample: &'a Sample,
    pub(super) rates: &'a AllRates,
    pub(super) sort: Sort,
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// A line, and how it is painted as a whole: so that it can be cut before.
struct Line(Option<Paint>, String);

/// All of it, however long it is.
pub(super) fn whole(shown: &Shown<'_>, colours: Colours) -> String {
    let room = Room { columns: usize::MAX, rows: usize::MAX };
    let lines = body(shown, room).into_iter().map(|line| line.painted(room, colours));
    lines.collect::<Vec<_>>().join("\n")
}

/// As much as there is room for. `note` is said at the end, if there is something to say.
pub(super) fn fitting(shown: &Shown<'_>, room: Room, note: Option<&str>, colours: Colours) -> Vec<String> {
    let mut lines = body(shown, room);
    lines.truncate(room.rows.saturating_sub(1));
    lines.push(match note {
        Some(note) => Line(Some(Paint::Red), plain(note, usize::MAX)),
        None => {
            let keys = "c CPU  m memory  e events  s starts  q quit";
            Line(Some(Paint::Dim), format!("sorted by {}: {keys}", shown.sort.as_str()))
        }
    });
    lines.into_iter().map(|line| line.painted(room, colours)).collect()
}

impl Line {
    fn painted(self, room: Room, colours: Colours) -> String {
        let Self(paint, text) = self;
        let text: String = text.chars().take(room.columns).collect();
        match paint {
            Some(paint) => colours.paint(paint, &text),
            None => text,
        }
    }
}

fn body(shown: &Shown<'_>, room: Room) -> Vec<Line> {
    let Shown { sample, .. } = shown;
    let mut lines = head(shown);
    let mut free = room.rows.saturating_sub(OTHER_LINES);
    if !sample.cells.is_empty() && room.rows >= ROWS_FOR_CELLS_MIN {
        free = free.saturating_sub(LINES_AROUND_CELLS);
        let cells = sample.cells.len().min(free / 3);
        free -= cells;
        lines.push(Line(None, String::new()));
        let rows = sample.cells.iter().take(cells).map(of_cell).collect::<Vec<_>>();
        lines.extend(table(&CELL_HEADS, &rows));
        lines.extend(more(sample.cells.len() - cells));
    }
    lines.push(Line(None, String::new()));
    if sample.workers.is_empty() {
        lines.push(Line(None, "no worker has been in service since the node's start".to_owned()));
        return lines;
    }
    let rows: Vec<_> =
        sorted(shown).into_iter().take(free).map(|worker| of_worker(worker, shown.rates)).collect();
    lines.extend(table(&WORKER_HEADS, &rows));
    let hidden = usize::try_from(sample.workers_total).unwrap_or(usize::MAX).saturating_sub(rows.len());
    lines.extend(more(hidden));
    lines
}

fn more(count: usize) -> Option<Line> {
    (count > 0).then(|| Line(Some(Paint::Dim), format!("and {count} more")))
}

fn head(shown: &Shown<'_>) -> Vec<Line> {
    let Shown { api, sample, rates, .. } = shown;
    let mut lines =
        vec![Line(Some(Paint::Bold), format!("{}  up {}", plain(api, 200), duration(sample.uptime_s)))];
    if let Some(node) = &sample.node {
        let of = node.memory_bytes_max.map(|max| format!(" of {}", bytes(max))).unwrap_or_default();
        let all = bytes(node.host_bytes.saturating_add(node.cells_bytes));
        let (host, cells) = (bytes(node.host_bytes), bytes(node.cells_bytes));
        let pressure = plain(&node.pressure, NAME_CHARS_MAX);
        let text = format!("memory {all}{of} (host {host}, cells {cells}), pressure {pressure}");
        lines.push(Line((pressure == "high").then_some(Paint::Red), text));
    }
    let sum = |of: fn(&Cell) -> u64| sample.cells.iter().map(of).fold(0, u64::saturating_add);
    let under_way =
        sample.workers.iter().fold(0_u64, |sum, worker| sum.saturating_add(worker.events_under_way));
    let rate = |of: fn(&Rates) -> f64| rates.values().map(of).fold(0.0, |sum, rate| sum + rate);
    let (events, starts) = (rate(|rates| rates.events_per_s), rate(|rates| rates.starts_per_s));
    let mut parts =
        vec![format!("events {events:.0}/s, {under_way} under way"), format!("starts {starts:.1}/s")];
    if sample.node.is_some() {
        let (warm, held) = (sum(|cell| cell.isolates.warm), sum(|cell| cell.isolates.held_bytes));
        parts.push(format!("cells {}, {} % CPU", sample.cells.len(), sum(|cell| cell.cpu_percent)));
        parts.push(format!("isolates {warm} warm, {} held", bytes(held)));
        parts.push(format!("{} events shed", sum(|cell| cell.isolates.shed)));
    }
    lines.push(Line(None, parts.join("; ")));
    lines
}

/// The workers, those first that have most of what counts.
fn sorted<'a>(shown: &Shown<'a>) -> Vec<&'a Worker> {
    let mut workers: Vec<&Worker> = shown.sample.workers.iter().collect();
    // The node has sent them sorted by what was in the last seconds, which settles what is equal here.
    workers.sort_by(|one, other| weight(other, shown).total_cmp(&weight(one, shown)));
    workers
}

fn weight(worker: &Worker, shown: &Shown<'_>) -> f64 {
    let rates = shown.rates.get(&worker.name);
    match shown.sort {
        Sort::Cpu => rates.map_or(0.0, |rates| rates.cpu_percent),
        Sort::Events => rates.map_or(0.0, |rates| rates.events_per_s),
        Sort::Starts => rates.map_or(0.0, |rates| rates.starts_per_s),
        Sort::Memory => {
            #[expect(clippy::cast_precision_loss, reason = "an order of sizes")]
            let bytes = worker.memory_bytes_peak as f64;
            bytes
        }
    }
}

/// On which side a column is even.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

use Side::{Left, Right};

const CELL_HEADS: [(&str, Side); 16] = [
    ("CELL", Right),
    ("PID", Right),
    ("CORDON", Left),
    ("STAGE", Left),
    ("AGE", Right),
    ("CPU%", Right),
    ("EVENTS", Right),
    ("WORKERS", Right),
    ("MEMORY", Right),
    ("BUDGET", Right),
    ("WARM", Right),
    ("HELD", Right),
    ("STARTS", Right),
    ("MEAN", Right),
    ("EVICTED", Right),
    ("SHED", Right),
];

fn of_cell(cell: &Cell) -> Vec<String> {
    let cordon = cell.cordon.as_deref().unwrap_or("-");
    let cordon = match &cell.suspect {
        Some(suspect) => format!("{cordon}: {suspect} alone"),
        None => cordon.to_owned(),
    };
    let isolates = &cell.isolates;
    vec![
        cell.cell.to_string(),
        cell.pid.to_string(),
        plain(&cordon, NAME_CHARS_MAX),
        plain(&cell.stage, NAME_CHARS_MAX),
        duration(cell.age_s),
        cell.cpu_percent.to_string(),
        cell.events_under_way.to_string(),
        cell.workers.to_string(),
        bytes(cell.resident_bytes),
        cell.budget_bytes.map_or_else(unknown, bytes),
        isolates.warm.to_string(),
        bytes(isolates.held_bytes),
        isolates.started.to_string(),
        isolates.start_ms_mean.map_or_else(unknown, |ms| format!("{ms:.1}ms")),
        isolates.evicted.to_string(),
        isolates.shed.to_string(),
    ]
}

const WORKER_HEADS: [(&str, Side); 11] = [
    ("WORKER", Left),
    ("ACCOUNT", Left),
    ("STATE", Left),
    ("CPU%", Right),
    ("EVENTS/S", Right),
    ("UNDER WAY", Right),
    ("EVENTS", Right),
    ("NOT OK", Right),
    ("STARTS", Right),
    ("PEAK", Right),
    ("CELLS", Left),
];

fn of_worker(worker: &Worker, rates: &AllRates) -> Vec<String> {
    let rates = rates.get(&worker.name);
    let rate = |of: Option<f64>| of.map_or_else(unknown, |rate| format!("{rate:.1}"));
    let cells = worker.cells.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    vec![
        plain(&worker.name, NAME_CHARS_MAX),
        plain(worker.account.as_deref().unwrap_or("-"), NAME_CHARS_MAX),
        plain(&worker.state, NAME_CHARS_MAX),
        rate(rates.map(|rates| rates.cpu_percent)),
        rate(rates.map(|rates| rates.events_per_s)),
        worker.events_under_way.to_string(),
        worker.ended().to_string(),
        worker.not_ok().to_string(),
        worker.isolates_started.to_string(),
        bytes(worker.memory_bytes_peak),
        plain(&cells, NAME_CHARS_MAX),
    ]
}

fn unknown() -> String {
    "-".to_owned()
}

fn table(heads: &[(&str, Side)], rows: &[Vec<String>]) -> Vec<Line> {
    let width = |column: usize, head: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.max().unwrap_or_default().max(head.len())
    };
    let widths: Vec<usize> =
        heads.iter().enumerate().map(|(column, (head, _))| width(column, head)).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(heads).zip(&widths).map(|((cell, (_, side)), width)| match side {
            Left => format!("{cell:<width$}"),
            Right => format!("{cell:>width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![Line(Some(Paint::Dim), line(&mut heads.iter().map(|(head, _)| *head)))];
    lines.extend(rows.iter().map(|row| Line(None, line(&mut row.iter().map(String::as_str)))));
    lines
}

/// Strangers' text on one line: nothing in it steers a terminal, turns its direction or has no width.
fn plain(text: &str, chars_max: usize) -> String {
    let shown = |c: char| {
        if c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric()) {
            c
        } else {
            '\u{fffd}'
        }
    };
    let mut chars = text.chars().map(shown);
    let mut short: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// A number of bytes, in as few characters as say something.
fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut number = bytes as f64;
    for unit in ["B", "K", "M", "G"] {
        if number < 1_000.0 {
            let digits = usize::from(number < 10.0 && unit != "B");
            return format!("{number:.digits$}{unit}");
        }
        number /= 1_024.0;
    }
    format!("{number:.1}T")
}

/// A time in its two largest units.
fn duration(seconds: f64) -> String {
    let Ok(time) = std::time::Duration::try_from_secs_f64(seconds) else { return unknown() };
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m{:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

#[cfg(test)]
mod tests;
