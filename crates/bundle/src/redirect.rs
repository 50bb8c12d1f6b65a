//! Where the build of a framework has put the configuration that is to be deployed.
//!
//! React Router, Astro and others build with Cloudflare's plug-in for Vite. It writes a configuration beside the code that it
//! has built, and leaves its path in `.wrangler/deploy/config.json`, for wrangler to deploy that one.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, SourceText};

/// The file that says so, seen from the project's folder.
pub(crate) const FILE: &str = ".wrangler/deploy/config.json";

/// The configuration that the text of [`FILE`] in `folder` names.
pub(crate) fn target(folder: &Path, text: String) -> Result<PathBuf, Diagnostic> {
    let named = serde_json::from_str::<serde_json::Value>(&text).ok();
    let named = named.as_ref().and_then(|json| json.get("configPath")).and_then(|path| path.as_str());
    let wrong = |message: &str| {
        let source = SourceText::new(FILE.to_owned(), text.clone());
        source.error(0..0, message).with_hint("build the project again, or remove this file")
    };
    let Some(named) = named else { return Err(wrong("names no configuration (`configPath`)")) };
    let path = folder.join(FILE).with_file_name(named);
    path.canonicalize().map_err(|_| wrong(&format!("names a configuration that is not there: {named}")))
}
