//! Which asset a path means, and where its one URL is (`assets.html_handling` and `assets.not_found_handling`).
//!
//! The order in which files are looked for is data: a table of steps for each mode and each form of path. It follows what
//! Cloudflare serves, which differs from its documentation in one thing: with `auto-trailing-slash`, `/folder.html` and
//! `/folder/index.html` lead to `/folder/` at once, and not by way of `/folder`.

use http::StatusCode;

use super::path;

/// Bytes of the longest path that an asset can have; an upload with a longer one is to be refused. It bounds the walk up the
/// tree for a 404 page, whose length is the request's to choose.
pub const ASSET_PATH_BYTES_MAX: usize = 1024;

/// Where a site's entry is, and what serves every path of a single-page application.
const INDEX: &str = "/index.html";

/// How the URLs of HTML files look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HtmlHandling {
    /// `/foo` for `foo.html`, `/foo/` for `foo/index.html`.
    #[default]
    AutoTrailingSlash,
    /// `/foo/` for both.
    ForceTrailingSlash,
    /// `/foo` for both.
    DropTrailingSlash,
    /// As the files are called.
    None,
}

/// What is served where there is no asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotFoundHandling {
    /// Nothing.
    #[default]
    None,
    /// The nearest `404.html` up the tree.
    Page,
    /// `/index.html`, as if it had been asked for.
    SinglePageApplication,
}

/// A word of the configuration that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlingError {
    /// No such way to handle HTML.
    #[error(
        "`html_handling` is `{0}`; it can be `auto-trailing-slash`, `force-trailing-slash`, `drop-trailing-slash` or `none`"
    )]
    Html(String),
    /// No such way to handle what is not found.
    #[error("`not_found_handling` is `{0}`; it can be `none`, `404-page` or `single-page-application`")]
    NotFound(String),
}

/// How a version's assets are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handling {
    /// How the URLs of HTML files look.
    pub html: HtmlHandling,
    /// What is served where there is no asset. [`NotFoundHandling::None`] tells whether an asset matches.
    pub not_found: NotFoundHandling,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// An asset.
    Serve {
        /// Its path; `exists` has said yes to it.
        path: String,
        /// 200, or 404 for a page that says so.
        status: StatusCode,
    },
    /// Another URL of this host, under which there is an asset.
    Redirect {
        /// Its path: percent-encoded, with one slash at its beginning, and without the request's query.
        location: String,
        /// 307.
        status: StatusCode,
    },
    /// Nothing.
    NotFound,
}

impl HtmlHandling {
    /// Reads the setting's value.
    ///
    /// # Errors
    /// When it means nothing.
    pub fn parse(word: &str) -> Result<Self, HandlingError> {
        match word {
            "auto-trailing-slash" => Ok(Self::AutoTrailingSlash),
            "force-trailing-slash" => Ok(Self::ForceTrailingSlash),
            "drop-trailing-slash" => Ok(Self::DropTrailingSlash),
            "none" => Ok(Self::None),
            other => Err(HandlingError::Html(other.to_owned())),
        }
    }
}

impl NotFoundHandling {
    /// Reads the setting's value.
    ///
    /// # Errors
    /// When it means nothing.
    pub fn parse(word: &str) -> Result<Self, HandlingError> {
        match word {
            "none" => Ok(Self::None),
            "404-page" => Ok(Self::Page),
            "single-page-application" => Ok(Self::SinglePageApplication),
            other => Err(HandlingError::NotFound(other.to_owned())),
        }
    }
}

impl Handling {
    /// What a URL's path leads to. Unlike [`Self::resolve`] it also sends those who spell a path in another way to the one
    /// spelling that [`path::encode`] gives it.
    #[must_use]
    pub fn resolve_url(&self, url_path: &str, exists: impl Fn(&str) -> bool) -> Resolved {
        let decoded = path::decode(url_path);
        let resolved = self.resolve(&decoded, exists);
        match resolved {
            Resolved::Serve { .. } if path::encode(&decoded) != url_path => redirect(&decoded),
            Resolved::Serve { .. } | Resolved::Redirect { .. } | Resolved::NotFound => resolved,
        }
    }

    /// What a percent-decoded path leads to, which begins with a slash. `exists` says whether there is an asset with a path; it
    /// is asked a bounded number of times.
    #[must_use]
    pub fn resolve(&self, path: &str, exists: impl Fn(&str) -> bool) -> Resolved {
        let assets = Assets { html: self.html, exists: &exists };
        if path.len() <= ASSET_PATH_BYTES_MAX
            && let Some(found) = assets.walk(path, Moves::Taken)
        {
            return found;
        }
        match self.not_found {
            NotFoundHandling::None => Resolved::NotFound,
            NotFoundHandling::SinglePageApplication if exists(INDEX) => serve(INDEX.to_owned()),
            NotFoundHandling::SinglePageApplication => Resolved::NotFound,
            NotFoundHandling::Page => not_found_page(path, &exists),
        }
    }
}

/// The nearest `404.html`: in the path's own folder, or in one of those above it.
fn not_found_page(path: &str, exists: &dyn Fn(&str) -> bool) -> Resolved {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        folder = above;
        // Longer than any asset, so there is no need to ask; else a path of slashes would cost its length squared.
        if folder.len() > ASSET_PATH_BYTES_MAX {
            continue;
        }
        let page = format!("{folder}/404.html");
        if exists(&page) {
            return Resolved::Serve { path: page, status: StatusCode::NOT_FOUND };
        }
    }
    Resolved::NotFound
}

fn serve(path: String) -> Resolved {
    Resolved::Serve { path, status: StatusCode::OK }
}

fn redirect(path: &str) -> Resolved {
    Resolved::Redirect { location: path::encode(path), status: StatusCode::TEMPORARY_REDIRECT }
}

/// The forms of a path that mean something to HTML handling; what is left without the ending is the stem.
#[derive(Clone, Copy)]
enum Form {
    /// `/`
    Root,
    /// `/foo/index`
    Index,
    /// `/foo/index.html`
    IndexHtml,
    /// `/foo/`
    Slash,
    /// `/foo.html`
    Html,
    /// `/foo`
    Plain,
}

/// A file that may be meant, named for the stem `/foo`, or for a path as it is.
#[derive(Clone, Copy)]
enum File {
    /// The path itself.
    Exact,
    /// `/foo.html`
    StemHtml,
    /// `/foo/index.html`
    StemIndex,
    /// The path with `.html`.
    PathHtml,
    /// The path with `/index.html`.
    PathIndex,
}

/// Where a file may be at home.
#[derive(Clone, Copy)]
enum Home {
    /// `/foo`
    Stem,
    /// `/foo/`
    StemSlash,
    /// The path with a slash.
    PathSlash,
}

/// One thing to try.
#[derive(Clone, Copy)]
enum Step {
    /// Serve this file if there is one.
    Serve(File),
    /// Send the client to this place if this file is what it gets there.
    Move(File, Home),
}

/// Whether steps that lead elsewhere are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moves {
    Taken,
    /// They lead from where a client was sent: it must arrive there.
    Left,
}

/// What is tried first for a form of path.
fn first_steps(html: HtmlHandling, form: Form) -> &'static [Step] {
    use File::{Exact, StemHtml, StemIndex};
    use Home::{Stem, StemSlash};
    use Step::{Move, Serve};
    match (html, form) {
        (HtmlHandling::None, _) | (_, Form::Plain) => &[],
        (_, Form::Root) => &[Serve(StemIndex)],

        (HtmlHandling::AutoTrailingSlash, Form::Index) => {
            &[Serve(Exact), Move(StemIndex, StemSlash), Move(StemHtml, Stem)]
        }
        (HtmlHandling::AutoTrailingSlash, Form::IndexHtml) => &[Move(Exact, StemSlash), Move(StemHtml, Stem)],
        (HtmlHandling::AutoTrailingSlash, Form::Slash) => &[Serve(StemIndex), Move(StemHtml, Stem)],
        (HtmlHandling::AutoTrailingSlash, Form::Html) => &[Move(Exact, Stem), Move(StemIndex, StemSlash)],

        (HtmlHandling::ForceTrailingSlash, Form::Index) => {
            &[Serve(Exact), Move(StemIndex, StemSlash), Move(StemHtml, StemSlash)]
        }
        (HtmlHandling::ForceTrailingSlash, Form::IndexHtml) => {
            &[Move(Exact, StemSlash), Move(StemHtml, StemSlash)]
        }
        (HtmlHandling::ForceTrailingSlash, Form::Slash) => &[Serve(StemIndex), Serve(StemHtml)],
        // Where there is `foo/index.html` too, `/foo/` is its place, and `foo.html` is at home under its own name.
        (HtmlHandling::ForceTrailingSlash, Form::Html) => {
            &[Move(Exact, StemSlash), Serve(Exact), Move(StemIndex, StemSlash)]
        }

        (HtmlHandling::DropTrailingSlash, Form::Index) => {
            &[Serve(Exact), Move(StemHtml, Stem), Move(StemIndex, Stem)]
        }
        // Where there is `foo.html` too, `/foo` is its place, and `foo/index.html` is at home under its own name.
        (HtmlHandling::DropTrailingSlash, Form::IndexHtml) => {
            &[Move(Exact, Stem), Serve(Exact), Move(StemHtml, Stem)]
        }
        (HtmlHandling::DropTrailingSlash, Form::Slash) => &[Move(StemHtml, Stem), Move(StemIndex, Stem)],
        (HtmlHandling::DropTrailingSlash, Form::Html) => &[Move(Exact, Stem), Move(StemIndex, Stem)],
    }
}

/// What is tried after it, for every form of path.
fn last_steps(html: HtmlHandling) -> &'static [Step] {
    use File::{Exact, PathHtml, PathIndex};
    use Home::PathSlash;
    use Step::{Move, Serve};
    match html {
        HtmlHandling::AutoTrailingSlash => &[Serve(Exact), Serve(PathHtml), Move(PathIndex, PathSlash)],
        HtmlHandling::ForceTrailingSlash => {
            &[Serve(Exact), Move(PathHtml, PathSlash), Move(PathIndex, PathSlash)]
        }
        HtmlHandling::DropTrailingSlash => &[Serve(Exact), Serve(PathHtml), Serve(PathIndex)],
        HtmlHandling::None => &[Serve(Exact)],
    }
}

/// A path and its parts.
struct Parts<'a> {
    path: &'a str,
    stem: &'a str,
    form: Form,
}

impl<'a> Parts<'a> {
    fn of(path: &'a str) -> Self {
        if path == "/" {
            return Self { path, stem: "", form: Form::Root };
        }
        let endings = [
            ("/index", Form::Index),
            (INDEX, Form::IndexHtml),
            ("/", Form::Slash),
            (".html", Form::Html),
            ("", Form::Plain),
        ];
        let found = endings.into_iter().find_map(|(ending, form)| Some((path.strip_suffix(ending)?, form)));
        let (stem, form) = found.unwrap_or((path, Form::Plain));
        Self { path, stem, form }
    }

    fn file(&self, file: File) -> String {
        match file {
            File::Exact => self.path.to_owned(),
            File::StemHtml => format!("{}.html", self.stem),
            File::StemIndex => format!("{}{INDEX}", self.stem),
            File::PathHtml => format!("{}.html", self.path),
            File::PathIndex => format!("{}{INDEX}", self.path),
        }
    }

    fn home(&self, home: Home) -> String {
        match home {
            Home::Stem if self.stem.is_empty() => "/".to_owned(),
            Home::Stem => self.stem.to_owned(),
            Home::StemSlash => format!("{}/", self.stem),
            Home::PathSlash => format!("{}/", self.path),
        }
    }
}

/// The assets under one way to handle HTML.
struct Assets<'a> {
    html: HtmlHandling,
    exists: &'a dyn Fn(&str) -> bool,
}

impl Assets<'_> {
    /// The first step that leads anywhere.
    fn walk(&self, path: &str, moves: Moves) -> Option<Resolved> {
        let parts = Parts::of(path);
        let steps = first_steps(self.html, parts.form).iter().chain(last_steps(self.html));
        steps.into_iter().find_map(|step| match *step {
            Step::Serve(file) => Some(parts.file(file)).filter(|file| (self.exists)(file)).map(serve),
            Step::Move(..) if moves == Moves::Left => None,
            Step::Move(file, home) => {
                let home = parts.home(home);
                self.is_at_home(parts.file(file), &home).then(|| redirect(&home))
            }
        })
    }

    /// Whether a client that is sent to `home` gets `file` there. A file of just that name would be in the way; and `//` leads
    /// to another host.
    fn is_at_home(&self, file: String, home: &str) -> bool {
        !home.contains("//")
            && (self.exists)(&file)
            && !(self.exists)(home)
            && self.walk(home, Moves::Left) == Some(serve(file))
    }
}

#[cfg(test)]
mod tests;
