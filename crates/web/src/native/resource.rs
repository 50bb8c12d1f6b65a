//! Rust values that a JavaScript object stands for, freed when that object is collected.
//!
//! The object is an empty one with a private number; the value lies in a table of the isolate. A tenant cannot forge
//! such an object, and a forged one would name a value that is checked for its type.

use std::{any::Any, cell::RefCell, collections::HashMap, rc::Rc};

use mote_engine::{
    memory::{Held, MemoryAccount},
    v8,
};

use super::args::throw_range_error;

#[derive(Default)]
struct Table {
    next: u32,
    values: HashMap<u32, Entry>,
}

struct Entry {
    /// `None` while it is in use.
    value: Option<Box<dyn Any>>,
    /// Kept so that its finaliser runs.
    _object: v8::Weak<v8::Object>,
    _held: Held,
}

/// What an entry takes besides what its value holds, about.
const ENTRY_BYTES: usize = 256;

type Shared = Rc<RefCell<Table>>;

fn table(scope: &mut v8::PinScope<'_, '_>) -> Shared {
    if let Some(table) = scope.get_slot::<Shared>() {
        return table.clone();
    }
    let table = Shared::default();
    scope.set_slot(table.clone());
    table
}

fn key<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Private>> {
    let name = v8::String::new(scope, "mote.resource")?;
    Some(v8::Private::for_api(scope, Some(name)))
}

/// An object that stands for `value`; throws and gives `None` if the isolate may hold no more.
pub(crate) fn wrap<'s, T: 'static>(
    scope: &mut v8::PinScope<'s, '_>,
    value: T,
) -> Option<v8::Local<'s, v8::Object>> {
    let held = scope.get_slot::<MemoryAccount>().and_then(|account| account.hold(ENTRY_BYTES));
    let Some(held) = held else {
        throw_range_error(scope, "The worker's memory limit leaves no room for another object of this kind.");
        return None;
    };
    let table = table(scope);
    let object = v8::Object::new(scope);
    let id = {
        let mut table = table.borrow_mut();
        table.next = table.next.checked_add(1)?;
        table.next
    };
    let key = key(scope)?;
    let number = v8::Integer::new_from_unsigned(scope, id);
    object.set_private(scope, key, number.into())?;
    let owner = Rc::downgrade(&table);
    let finalizer = Box::new(move || {
        let Some(table) = owner.upgrade() else { return };
        // The entry is dropped after the table is free again: its own drop may run code.
        let entry = table.try_borrow_mut().ok().and_then(|mut table| table.values.remove(&id));
        drop(entry);
    });
    let weak = v8::Weak::with_guaranteed_finalizer(scope, object, finalizer);
    table.borrow_mut().values.insert(id, Entry { value: Some(Box::new(value)), _object: weak, _held: held });
    Some(object)
}

/// Runs `work` on the value that `object` stands for; `None` if it stands for none of this type, or the value is in use.
pub(crate) fn with_resource<T: 'static, R>(
    scope: &mut v8::PinScope<'_, '_>,
    object: v8::Local<'_, v8::Value>,
    work: impl FnOnce(&mut v8::PinScope<'_, '_>, &mut T) -> R,
) -> Option<R> {
    let object = object.try_cast::<v8::Object>().ok()?;
    let key = key(scope)?;
    let id = object.get_private(scope, key)?.try_cast::<v8::Uint32>().ok()?.value();
    let table = table(scope);
    // Taken out while in use: `work` may collect garbage, whose finalisers come to this table.
    let mut value = table.borrow_mut().values.get_mut(&id)?.value.take()?;
    let result = value.downcast_mut::<T>().map(|value| work(scope, value));
    if let Some(entry) = table.borrow_mut().values.get_mut(&id) {
        entry.value = Some(value);
    }
    result
}
