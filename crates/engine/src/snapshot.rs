//! The startup snapshot: a heap with the whole Web platform in it, from which every isolate starts.

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;

use crate::{
    error::JsError,
    sources::{Linking, load, resolve},
    v8,
};

pub use crate::sources::Source;

/// A Rust function that the platform's JavaScript calls.
#[derive(Clone, Copy)]
pub struct Native {
    /// Its name on the object of natives.
    pub name: &'static str,
    /// The function.
    pub callback: v8::FunctionCallback,
}

impl fmt::Debug for Native {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Native").field(&self.name).finish()
    }
}

/// A made snapshot, with the natives that it was made with. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot {
    blob: Bytes,
    references: Arc<[v8::ExternalReference]>,
}

// SAFETY: external references are addresses of functions: plain numbers that nobody changes.
unsafe impl Send for Snapshot {}
// SAFETY: as for Send; all fields are immutable.
unsafe impl Sync for Snapshot {}

impl fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Snapshot").field("bytes", &self.blob.len()).finish_non_exhaustive()
    }
}

/// Where a snapshot says where its read-only heap ends (V8's `SnapshotImpl`), and where that begins.
const READ_ONLY_END: std::ops::Range<usize> = 80..84;
const READ_ONLY_BEGIN: usize = HEADER_BYTES;
/// What stands before it.
pub(crate) const HEADER_BYTES: usize = 96;
/// Its last bytes are a number from which functions are counted. It differs, and each isolate counts anew.
const READ_ONLY_TAIL: usize = 16;

/// The read-only heap in a snapshot.
fn read_only_heap(blob: &[u8]) -> Option<&[u8]> {
    let end = u32::from_le_bytes(blob.get(READ_ONLY_END)?.try_into().ok()?);
    blob.get(READ_ONLY_BEGIN..usize::try_from(end).ok()?.checked_sub(READ_ONLY_TAIL)?)
}

/// Bytes are no snapshot that was made from this very startup snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the heap snapshot was made by another build of Mote")]
pub struct NotADescendant;

/// Why no snapshot could be made. All of these are mistakes in the platform's own code.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// One of the platform's modules threw.
    #[error("the platform's module `{module}` failed: {error}\n{}", error.stack)]
    Threw {
        /// Its name.
        module: String,
        /// What it threw.
        error: JsError,
    },
    /// A hook is not exported by the main module, or is no function.
    #[error("the platform's main module exports no function `{name}`")]
    NoHook {
        /// Its name.
        name: String,
    },
    /// V8 could not serialise the heap.
    #[error("V8 could not make a snapshot of the platform's heap")]
    NotSerialized,
}

impl Snapshot {
    /// A snapshot that was made earlier, by [`make`] with the same natives and sources in the same order.
    #[must_use]
    pub fn from_static(blob: &'static [u8], natives: &[Native], sources: &[Source]) -> Self {
        Self { blob: Bytes::from_static(blob), references: references(natives, sources) }
    }

    /// A snapshot that an isolate which started from this one has left behind.
    ///
    /// # Errors
    /// When it cannot come from this one.
    pub(crate) fn descendant(&self, blob: &'static [u8]) -> Result<Self, NotADescendant> {
        // All isolates of a process share one read-only heap, the first one's. A heap that was made for another would point
        // at the wrong objects in it.
        if read_only_heap(&self.blob).is_none() || read_only_heap(&self.blob) != read_only_heap(blob) {
            return Err(NotADescendant);
        }
        let snapshot = Self { blob: Bytes::from_static(blob), references: self.references.clone() };
        if snapshot.data().is_valid() { Ok(snapshot) } else { Err(NotADescendant) }
    }

    /// The part before the heaps in it.
    pub(crate) fn header(&self) -> &[u8] {
        self.blob.get(..HEADER_BYTES).unwrap_or_default()
    }

    /// Its bytes, for V8. They must not be used any more when this value, and all clones of it, are gone.
    fn data(&self) -> v8::StartupData {
        // SAFETY: V8 wants to hold the bytes for as long as the isolate lives, and whoever makes an isolate from this keeps
        // a clone of it until then (`Isolate`'s last field). The bytes are never moved or changed.
        let bytes: &'static [u8] = unsafe { std::mem::transmute::<&[u8], &'static [u8]>(&self.blob) };
        v8::StartupData::from(bytes)
    }

    /// Parameters for an isolate that must not outlive this value.
    pub(crate) fn params(&self) -> v8::CreateParams {
        let references = Cow::Owned(self.references.to_vec());
        v8::Isolate::create_params().snapshot_blob(self.data()).external_references(references)
    }

    /// An isolate that can leave its heap behind; with parameters of [`Self::params`].
    pub(crate) fn recorder(params: v8::CreateParams) -> v8::OwnedIsolate {
        v8::Isolate::snapshot_creator(None, Some(params))
    }
}

/// What the heap points at outside of it; a snapshot names these by their place in this list.
fn references(natives: &[Native], sources: &[Source]) -> Arc<[v8::ExternalReference]> {
    let functions = natives.iter().map(|native| v8::ExternalReference { function: native.callback });
    let texts = sources.iter().map(|source| v8::ExternalReference {
        pointer: std::ptr::from_ref(source.text).cast_mut().cast::<std::ffi::c_void>(),
    });
    let end = v8::ExternalReference { pointer: std::ptr::null_mut() };
    let ours = crate::modules::references().into_iter().chain(crate::lazy::references());
    functions.chain(texts).chain(ours).chain(std::iter::once(end)).collect()
}

/// Runs the platform's modules once and keeps the heap.
///
/// `sources` are ES modules that import each other by relative names; `main` names the one to run. The
/// natives are on `globalThis.__native` while they run. Each of `hooks` is a function that the main module exports; an
/// isolate gets them back by their index ([`hook`]). The last of them is called once, without arguments: it does what the
/// first event of a worker does, so that the code for it is in the snapshot.
///
/// # Errors
/// When the platform's own code is wrong.
pub fn make(
    natives: &[Native],
    sources: &'static [Source],
    main: &str,
    hooks: &[&str],
) -> Result<Vec<u8>, SnapshotError> {
    let references = references(natives, sources);
    let evaluated = evaluated(&references, natives, sources, main, hooks)?;
    warmed_up(&references, evaluated, hooks.len())
}

/// The heap after the modules have run, without any compiled code: most of it ran once and never will again.
fn evaluated(
    references: &Arc<[v8::ExternalReference]>,
    natives: &[Native],
    sources: &'static [Source],
    main: &str,
    hooks: &[&str],
) -> Result<v8::StartupData, SnapshotError> {
    let mut creator = v8::Isolate::snapshot_creator(Some(Cow::Owned(references.to_vec())), None);
    let result = {
        v8::scope!(let scope, &mut creator);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(scope, context);
        let result = install(scope, natives)
            .ok_or(SnapshotError::NotSerialized)
            .and_then(|()| evaluate(scope, sources, main))
            .and_then(|namespace| keep_hooks(scope, context, namespace, hooks));
        scope.remove_slot::<Linking>();
        scope.set_default_context(context);
        result
    };
    // Why also after an error: a creator that is dropped without its blob panics.
    let blob = creator.create_blob(v8::FunctionCodeHandling::Clear);
    result?;
    blob.ok_or(SnapshotError::NotSerialized)
}

/// The heap after its last hook has run, with the code that this needed: what the first event of every worker would
/// have to compile.
fn warmed_up(
    references: &Arc<[v8::ExternalReference]>,
    evaluated: v8::StartupData,
    hooks: usize,
) -> Result<Vec<u8>, SnapshotError> {
    let references = Some(Cow::Owned(references.to_vec()));
    let mut creator = v8::Isolate::snapshot_creator_from_existing_snapshot(evaluated, references, None);
    let result = {
        v8::scope!(let scope, &mut creator);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(scope, context);
        let functions: Vec<_> = (0..hooks).filter_map(|index| hook(scope, index)).collect();
        let result = run_last(scope, &functions);
        for (index, function) in functions.into_iter().enumerate() {
            let kept = scope.add_context_data(context, function);
            assert_eq!(kept, index, "hooks are the only context data");
        }
        scope.set_default_context(context);
        result
    };
    let blob = creator.create_blob(v8::FunctionCodeHandling::Keep);
    result?;
    Ok(blob.ok_or(SnapshotError::NotSerialized)?.to_vec())
}

fn run_last<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    functions: &[v8::Local<'s, v8::Function>],
) -> Result<(), SnapshotError> {
    let Some(warm_up) = functions.last() else { return Ok(()) };
    v8::tc_scope!(let scope, scope);
    let receiver = v8::undefined(scope);
    let done = warm_up.call(scope, receiver.into(), &[]);
    scope.perform_microtask_checkpoint();
    match (done, scope.exception()) {
        (Some(_), None) => Ok(()),
        (_, Some(exception)) => {
            let error = JsError::from_value(scope, exception);
            Err(SnapshotError::Threw { module: "the last hook".to_owned(), error })
        }
        (None, None) => Err(SnapshotError::NotSerialized),
    }
}

/// The hook with this index. Each can be taken once per isolate.
pub fn hook<'s>(scope: &mut v8::PinScope<'s, '_>, index: usize) -> Option<v8::Local<'s, v8::Function>> {
    scope.get_context_data_from_snapshot_once::<v8::Function>(index).ok()
}

fn install(scope: &mut v8::PinScope<'_, '_>, natives: &[Native]) -> Option<()> {
    let object = v8::Object::new(scope);
    for native in natives {
        let name = v8::String::new(scope, native.name)?;
        let function = v8::Function::builder_raw(native.callback)
            .constructor_behavior(v8::ConstructorBehavior::Throw)
            .build(scope)?;
        function.set_name(name);
        object.set(scope, name.into(), function.into())?;
    }
    let key = v8::String::new(scope, "__native")?;
    let global = scope.get_current_context().global(scope);
    global.set(scope, key.into(), object.into())?;
    Some(())
}

fn evaluate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    sources: &'static [Source],
    main: &str,
) -> Result<v8::Local<'s, v8::Object>, SnapshotError> {
    scope.set_slot(Linking::new(sources, None));
    v8::tc_scope!(let scope, scope);
    let evaluated = load(scope, main).and_then(|module| {
        module.instantiate_module(scope, resolve)?;
        module.evaluate(scope)?;
        scope.perform_microtask_checkpoint();
        (module.get_status() == v8::ModuleStatus::Evaluated)
            .then(|| module.get_module_namespace().try_cast::<v8::Object>().ok())
            .flatten()
    });
    if let Some(namespace) = evaluated {
        return Ok(namespace);
    }
    let exception = scope.exception().or_else(|| {
        let loaded = scope.get_slot::<Linking>()?.module(main)?;
        let module = v8::Local::new(scope, loaded);
        (module.get_status() == v8::ModuleStatus::Errored).then(|| module.get_exception())
    });
    let error = exception.map_or_else(
        || JsError::plain("it was not found, or was not done at once"),
        |exception| JsError::from_value(scope, exception),
    );
    Err(SnapshotError::Threw { module: main.to_owned(), error })
}

fn keep_hooks<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    context: v8::Local<'s, v8::Context>,
    namespace: v8::Local<'s, v8::Object>,
    hooks: &[&str],
) -> Result<(), SnapshotError> {
    for (index, name) in hooks.iter().enumerate() {
        let missing = || SnapshotError::NoHook { name: (*name).to_owned() };
        let key = v8::String::new(scope, name).ok_or_else(missing)?;
        let value = namespace.get(scope, key.into()).ok_or_else(missing)?;
        let function = value.try_cast::<v8::Function>().map_err(|_| missing())?;
        let kept = scope.add_context_data(context, function);
        assert_eq!(kept, index, "hooks are the only context data");
    }
    Ok(())
}
