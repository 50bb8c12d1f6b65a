//! How far an upload is, on terminals only.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Output;

/// A bar that fills as bytes are sent, or nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Option<ProgressBar>);

/// Fewer bytes than these are gone before anybody could look.
const SHOWN_BYTES_MIN: u64 = 256 << 10;

impl Progress {
    /// For so many bytes. Programs, files and pipes get no bar.
    pub(crate) fn of(output: &Output, what: &'static str, bytes: u64) -> Self {
        if output.is_json() || !io::stderr().is_terminal() || bytes < SHOWN_BYTES_MIN {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self(Some(bar))
    }

    pub(crate) fn sent(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    /// Takes it off the terminal.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
