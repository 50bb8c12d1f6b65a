//! From an opened project to a bundle.

mod builtins;
mod compile;
mod files;
mod plugin;
mod report;
mod verbatim;

use std::any::Any;
use std::path::PathBuf;

use mote_wire::bundle::{Bundle, InvalidBundle};

use crate::diagnostic::{Diagnostic, Listed};
use crate::project::Project;

/// Why so much: the parser goes one call deeper for each bracket, and an overflow of the stack would end the process.
/// The memory is only taken if it is used.
const STACK_BYTES: usize = 256 << 20;

/// A bundle and what came to light while making it.
#[derive(Clone, Debug)]
pub struct Bundled {
    /// The bundle.
    pub bundle: Bundle,
    /// What is odd about the code. The warnings about the configuration are with the project.
    pub warnings: Vec<Diagnostic>,
    /// Every file that the bundle depends on, and folders where a new file would change it.
    pub watched: Vec<PathBuf>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The project's code is wrong; its developer can mend it.
    #[error("{}", Listed(diagnostics))]
    Code {
        /// Everything that is wrong.
        diagnostics: Vec<Diagnostic>,
        /// The files to watch for a correction.
        watched: Vec<PathBuf>,
    },
    /// The code is fine, but what comes of it is more than a bundle may be.
    #[error("this cannot be a bundle: {source}")]
    Limit {
        /// The rule that it breaks.
        source: InvalidBundle,
        /// The files to watch for a correction.
        watched: Vec<PathBuf>,
    },
    /// There is nothing to bundle: the worker is its assets alone.
    #[error("the worker has no code: its configuration has no `main`")]
    NoCode,
    /// The bundler failed. That is no fault of the code, but other code may go through.
    #[error("the bundler failed on this project: {reason}")]
    Internal {
        /// What is known of it.
        reason: String,
    },
}

impl BundleError {
    /// The files to watch for a correction.
    pub fn watched(&self) -> &[PathBuf] {
        match self {
            Self::Code { watched, .. } | Self::Limit { watched, .. } => watched,
            Self::NoCode | Self::Internal { .. } => &[],
        }
    }
}

impl Project {
    /// Makes the bundle. This takes from milliseconds to seconds and blocks: inside a runtime, use `spawn_blocking`.
    ///
    /// # Errors
    /// If the code is wrong, or the bundle would break a limit; see [`BundleError`].
    pub fn bundle(&self) -> Result<Bundled, BundleError> {
        // Why a thread of its own: it has the deep stack, it may block whoever the caller is, and a panic of the
        // bundler library ends there.
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().name("mote-bundle".to_owned()).stack_size(STACK_BYTES);
            let worker = builder
                .spawn_scoped(scope, || self.bundle_here())
                .map_err(|error| BundleError::Internal { reason: error.to_string() })?;
            worker
                .join()
                .unwrap_or_else(|panic| Err(BundleError::Internal { reason: panic_message(panic.as_ref()) }))
        })
    }

    fn bundle_here(&self) -> Result<Bundled, BundleError> {
        let main = self.settings().main.as_deref().ok_or(BundleError::NoCode)?;
        let made = if self.settings().build.no_bundle {
            verbatim::collect(self, main)
        } else {
            compile::compile(self, main)
        };
        let Made { modules, main, format, warnings, mut watched } =
            made.map_err(|error| error.watching(self))?;
        watched.extend(self.watched().iter().cloned());
        watched.sort();
        watched.dedup();
        match Bundle::new(modules, main, format) {
            Ok(bundle) => Ok(Bundled { bundle, warnings, watched }),
            Err(source) => Err(BundleError::Limit { source, watched }),
        }
    }
}

/// What a way of bundling gives: the parts of the bundle.
struct Made {
    modules: Vec<mote_wire::bundle::Module>,
    main: mote_wire::bundle::ModuleSpecifier,
    format: mote_wire::bundle::Format,
    warnings: Vec<Diagnostic>,
    watched: Vec<PathBuf>,
}

impl BundleError {
    fn code(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Code { diagnostics, watched: Vec::new() }
    }

    /// Adds the project's own files to those that may bring a correction.
    fn watching(mut self, project: &Project) -> Self {
        if let Self::Code { watched, .. } | Self::Limit { watched, .. } = &mut self {
            watched.extend(project.settings().main.clone());
            watched.extend(project.watched().iter().cloned());
            watched.sort();
            watched.dedup();
        }
        self
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
