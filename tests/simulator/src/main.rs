//! `mote-simulator`: tries scheduling policies on a made-up or recorded fleet, and prints what came of it.
#![forbid(unsafe_code)]

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use mote_simulator::{Admitting, Fleet, Keep, Place, Spec, Trace, TraceKind, table};

/// Drives Mote's scheduling policies with a virtual clock, and prints what came of it. Runs each trace with each policy that
/// is asked for.
#[derive(Debug, Parser)]
#[command(name = "mote-simulator")]
struct Wishes {
    #[command(flatten)]
    spec: Spec,
    /// Traces; all if none is named.
    #[arg(long, value_delimiter = ',')]
    trace: Vec<TraceKind>,
    /// A recorded trace instead: lines of `time_ms,worker,cpu_us,start_us,kib`.
    #[arg(long, conflicts_with = "trace")]
    recorded: Option<PathBuf>,
    /// Who leaves when memory is short; all policies if none is named.
    #[arg(long, value_delimiter = ',')]
    keep: Vec<Keep>,
    /// Where events go.
    #[arg(long, value_delimiter = ',', default_value = "stay")]
    place: Vec<Place>,
    /// Whether starts are held to their share of the CPU.
    #[arg(long, value_delimiter = ',', default_value = "on")]
    admit: Vec<Admitting>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match report(&Wishes::parse()).and_then(|text| {
        let written = std::io::stdout().write_all(text.as_bytes());
        written.map_err(|error| format!("the report cannot be written: {error}"))
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "mote-simulator: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn report(wishes: &Wishes) -> Result<String, String> {
    let mut outcomes = Vec::new();
    for trace in traces(wishes)? {
        for (place, admit, keep) in runs(wishes) {
            let tally = Fleet::new(&wishes.spec, &trace, keep, place, admit).run();
            outcomes.push(tally.outcome(&trace.name, keep, place, admit));
        }
    }
    if !wishes.json {
        return Ok(table(&outcomes));
    }
    let report = serde_json::json!({ "fleet": wishes.spec, "runs": outcomes });
    serde_json::to_string_pretty(&report).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn traces(wishes: &Wishes) -> Result<Vec<Trace>, String> {
    let Some(path) = &wishes.recorded else {
        let kinds = or_all(&wishes.trace);
        return Ok(kinds.iter().map(|kind| Trace::synthetic(*kind, &wishes.spec)).collect());
    };
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let trace = Trace::recorded("recorded", &text).map_err(|error| format!("{shown}: {error}"))?;
    Ok(vec![trace])
}

fn runs(wishes: &Wishes) -> Vec<(Place, Admitting, Keep)> {
    let mut runs = Vec::new();
    for place in &wishes.place {
        for admit in &wishes.admit {
            runs.extend(or_all(&wishes.keep).iter().map(|keep| (*place, *admit, *keep)));
        }
    }
    runs
}

fn or_all<T: ValueEnum>(named: &[T]) -> &[T] {
    if named.is_empty() { T::value_variants() } else { named }
}
