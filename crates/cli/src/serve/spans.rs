//! Where spans of events go, if the operator wants any.

use std::rc::Rc;

use clap::Args;
use mote_host::otlp::{Exporter, Options, OptionsError};

use super::log::{Level, line};

/// Who is told of the trace that a request goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassesOn {
    /// Workers of this node. What goes outside says nothing of what it belongs to.
    WithinTheNode,
    /// Whoever is asked.
    Everywhere,
}

/// Where spans go, and which. The variables are OpenTelemetry's own.
#[derive(Args, Debug, Clone)]
pub(crate) struct SpanOptions {
    /// Send spans of events to this collector, by OTLP over HTTP; `/v1/traces` is added where it lacks.
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp: Option<String>,

    /// Headers for the collector, such as its key: NAME=VALUE, with commas between.
    #[arg(long, value_name = "LIST", env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true)]
    otlp_headers: Option<String>,

    /// The service that spans are said to be of.
    #[arg(long, value_name = "NAME", env = "OTEL_SERVICE_NAME", default_value = "mote")]
    otlp_service: String,

    /// Attributes of the node: NAME=VALUE, with commas between.
    #[arg(long, value_name = "LIST", env = "OTEL_RESOURCE_ATTRIBUTES")]
    otlp_attributes: Option<String>,

    /// Which part of the traces that begin here is kept, from 0 to 1. Those of callers are kept if the caller keeps them.
    #[arg(long, value_name = "RATE", env = "OTEL_TRACES_SAMPLER_ARG", default_value_t = 1.0)]
    otlp_sample: f64,

    /// Tell whatever workers fetch outside of the node which trace it goes on with (`traceparent`). Workers of the node are always told.
    #[arg(long)]
    otlp_propagate: bool,
}

impl SpanOptions {
    /// Who is told of a trace.
    pub(super) fn passes_on(&self) -> PassesOn {
        if self.otlp_propagate { PassesOn::Everywhere } else { PassesOn::WithinTheNode }
    }

    /// Begins to send, if there is somewhere to send to.
    pub(super) fn start(&self) -> Result<Option<Rc<Exporter>>, OptionsError> {
        let Some(endpoint) = self.otlp.as_deref().filter(|endpoint| !endpoint.is_empty()) else {
            return Ok(None);
        };
        let options = Options::at(endpoint)?
            .with_headers(self.otlp_headers.as_deref().unwrap_or_default())?
            .with_resource(self.otlp_attributes.as_deref().unwrap_or_default())?
            .with_service_name(&self.otlp_service)
            .with_sampling_rate(self.otlp_sample)?;
        let told = |problem: Option<&str>| match problem {
            Some(problem) => {
                line(Level::Warn, format_args!("spans are lost: the collector fails: {problem}"));
            }
            None => line(Level::Info, "the collector takes spans again"),
        };
        Exporter::start(options, Box::new(told)).map(Some)
    }
}
