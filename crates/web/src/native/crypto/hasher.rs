//! Natives of hashes that take their input in pieces.

use md5::Md5;
use mote_engine::v8;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_256, digest::DynDigest};

use super::{
    super::{
        args::{in_pieces, string_arg, throw_type_error},
        encoding::{ON_HEAP_BYTES_MAX, exact, view_arg},
        natives,
        resource::{with_resource, wrap},
    },
    Hash, set_buffer,
};

natives! {
    hasherNew => hasher_new,
    hasherCopy => hasher_copy,
    hasherUpdate => hasher_update,
    hasherFinish => hasher_finish,
}

struct Hasher(Box<dyn DynDigest>);

/// `hasherNew(hash) -> hasher`; beside the hashes of Web Cryptography, those that only Node has.
fn hasher_new<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(name) = string_arg(scope, &args, 0) else { return };
    let state: Box<dyn DynDigest> = match (name.as_str(), Hash::named(&name)) {
        ("SHA-224", _) => Box::new(Sha224::new()),
        ("SHA-512/256", _) => Box::new(Sha512_256::new()),
        (_, Some(Hash::Md5)) => Box::new(Md5::new()),
        (_, Some(Hash::Sha1)) => Box::new(Sha1::new()),
        (_, Some(Hash::Sha256)) => Box::new(Sha256::new()),
        (_, Some(Hash::Sha384)) => Box::new(Sha384::new()),
        (_, Some(Hash::Sha512)) => Box::new(Sha512::new()),
        (_, None) => return throw_type_error(scope, "the hash is unknown"),
    };
    if let Some(object) = wrap(scope, Hasher(state)) {
        rv.set(object.into());
    }
}

/// `hasherCopy(hasher) -> hasher`: one that has seen the same bytes so far.
fn hasher_copy<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let copy = with_resource::<Hasher, _>(scope, args.get(0), |_, hasher| Hasher(hasher.0.box_clone()));
    let Some(copy) = copy else { return throw_type_error(scope, "a hasher was expected") };
    if let Some(object) = wrap(scope, copy) {
        rv.set(object.into());
    }
}

/// `hasherUpdate(hasher, bytes) -> number`: how many they were.
fn hasher_update<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let Some(view) = view_arg(scope, &args, 1) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let mut storage = [0; ON_HEAP_BYTES_MAX];
    let bytes = view.get_contents(&mut storage);
    let updated = with_resource::<Hasher, _>(scope, args.get(0), |_, hasher| {
        in_pieces(bytes, |piece| hasher.0.update(piece));
    });
    match updated {
        Some(()) => rv.set_double(exact(bytes.len())),
        None => throw_type_error(scope, "a hasher was expected"),
    }
}

/// `hasherFinish(hasher) -> ArrayBuffer`
fn hasher_finish<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let digest = with_resource::<Hasher, _>(scope, args.get(0), |_, hasher| hasher.0.finalize_reset());
    match digest {
        Some(digest) => set_buffer(scope, &mut rv, digest.to_vec()),
        None => throw_type_error(scope, "a hasher was expected"),
    }
}
