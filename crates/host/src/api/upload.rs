//! A worker as clients upload it: a multipart form of one `metadata` part and a part for each module. All of it is hostile.

use std::error::Error;

use http::{HeaderMap, header};
use hyper::body::{Body, Bytes};
use mote_wire::bundle::{
    Bundle, CONTENT_BYTES_MAX, Format, MODULES_MAX, Module, ModuleKind, ModuleSpecifier, SOURCE_MAP_BYTES_MAX,
};
use multer::{Constraints, Field, SizeLimit};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    arriving::{self, form},
    envelope::Refusal,
};

/// The most bytes of the `metadata` part.
pub(super) const METADATA_BYTES_MAX: usize = 1 << 20;
/// The most bytes of a whole form.
pub(super) const FORM_BYTES_MAX: usize = CONTENT_BYTES_MAX + SOURCE_MAP_BYTES_MAX + (4 << 20);
/// A source map for each module, and the metadata.
const PARTS_MAX: usize = 2 * MODULES_MAX + 1;

/// What was uploaded.
pub(super) struct Upload {
    pub(super) metadata: Metadata,
    pub(super) bundle: Bundle,
}

/// The `metadata` part. What it says beside this has no effect on how a worker runs.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    pub(super) main_module: Option<String>,
    pub(super) body_part: Option<String>,
    #[serde(default)]
    pub(super) bindings: Vec<Map<String, Value>>,
    pub(super) compatibility_date: Option<String>,
    #[serde(default)]
    pub(super) compatibility_flags: Vec<String>,
    #[serde(default)]
    pub(super) keep_bindings: Vec<String>,
    pub(super) annotations: Option<Value>,
    #[serde(default)]
    pub(super) limits: Option<Map<String, Value>>,
    pub(super) tags: Option<Value>,
    pub(super) observability: Option<Value>,
    pub(super) usage_model: Option<String>,
    #[serde(default)]
    pub(super) keep_assets: bool,
    pub(super) assets: Option<Value>,
    pub(super) migrations: Option<Value>,
    pub(super) containers: Option<Value>,
    pub(super) tail_consumers: Option<Vec<Value>>,
    pub(super) streaming_tail_consumers: Option<Vec<Value>>,
}

impl Metadata {
    /// Whether it brings files and no code.
    pub(super) fn is_files_alone(&self) -> bool {
        self.main_module.is_none() && self.body_part.is_none() && (self.assets.is_some() || self.keep_assets)
    }
}

/// What stands for the code of a worker that is files alone. No event reaches it.
const NO_CODE: &str = "export default { fetch() { return new Response(null, { status: 404 }); } };";

/// Reads an upload.
pub(super) async fn read<B>(headers: &HeaderMap, body: B) -> Result<Upload, Refusal>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind)
        .map_err(|_| Refusal::invalid("the body must be multipart/form-data with a boundary"))?;
    let sizes =
        SizeLimit::new().whole_stream(FORM_BYTES_MAX as u64).for_field("metadata", METADATA_BYTES_MAX as u64);
    let constraints = Constraints::new().size_limit(sizes);
    let mut form = form(body, boundary, constraints).await;
    let (mut metadata, mut modules, mut maps, mut parts) = (None, Vec::new(), Vec::new(), 0);
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        parts += 1;
        if parts > PARTS_MAX {
            return Err(Refusal::too_large(format!("a worker may have {MODULES_MAX} modules")));
        }
        match field.name() {
            Some("metadata") if metadata.is_none() => metadata = Some(metadata_of(field).await?),
            Some("metadata") => return Err(Refusal::invalid("the form has two parts called `metadata`")),
            Some(name) => {
                let name = name.to_owned();
                match part(name, field).await? {
                    Part::Module(module) => modules.push(module),
                    Part::SourceMap { of, map } => maps.push((of, map)),
                }
            }
            None => return Err(Refusal::invalid("a part of the form has no name")),
        }
    }
    let metadata = metadata.ok_or_else(|| Refusal::invalid("the form has no part called `metadata`"))?;
    for (of, map) in maps {
        // A map of nothing is of no use, and of no harm.
        if let Some(module) = modules.iter_mut().find(|module| module.name.as_str() == of) {
            module.source_map = Some(map);
        }
    }
    let bundle = assemble(&metadata, modules)?;
    Ok(Upload { metadata, bundle })
}

pub(super) fn malformed(error: multer::Error) -> Refusal {
    match error {
        multer::Error::FieldSizeExceeded { limit, field_name } => Refusal::too_large(format!(
            "the part `{}` is larger than {limit} bytes",
            field_name.unwrap_or_default()
        )),
        multer::Error::StreamSizeExceeded { limit } => {
            Refusal::too_large(format!("the form is larger than {limit} bytes"))
        }
        multer::Error::StreamReadFailed(error) => arriving::broken(&*error),
        error => Refusal::invalid(format!("the form cannot be read: {error}")),
    }
}

async fn metadata_of(field: Field<'_>) -> Result<Metadata, Refusal> {
    let bytes = field.bytes().await.map_err(malformed)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::invalid(format!("the part `metadata` cannot be read: {error}")))
}

enum Part {
    Module(Module),
    SourceMap { of: String, map: Bytes },
}

async fn part(name: String, field: Field<'_>) -> Result<Part, Refusal> {
    let kind = field.content_type().map(|kind| kind.essence_str().to_owned()).unwrap_or_default();
    let kind = match kind.as_str() {
        "application/source-map" => {
            let of = name.strip_suffix(".map").unwrap_or(&name).trim_start_matches("./").to_owned();
            return Ok(Part::SourceMap { of, map: field.bytes().await.map_err(malformed)? });
        }
        "application/javascript+module" | "text/javascript+module" => ModuleKind::EsModule,
        "application/javascript" | "text/javascript" => ModuleKind::CommonJs,
        "application/wasm" => ModuleKind::Wasm,
        "text/plain" => ModuleKind::Text,
        "application/octet-stream" => ModuleKind::Data,
        "application/json" => ModuleKind::Json,
        "text/x-python" | "text/x-python-requirement" => return Err(Refusal::not_yet("Python")),
        other => {
            return Err(Refusal::invalid(format!("the module `{name}` is of the unknown type `{other}`")));
        }
    };
    let specifier = specifier(&name)?;
    Ok(Part::Module(Module::new(specifier, kind, field.bytes().await.map_err(malformed)?)))
}

fn specifier(name: &str) -> Result<ModuleSpecifier, Refusal> {
    let shown: String = name.chars().take(100).collect();
    ModuleSpecifier::parse(name).map_err(|error| Refusal::invalid(format!("the module `{shown}`: {error}")))
}

fn assemble(metadata: &Metadata, modules: Vec<Module>) -> Result<Bundle, Refusal> {
    if metadata.is_files_alone() {
        let main = specifier("no-code.js")?;
        let modules = vec![Module::new(main.clone(), ModuleKind::EsModule, NO_CODE)];
        return Bundle::new(modules, main, Format::Modules)
            .map_err(|error| Refusal::invalid(error.to_string()));
    }
    let (main, format) = match (&metadata.main_module, &metadata.body_part) {
        (Some(main), None) => (main, Format::Modules),
        (None, Some(main)) => (main, Format::ServiceWorker),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::invalid("`metadata` must have either `main_module` or `body_part`"));
        }
    };
    Bundle::new(modules, specifier(main)?, format).map_err(|error| Refusal::invalid(error.to_string()))
}
