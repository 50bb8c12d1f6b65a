use serde_json::{Value, json};

use super::*;

fn sample(workers: &Value, cells: usize) -> Sample {
    let cell = |number: usize| {
        json!({"cell": number, "pid": 40 + number, "stage": "serving", "cordon": "default", "age_s": 75.0, "cpu_percent": 12,
               "resident_bytes": 300 << 20, "budget_bytes": 1_u64 << 30,
               "isolates": {"warm": 2, "held_bytes": 9 << 20, "started": 4, "start_ms_mean": 2.5, "evicted": 1, "shed": 0}})
    };
    let node = json!({"memory_bytes_max": 4_u64 << 30, "host_bytes": 40 << 20, "cells_bytes": 600 << 20, "pressure": "low"});
    let total = workers.as_array().unwrap().len();
    serde_json::from_value(
        json!({"uptime_s": 90_000.0, "node": node, "cells": (0..cells).map(cell).collect::<Vec<_>>(),
                                  "workers": workers, "workers_total": total}),
    )
    .unwrap()
}

fn worker(name: &str) -> Value {
    json!({"name": name, "account": "acme", "state": "serving", "cells": [1, 2], "events": {"ok": 7, "exception": 2},
           "events_under_way": 1, "cpu_us": 5, "isolates_started": 1, "memory_bytes_peak": 5 << 20})
}

fn shown<'a>(sample: &'a Sample, rates: &'a AllRates, sort: Sort) -> Shown<'a> {
    Shown { api: "http://127.0.0.1:8786".to_owned(), sample, rates, sort }
}

fn rates(cpu_percent: f64, events_per_s: f64) -> Rates {
    Rates { cpu_percent, events_per_s, starts_per_s: 0.0 }
}

#[test]
fn a_screen_says_what_a_node_does() {
    let sample = sample(&json!([worker("shop")]), 1);
    let rates = AllRates::from([("shop".to_owned(), rates(12.34, 56.0))]);
    let text = whole(&shown(&sample, &rates, Sort::Cpu), Colours::Plain);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "http://127.0.0.1:8786  up 1d01h");
    assert_eq!(lines[1], "memory 640M of 4.0G (host 40M, cells 600M), pressure low");
    let sums = "events 56/s, 1 under way; starts 0.0/s; cells 1, 12 % CPU; isolates 2 warm, 9.0M held; 0 events shed";
    assert_eq!(lines[2], sums);
    let row = lines.last().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(row, ["shop", "acme", "serving", "12.3", "56.0", "1", "9", "2", "1", "5.0M", "1,2"]);
    assert!(text.contains("1m15s") && text.contains("2.5ms"), "{text}");
}

#[test]
fn an_accounts_screen_has_no_node_and_no_cells() {
    let document = json!({"uptime_s": 1.0, "workers": [worker("shop")], "workers_total": 1});
    let sample: Sample = serde_json::from_value(document).unwrap();
    let text = whole(&shown(&sample, &AllRates::new(), Sort::Cpu), Colours::Plain);
    assert!(text.contains("shop") && !text.contains("memory") && !text.contains("CORDON"), "{text}");
}

#[test]
fn no_name_steers_the_terminal_or_takes_another_line() {
    let mut evil = worker("a\u{1b}[2J\u{9b}31m\r\nb\tc\u{202e}d\u{200b}");
    evil["account"] = json!("\u{7}\u{1b}]0;title\u{7}");
    evil["state"] = json!("x".repeat(5_000));
    let mut sample = sample(&json!([evil]), 1);
    sample.cells[0].cordon = Some("c\u{1b}[H".to_owned());
    sample.cells[0].stage = "\n\n".to_owned();
    sample.node.as_mut().unwrap().pressure = "\u{1b}c".to_owned();
    let rates = AllRates::new();
    let shown = shown(&sample, &rates, Sort::Cpu);
    let text = whole(&shown, Colours::Plain);
    assert_eq!(text.lines().count(), 9, "{text:?}");
    let strange = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{200b}' | '\u{202e}'));
    assert!(!text.contains(strange), "{text:?}");
    let fitted = fitting(&shown, Room { columns: 80, rows: 24 }, Some("gone\u{1b}[2J\nx"), Colours::Plain);
    assert!(
        fitted.iter().all(|line| line.chars().count() <= 80 && !line.contains(char::is_control)),
        "{fitted:?}"
    );
}

#[test]
fn a_screen_never_has_more_than_there_is_room_for() {
    let workers: Vec<Value> = (0..50).map(|number| worker(&format!("worker-{number}"))).collect();
    let sample = sample(&json!(workers), 30);
    let rates = AllRates::new();
    for columns in [1, 20, 80, 300] {
        for rows in 1..120 {
            let room = Room { columns, rows };
            let lines = fitting(&shown(&sample, &rates, Sort::Cpu), room, None, Colours::Plain);
            assert!(lines.len() <= rows, "{} lines in {rows} rows", lines.len());
            assert!(lines.iter().all(|line| line.chars().count() <= columns));
            assert!(lines.last().unwrap().starts_with('s'), "the keys are always said: {lines:?}");
            let shown = lines.iter().any(|line| line.starts_with('w') && line.contains("-0"));
            assert!(shown || rows < 8 || columns < 8, "a worker is always shown: {lines:#?}");
        }
    }
    let lines =
        fitting(&shown(&sample, &rates, Sort::Cpu), Room { columns: 200, rows: 40 }, None, Colours::Plain);
    assert_eq!(lines.len(), 40, "all rows are used: {lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("and ")).count(), 2);
}

#[test]
fn each_key_puts_those_first_that_have_most_of_it() {
    let mut workers = [worker("cpu"), worker("events"), worker("memory"), worker("starts")];
    workers[2]["memory_bytes_peak"] = json!(90 << 20);
    let sample = sample(&json!(workers), 0);
    let of = |cpu_percent, events_per_s, starts_per_s| Rates { cpu_percent, events_per_s, starts_per_s };
    let rates = AllRates::from([
        ("cpu".to_owned(), of(50.0, 1.0, 0.0)),
        ("events".to_owned(), of(1.0, 90.0, 0.1)),
        ("starts".to_owned(), of(0.5, 1.0, 3.0)),
    ]);
    for (sort, first) in
        [(Sort::Cpu, "cpu"), (Sort::Memory, "memory"), (Sort::Events, "events"), (Sort::Starts, "starts")]
    {
        assert_eq!(sorted(&shown(&sample, &rates, sort))[0].name, first);
    }
}

#[test]
fn numbers_stay_short() {
    assert_eq!([0, 999, 1_000, 1_536, 10 << 20].map(bytes), ["0B", "999B", "1.0K", "1.5K", "10M"]);
    assert_eq!([999 << 20, 1_000 << 20, 5 << 30].map(bytes), ["999M", "1.0G", "5.0G"]);
    assert!((0..64).all(|bit| bytes(1 << bit).len() <= 10));
    assert_eq!([0.4, 59.9, 61.0, 3_700.0, 90_000.0].map(duration), ["0s", "59s", "1m01s", "1h01m", "1d01h"]);
    assert_eq!([f64::NAN, -1.0, f64::INFINITY].map(duration), ["-", "-", "-"]);
    assert_eq!(plain("abcdef", 4), "abc…");
    assert_eq!(plain("größe", 9), "größe");
}
