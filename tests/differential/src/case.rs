//! The cases, and what comes of them on one side.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::exchange::{Asked, exchange};

/// One request to one of the workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// `area/name`; the area `classic` is the service worker's.
    pub id: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// The paths of `classic/index.js`, and one that it does not answer.
const CLASSIC: [&str; 11] = [
    "text",
    "promise",
    "variable",
    "event",
    "sloppy",
    "twice",
    "throws",
    "rejects",
    "second-listener",
    "globals",
    "missing",
];

impl Case {
    /// All of them, as the worker on this port lists its own.
    pub fn all(port: u16, host: &str) -> Vec<Self> {
        let asked = Asked { method: "GET", host, path: "/", headers: &[], body: "" };
        let listed = exchange(port, &asked);
        let listed =
            listed["body"].as_array().unwrap_or_else(|| panic!("the worker lists no cases: {listed}"));
        listed.iter().map(Self::listed).chain(CLASSIC.iter().map(|path| Self::classic(path))).collect()
    }

    fn listed(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().expect("a text").to_owned();
        let headers = value["headers"].as_object().expect("headers").iter();
        Self {
            id: format!("{}/{}", text("area"), text("name")),
            method: text("method"),
            path: format!("/{}/{}", text("area"), encoded(&text("name"))),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
                .collect(),
            body: text("body"),
        }
    }

    fn classic(path: &str) -> Self {
        Self {
            id: format!("classic/{path}"),
            method: "GET".to_owned(),
            path: format!("/{path}"),
            headers: Vec::new(),
            body: String::new(),
        }
    }
}

/// What every case comes to; `place` says on which port and under which host name an area is. What differs from run to
/// run, the upstream's port, gets a name.
pub fn answers(
    cases: &[Case],
    upstream: &str,
    place: impl Fn(&str) -> (u16, String),
) -> BTreeMap<String, Value> {
    let ask = |case: &Case| {
        let (port, host) = place(case.id.split('/').next().unwrap_or_default());
        let asked = Asked {
            method: &case.method,
            host: &host,
            path: &case.path,
            headers: &case.headers,
            body: &case.body,
        };
        let answer = exchange(port, &asked).to_string();
        let address = upstream.trim_start_matches("http://");
        let answer = answer.replace(address, "upstream").replace(&host, "worker");
        (case.id.clone(), serde_json::from_str(&answer).expect("names do not make JSON bad"))
    };
    cases.iter().map(ask).collect()
}

fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
