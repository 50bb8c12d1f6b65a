//! Where spans go, as the operator says it: in the words of OpenTelemetry's own variables.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Uri, uri::PathAndQuery};
use percent_encoding::percent_decode_str;

/// Where a collector takes spans, beneath its address.
const TRACES: &str = "/v1/traces";
/// The most entries of a list.
const ENTRIES_MAX: usize = 64;

/// Where spans go, and which.
#[derive(Debug, Clone)]
pub struct Options {
    pub(super) endpoint: Uri,
    pub(super) headers: HeaderMap,
    pub(super) service_name: String,
    pub(super) resource: Vec<(String, String)>,
    pub(super) sampling_rate: f64,
    pub(super) pace: Pace,
}

/// How often, how long, how many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long spans wait for a batch to fill.
    pub every: Duration,
    /// How long the collector may take to answer.
    pub answer_max: Duration,
    /// How often a batch is sent.
    pub sends_max: u32,
    /// How long to wait before the second time; twice as long each time after.
    pub pause: Duration,
}

impl Pace {
    /// OpenTelemetry's own.
    pub const DEFAULT: Self = Self {
        every: Duration::from_secs(5),
        answer_max: Duration::from_secs(10),
        sends_max: 4,
        pause: Duration::from_secs(1),
    };
}

/// What is wrong with what the operator says.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The address is none.
    #[error("`{0}` is no address of a collector: write http://host:4318 or https://host")]
    Endpoint(String),
    /// A list is none.
    #[error("`{0}` is no list of NAME=VALUE, with commas between")]
    List(String),
    /// A name or a value cannot be a header. The value may be secret and is not shown.
    #[error("`{0}` is no header for a collector")]
    Header(String),
    /// The rate is none.
    #[error("{0} is no rate: it is between 0 and 1")]
    Rate(f64),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Options {
    /// Everything goes to a collector at this address (`OTEL_EXPORTER_OTLP_ENDPOINT`); `/v1/traces` is added where it lacks.
    ///
    /// # Errors
    /// If it is none.
    pub fn at(endpoint: &str) -> Result<Self, OptionsError> {
        let wrong = || OptionsError::Endpoint(endpoint.to_owned());
        let uri: Uri = endpoint.trim().parse().map_err(|_| wrong())?;
        let mut parts = uri.into_parts();
        let scheme = parts.scheme.as_ref().map_or("", http::uri::Scheme::as_str);
        let authority = parts.authority.as_ref().ok_or_else(wrong)?;
        if !["http", "https"].contains(&scheme) || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/');
        let whole = if path.ends_with(TRACES) { path.to_owned() } else { format!("{path}{TRACES}") };
        parts.path_and_query = Some(whole.parse().map_err(|_| wrong())?);
        Ok(Self {
            endpoint: Uri::from_parts(parts).map_err(|_| wrong())?,
            headers: HeaderMap::new(),
            service_name: "mote".to_owned(),
            resource: Vec::new(),
            sampling_rate: 1.0,
            pace: Pace::DEFAULT,
        })
    }

    /// With these headers (`OTEL_EXPORTER_OTLP_HEADERS`): `api-key=...,other=...`.
    ///
    /// # Errors
    /// If they are none.
    pub fn with_headers(mut self, list: &str) -> Result<Self, OptionsError> {
        for (name, value) in entries(list)? {
            let wrong = || OptionsError::Header(name.clone());
            let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
            value.set_sensitive(true);
            self.headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?, value);
        }
        Ok(self)
    }

    /// As this service (`OTEL_SERVICE_NAME`).
    #[must_use]
    pub fn with_service_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.service_name);
        self
    }

    /// With these attributes of the node (`OTEL_RESOURCE_ATTRIBUTES`): `deployment.environment=prod,...`.
    ///
    /// # Errors
    /// If they are none.
    pub fn with_resource(mut self, list: &str) -> Result<Self, OptionsError> {
        self.resource = entries(list)?;
        Ok(self)
    }

    /// With this part of the traces that begin here, from 0 to 1 (`OTEL_TRACES_SAMPLER_ARG`).
    ///
    /// # Errors
    /// If it is no such number.
    pub fn with_sampling_rate(mut self, rate: f64) -> Result<Self, OptionsError> {
        if !(0.0..=1.0).contains(&rate) {
            return Err(OptionsError::Rate(rate));
        }
        self.sampling_rate = rate;
        Ok(self)
    }

    /// At this pace.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
}

/// `name=value,name=value`, with values in percent-encoding.
fn entries(list: &str) -> Result<Vec<(String, String)>, OptionsError> {
    let names = || list.split(',').map(|entry| entry.split('=').next().unwrap_or_default());
    // Values may be secret.
    let wrong = || OptionsError::List(names().collect::<Vec<_>>().join(","));
    let filled = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let entry = |entry: &str| {
        let (name, value) = entry.split_once('=').filter(|(name, _)| !name.trim().is_empty())?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((name.trim().to_owned(), value.into_owned()))
    };
    let entries: Vec<_> = filled.map(entry).collect::<Option<_>>().ok_or_else(wrong)?;
    if entries.len() > ENTRIES_MAX { Err(wrong()) } else { Ok(entries) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_where_the_operator_says() {
        for (said, endpoint) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://otel.example.com/team/", "https://otel.example.com/team/v1/traces"),
            ("https://otel.example.com/v1/traces", "https://otel.example.com/v1/traces"),
            (" http://[::1]:4318 ", "http://[::1]:4318/v1/traces"),
        ] {
            assert_eq!(Options::at(said).unwrap().endpoint, endpoint, "{said}");
        }
        for said in
            ["", "localhost:4318", "/v1/traces", "ftp://host", "http://", "http://ann:pass@host", "a b"]
        {
            assert!(Options::at(said).is_err(), "{said}");
        }
    }

    #[test]
    fn lists_are_those_of_opentelemetry() {
        let options = Options::at("http://a").unwrap();
        let options = options.with_headers("api-key=a%20b, X-Other = c=d ,").unwrap();
        assert_eq!(
            (&options.headers["api-key"], &options.headers["x-other"]),
            (&"a b".parse().unwrap(), &"c=d".parse().unwrap())
        );
        assert!(!format!("{options:?}").contains("a b"), "keys are in no log");
        let resource = options.clone().with_resource("deployment.environment=prod,host.name=a%2Cb").unwrap();
        assert_eq!(resource.resource[1], ("host.name".to_owned(), "a,b".to_owned()));
        let error = options.clone().with_headers("api-key:hush").unwrap_err().to_string();
        let other = options.clone().with_headers("a=hush,=hush").unwrap_err().to_string();
        assert!(!other.contains("hush"), "{error} {other}");
        for list in ["a", "=b", "a=b,c", "a=%ff"] {
            assert!(options.clone().with_resource(list).is_err(), "{list}");
        }
        assert!(options.clone().with_resource(&"a=b,".repeat(ENTRIES_MAX + 1)).is_err());
        assert!(
            options.clone().with_headers("a b=c").is_err() && options.clone().with_headers("a=%0a").is_err()
        );
    }

    #[test]
    fn a_rate_is_a_part_of_a_whole() {
        for rate in [0.0, 0.25, 1.0] {
            assert!(Options::at("http://a").unwrap().with_sampling_rate(rate).is_ok());
        }
        for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Options::at("http://a").unwrap().with_sampling_rate(rate).is_err());
        }
    }
}
