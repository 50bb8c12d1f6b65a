//! The command line of `mote dev`.

use std::{net::IpAddr, path::PathBuf};

use clap::Args;

/// Run project folders or single files, and reload them when they change.
#[derive(Args, Debug, Clone)]
pub(crate) struct Options {
    /// Folders with a wrangler.toml, wrangler.json or wrangler.jsonc, or single JavaScript or TypeScript files.
    ///
    /// One worker answers on every host name, several answer on http://<name>.localhost.
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Port to listen on; 0 takes a free one.
    #[arg(long, short, default_value_t = 8787, env = "MOTE_PORT")]
    pub(crate) port: u16,

    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) ip: IpAddr,

    /// Environment of the configuration to use (`[env.<NAME>]`).
    #[arg(long, short)]
    pub(crate) env: Option<String>,

    /// A variable for `env`, over those of the configuration.
    #[arg(long = "var", value_name = "NAME:VALUE", value_parser = name_and_value)]
    pub(crate) vars: Vec<(String, String)>,

    /// Let Chrome DevTools attach on this port.
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "9229")]
    pub(crate) inspect: Option<u16>,

    /// CPU time in milliseconds that a worker may use without a pause.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    pub(crate) cpu_ms: u64,

    /// Memory in MiB that a worker's JavaScript heap may hold.
    #[arg(long, value_name = "MIB", default_value_t = 128)]
    pub(crate) memory_mib: usize,

    /// Print neither requests nor notices, only errors and what workers write.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME:VALUE".to_owned()),
    }
}
