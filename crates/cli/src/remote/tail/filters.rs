//! Which events a tail shows; the node leaves the others out.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// Which events are shown. Those of one kind are alternatives; different kinds must all hold.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Which events")]
pub(crate) struct Filters {
    /// Only events that ended so.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) status: Vec<Status>,
    /// Only requests with this method.
    #[arg(long, value_delimiter = ',', value_name = "METHOD")]
    pub(crate) method: Vec<String>,
    /// Only events that wrote this to the console.
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only requests with this header, and this value if there is one.
    #[arg(long, value_name = "NAME[:VALUE]")]
    pub(crate) header: Option<String>,
    /// Only requests of this client; `self` is you.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS")]
    pub(crate) ip: Vec<String>,
    /// Only this share of the events, between 0 and 1.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) sampling_rate: Option<f64>,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    /// Well.
    Ok,
    /// With an exception, or past a limit.
    Error,
    /// The client left before it had its answer.
    Canceled,
}

impl Status {
    fn outcomes(self) -> &'static [&'static str] {
        match self {
            Self::Ok => &["ok"],
            Self::Canceled => &["canceled"],
            Self::Error => &["exception", "exceededCpu", "exceededMemory", "unknown"],
        }
    }
}

impl Filters {
    /// The filters as the API has them.
    pub(super) fn to_api(&self) -> Vec<Value> {
        let mut filters = Vec::new();
        filters.extend(self.sampling_rate.map(|rate| json!({"sampling_rate": rate})));
        let outcomes: Vec<&str> = self.status.iter().flat_map(|status| status.outcomes()).copied().collect();
        if !outcomes.is_empty() {
            filters.push(json!({"outcome": outcomes}));
        }
        if !self.method.is_empty() {
            let methods: Vec<String> = self.method.iter().map(|method| method.to_uppercase()).collect();
            filters.push(json!({"method": methods}));
        }
        filters.extend(self.header.as_ref().map(|header| match header.split_once(':') {
            Some((name, value)) => json!({"header": {"key": name.trim(), "query": value.trim()}}),
            None => json!({"header": {"key": header.trim()}}),
        }));
        if !self.ip.is_empty() {
            filters.push(json!({"client_ip": self.ip}));
        }
        filters.extend(self.search.as_ref().map(|text| json!({"query": text})));
        filters
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|rate: &f64| *rate > 0.0 && *rate <= 1.0);
    number.ok_or_else(|| "write a number above 0 and up to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_said_in_the_words_of_the_api() {
        let filters = Filters {
            status: vec![Status::Ok, Status::Canceled],
            method: vec!["get".to_owned()],
            search: Some("slow".to_owned()),
            header: Some("x-id: 7".to_owned()),
            ip: vec!["self".to_owned()],
            sampling_rate: Some(0.5),
        };
        assert_eq!(
            json!(filters.to_api()),
            json!([{"sampling_rate": 0.5}, {"outcome": ["ok", "canceled"]}, {"method": ["GET"]},
                   {"header": {"key": "x-id", "query": "7"}}, {"client_ip": ["self"]}, {"query": "slow"}])
        );
        assert!(Filters::default().to_api().is_empty());
    }

    #[test]
    fn a_rate_is_a_share() {
        assert!(rate("0.01").is_ok() && rate("1").is_ok());
        for wrong in ["0", "1.1", "-1", "NaN", "inf", "x"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
