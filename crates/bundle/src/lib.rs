//! From a project to a bundle.
//!
//! [`Project::open`] reads a folder with a wrangler configuration, or one script, for an [`Environment`].
//! [`Project::bundle`] compiles its TypeScript and JSX, pulls in npm packages, and gives one ES module beside the
//! text, data and Wasm modules that the code imports - or, with `no_bundle`, the files as they are.
//!
//! It refuses: a configuration with a wrong value, a missing main file, code that does not parse, an import that leads
//! nowhere, and whatever breaks a bundle's limits. It runs none of the project's code and none of its build commands.
//!
//! What is wrong comes as [`Diagnostic`]s with file, line, the code in question and what to do. Errors also name the
//! files to watch, so that `mote dev` can go on when they change. A panic of the bundler library is caught and becomes
//! [`BundleError::Internal`]. Two things are not caught: code nested tens of thousands of brackets deep exhausts even
//! the deep stacks that the parser gets here, which ends the process; and a panic on one of the library's own tasks
//! shows only after the limit on time.
#![forbid(unsafe_code)]

mod bundler;
mod config;
mod diagnostic;
pub mod dotenv;
mod project;
mod redirect;
mod rules;

pub use bundler::{BundleError, Bundled};
pub use config::{AssetsSettings, Binding, BuildSettings, Route, Settings, Var};
pub use diagnostic::{Diagnostic, Location, Severity};
pub use project::{Environment, Project, ProjectError, Purpose};
