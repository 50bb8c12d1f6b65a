//! The command line of `mote dev`.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

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
    // Without the sign a path that follows would be taken for the port.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "9229")]
    pub(crate) inspect: Option<u16>,

    /// The operator's configuration (mote.toml): limits, ceilings, accounts.
    #[arg(long, value_name = "FILE", env = "MOTE_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Health, metrics and the kill switch on this address, such as 127.0.0.1:9090.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin: Option<SocketAddr>,

    /// CPU time in milliseconds that an event may use, over `limits.cpu_ms` of the configuration; see `mote limits`.
    #[arg(long, value_name = "MS")]
    pub(crate) cpu_ms: Option<u64>,

    /// Memory in MiB that an isolate may hold, over `limits.memory_mib` of the configuration.
    #[arg(long, value_name = "MIB")]
    pub(crate) memory_mib: Option<u64>,

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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_project_after_inspect_is_no_port() {
        let read = |args: &[&str]| {
            let line = Line::try_parse_from(["dev"].iter().chain(args));
            line.map(|line| (line.options.inspect, line.options.paths)).map_err(|error| error.to_string())
        };
        let hello = vec![PathBuf::from("hello")];
        assert_eq!(read(&["--inspect", "hello"]), Ok((Some(9229), hello.clone())));
        assert_eq!(read(&["hello", "--inspect=1"]), Ok((Some(1), hello.clone())));
        assert_eq!(read(&["hello"]), Ok((None, hello)));
        assert!(read(&["--inspect=hello"]).is_err());
    }
}
