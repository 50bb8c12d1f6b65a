//! `mote top`.

mod live;
mod sample;
mod screen;
mod terminal;

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Client, ConnectionOptions, Output, RemoteError};
use sample::Sample;
use screen::Shown;

/// The shortest time between two looks, in seconds: cells are asked how they are several times in it.
const INTERVAL_S_MIN: f64 = 0.2;
/// The longest.
const INTERVAL_S_MAX: f64 = 3_600.0;
/// How long one look may take.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Watch a node: its cells, and its workers with what they use.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// Print one screen and end; so it is also where there is no terminal.
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds between two looks.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    pub(crate) interval: Duration,
    /// Which workers come first.
    #[arg(long, value_enum, default_value_t = Sort::Cpu)]
    pub(crate) sort: Sort,
    /// How many workers are asked for, at most.
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) limit: u16,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

/// By what workers are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// CPU time.
    Cpu,
    /// The most memory that an isolate held.
    Memory,
    /// Events.
    Events,
    /// Isolates started: cold starts.
    Starts,
}

impl Sort {
    /// As the API and the command line name it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Events => "events",
            Self::Starts => "starts",
        }
    }
}

/// A node to look at.
struct Node {
    client: Client,
    limit: u16,
}

impl Node {
    /// Looks once.
    async fn look(&self, sort: Sort) -> Result<(Value, Sample), RemoteError> {
        let path = format!("mote/top?limit={}&sort={}", self.limit, sort.as_str());
        let look = tokio::time::timeout(LOOK_MAX, self.client.get::<Value>(&path));
        let late = |_| {
            RemoteError::wrong(
                format!("the node has not answered within {} s", LOOK_MAX.as_secs()),
                "`mote doctor` and the node's log say more",
            )
        };
        let document = look.await.map_err(late)??;
        let sample = serde_json::from_value(document.clone());
        let sample = sample.map_err(|error| self.client.strange("mote/top", &error.to_string()))?;
        Ok((document, sample))
    }
}

pub(crate) async fn run(options: &Options, output: &Output) -> Result<(), RemoteError> {
    let node = Node { client: options.connection.client(output)?, limit: options.limit };
    // Before the terminal changes: what is wrong with an address or a token is told as other commands tell it.
    let (_, first) = node.look(options.sort).await?;
    let live = !options.once && !output.is_json() && io::stdin().is_terminal() && io::stdout().is_terminal();
    if live {
        return live::run(&node, first, options, output).await;
    }
    tokio::time::sleep(options.interval).await;
    let (mut document, second) = node.look(options.sort).await?;
    let rates = second.rates_since(&first);
    sample::add_rates(&mut document, &rates);
    output.result(&document, |colours| {
        let shown = Shown { api: node.client.address(), sample: &second, rates: &rates, sort: options.sort };
        screen::whole(&shown, colours)
    });
    Ok(())
}

fn interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (INTERVAL_S_MIN..=INTERVAL_S_MAX).contains(seconds));
    let seconds =
        seconds.ok_or_else(|| format!("write seconds, from {INTERVAL_S_MIN} to {INTERVAL_S_MAX}"))?;
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_neither_without_end_nor_without_a_pause() {
        assert_eq!(interval("0.5").unwrap(), Duration::from_millis(500));
        for wrong in ["0", "-1", "nan", "inf", "1e9", "", "1s"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_of_the_command_line_are_those_of_the_api() {
        for sort in Sort::value_variants() {
            assert_eq!(sort.to_possible_value().unwrap().get_name(), sort.as_str());
        }
    }
}
