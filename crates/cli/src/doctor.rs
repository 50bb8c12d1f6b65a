//! `mote doctor`: what this machine can hold of the sandbox, and how to get what is missing.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Args;
use mote_sandbox::doctor::{Finding, Need, State, examine};
use serde_json::json;

/// The options of `mote doctor`.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

/// Exit code 0 if everything that `mote serve --sandbox required` asks for is there, else 1.
pub(crate) fn run(options: &Options) -> ExitCode {
    let findings = examine();
    let text = if options.json { json(&findings) } else { table(&findings) };
    // A closed pipe has read enough.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    if findings.iter().all(Finding::is_enough) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn table(findings: &[Finding]) -> String {
    let mut text = String::new();
    let width = findings.iter().map(|finding| finding.part.len()).max().unwrap_or(0);
    for finding in findings {
        let word = match (&finding.state, finding.need) {
            (State::Holds, _) => "holds  ",
            (State::Missing { .. }, Need::Required) => "MISSING",
            (State::Missing { .. }, Need::Advised) => "without",
        };
        let (part, purpose) = (finding.part, finding.what_it_is_for);
        let _ = writeln!(text, "{word}  {part:width$}  {purpose}");
        if let State::Missing { reason } = &finding.state {
            let indent = " ".repeat(width + 11);
            let _ = writeln!(text, "{indent}here: {reason}");
            let _ = writeln!(text, "{indent}it takes: {}", finding.how_to_get);
        }
    }
    let lacking = |need| findings.iter().filter(|f| f.state != State::Holds && f.need == need).count();
    let _ = match (lacking(Need::Required), lacking(Need::Advised)) {
        (0, 0) => writeln!(text, "\nCells are behind a whole wall on this machine."),
        (0, advised) => {
            writeln!(
                text,
                "\nCells are behind a wall on this machine; {advised} further parts would make it stronger."
            )
        }
        (required, _) => writeln!(
            text,
            "\nDo not run code of strangers here: {required} parts are missing without which a cell is not behind a wall.\n\
             `mote serve` says so at each start, and with `--sandbox required` it refuses to start."
        ),
    };
    text
}

fn json(findings: &[Finding]) -> String {
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| {
            let reason = match &finding.state {
                State::Holds => None,
                State::Missing { reason } => Some(reason),
            };
            json!({
                "part": finding.part,
                "for": finding.what_it_is_for,
                "holds": reason.is_none(),
                "required": finding.need == Need::Required,
                "reason": reason,
                "how_to_get": (!finding.how_to_get.is_empty()).then_some(&finding.how_to_get),
            })
        })
        .collect();
    format!("{:#}\n", json!(findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(state: State, need: Need) -> Finding {
        let how_to_get = if state == State::Holds { String::new() } else { "a newer kernel".to_owned() };
        Finding { part: "landlock", what_it_is_for: "files stay out of reach", state, need, how_to_get }
    }

    #[test]
    fn what_is_missing_comes_with_its_reason_and_its_cure() {
        let missing = State::Missing { reason: "no such call".to_owned() };
        let text = table(&[finding(missing.clone(), Need::Required)]);
        assert!(text.contains("MISSING  landlock") && text.contains("here: no such call"), "{text}");
        assert!(
            text.contains("it takes: a newer kernel") && text.contains("Do not run code of strangers"),
            "{text}"
        );
        assert!(table(&[finding(State::Holds, Need::Required)]).contains("behind a whole wall"));
        let read: serde_json::Value =
            serde_json::from_str(&json(&[finding(missing, Need::Advised)])).unwrap();
        assert_eq!((&read[0]["holds"], &read[0]["required"]), (&json!(false), &json!(false)));
    }
}
