//! A map from strings of bytes that finds every key with which a given string begins, in one walk along that string.
//!
//! Why not a sorted map: there one lookup for each length of prefix is needed, and whoever may add keys can make every one
//! of them count. Here a walk looks at each byte once, and never at a key that parts from the string.
//!
//! Invariant: below the root, a node without a value has two children or more. So there are at most twice as many nodes as
//! values, and a removed key leaves nothing behind.
//!
//! A node can lie as deep as its key has bytes. Nothing here recurses, so that nobody's keys exhaust a stack.

use std::{fmt, mem};

/// Values by key.
pub(super) struct Trie<V> {
    root: Node<V>,
}

struct Node<V> {
    /// What its key has more than its parent's: nothing at the root, else one byte or more.
    label: Vec<u8>,
    value: Option<V>,
    /// In the order of their labels' first bytes, which differ.
    children: Vec<Node<V>>,
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { root: Node::leaf(&[]) }
    }
}

impl<V> Drop for Trie<V> {
    fn drop(&mut self) {
        let mut pending = mem::take(&mut self.root.children);
        while let Some(mut node) = pending.pop() {
            pending.append(&mut node.children);
        }
    }
}

impl<V> fmt::Debug for Trie<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trie").finish_non_exhaustive()
    }
}

impl<V> Trie<V> {
    /// The values of all keys with which `string` begins, from the shortest to the longest.
    pub(super) fn prefixes_of<'t, 's>(&'t self, string: &'s [u8]) -> Prefixes<'t, 's, V> {
        Prefixes { next: Some((&self.root, string)) }
    }

    pub(super) fn value(&self, key: &[u8]) -> Option<&V> {
        let (mut node, mut rest) = (&self.root, key);
        while !rest.is_empty() {
            (node, rest) = node.step(rest)?;
        }
        node.value.as_ref()
    }

    pub(super) fn value_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        let (mut node, mut rest) = (&mut self.root, key);
        while !rest.is_empty() {
            let index = node.search(rest).ok()?;
            node = node.children.get_mut(index)?;
            rest = rest.strip_prefix(node.label.as_slice())?;
        }
        node.value.as_mut()
    }

    /// The key's value, which is made if there is none.
    pub(super) fn or_default(&mut self, key: &[u8]) -> &mut V
    where
        V: Default,
    {
        let (mut node, mut rest) = (&mut self.root, key);
        while !rest.is_empty() {
            (node, rest) = node.step_or_grow(rest);
        }
        node.value.get_or_insert_default()
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<V> {
        if key.is_empty() {
            return self.root.value.take();
        }
        let (mut node, mut rest) = (&mut self.root, key);
        loop {
            let index = node.search(rest).ok()?;
            let below = rest.strip_prefix(node.children.get(index)?.label.as_slice())?;
            if below.is_empty() {
                let removed = node.take_value_of(index)?;
                // A node that has lost one of its two children is superfluous, except for the root.
                if rest.len() < key.len() {
                    node.join();
                }
                return Some(removed);
            }
            node = node.children.get_mut(index)?;
            rest = below;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.root.value.is_none() && self.root.children.is_empty()
    }
}

impl<V> Node<V> {
    fn leaf(label: &[u8]) -> Self {
        Self { label: label.to_vec(), value: None, children: Vec::new() }
    }

    /// Where the only child is that can lead to `rest`, or where it would have to be put.
    fn search(&self, rest: &[u8]) -> Result<usize, usize> {
        self.children.binary_search_by_key(&rest.first(), |child| child.label.first())
    }

    /// The child with whose label `rest` begins, and what is left of `rest`.
    fn step<'b>(&self, rest: &'b [u8]) -> Option<(&Self, &'b [u8])> {
        let child = self.children.get(self.search(rest).ok()?)?;
        Some((child, rest.strip_prefix(child.label.as_slice())?))
    }

    /// As [`Node::step`], for a `rest` that is not empty; the child is made where there is none.
    fn step_or_grow<'b>(&mut self, rest: &'b [u8]) -> (&mut Self, &'b [u8]) {
        let index = self.search(rest).unwrap_or_else(|index| {
            self.children.reserve_exact(1);
            self.children.insert(index, Self::leaf(rest));
            index
        });
        let child = self.children.get_mut(index).expect("the child was found there, or put there");
        let common = child.label.iter().zip(rest).take_while(|(a, b)| a == b).count();
        child.split(common);
        (child, rest.get(common..).unwrap_or_default())
    }

    /// Shortens the label to `at` bytes. All that the node had goes to a new child below it.
    fn split(&mut self, at: usize) {
        if at >= self.label.len() {
            return;
        }
        let label = self.label.split_off(at);
        self.label.shrink_to_fit();
        let lower = Self { label, value: self.value.take(), children: mem::take(&mut self.children) };
        self.children = vec![lower];
    }

    /// Takes out a child's value, and the child with it if nothing lies below.
    fn take_value_of(&mut self, index: usize) -> Option<V> {
        let child = self.children.get_mut(index)?;
        let value = child.value.take()?;
        child.join();
        if child.value.is_none() && child.children.is_empty() {
            self.children.remove(index);
        }
        Some(value)
    }

    /// The opposite of [`Node::split`], if the node has nothing but one child.
    fn join(&mut self) {
        if self.value.is_none()
            && self.children.len() == 1
            && let Some(lower) = self.children.pop()
        {
            self.label.extend(lower.label);
            self.value = lower.value;
            self.children = lower.children;
        }
    }
}

/// See [`Trie::prefixes_of`].
pub(super) struct Prefixes<'t, 's, V> {
    /// Where the walk goes on, and the string from there.
    next: Option<(&'t Node<V>, &'s [u8])>,
}

impl<'t, V> Iterator for Prefixes<'t, '_, V> {
    type Item = &'t V;

    fn next(&mut self) -> Option<&'t V> {
        while let Some((node, rest)) = self.next {
            self.next = node.step(rest);
            if node.value.is_some() {
                return node.value.as_ref();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie(keys: &[&'static str]) -> Trie<&'static str> {
        let mut trie = Trie::default();
        for key in keys {
            *trie.or_default(key.as_bytes()) = *key;
        }
        trie
    }

    fn assert_nothing_is_superfluous<V>(node: &Node<V>) {
        for child in &node.children {
            assert!(!child.label.is_empty());
            assert!(child.value.is_some() || child.children.len() >= 2);
            assert_nothing_is_superfluous(child);
        }
        assert!(node.children.is_sorted_by_key(|child| child.label.first()));
    }

    #[test]
    fn the_keys_with_which_a_string_begins_come_from_short_to_long() {
        let trie = trie(&["/", "/ab", "/abc/d", "/b", "/abx", ""]);
        let found = |string: &'static str| trie.prefixes_of(string.as_bytes()).copied().collect::<Vec<_>>();
        assert_eq!(found("/abc/de"), ["", "/", "/ab", "/abc/d"]);
        assert_eq!(found("/abc"), ["", "/", "/ab"]);
        assert_eq!(found("/a"), ["", "/"]);
        assert_eq!(found("x"), [""]);
        assert_eq!(found(""), [""]);
    }

    #[test]
    fn a_part_of_a_key_is_no_key() {
        let mut trie = trie(&["abc", "abd"]);
        for key in ["", "a", "ab", "abcd", "b"] {
            assert_eq!(trie.value(key.as_bytes()), None, "{key}");
            assert_eq!(trie.value_mut(key.as_bytes()), None, "{key}");
            assert_eq!(trie.remove(key.as_bytes()), None, "{key}");
        }
        assert_eq!(trie.value(b"abc"), Some(&"abc"));
    }

    #[test]
    fn a_removed_key_leaves_nothing_behind() {
        let keys = ["", "/", "/ab", "/abc/d", "/abc/e", "/b", "/abx"];
        let mut trie = trie(&keys);
        assert_nothing_is_superfluous(&trie.root);
        for (index, key) in keys.into_iter().enumerate() {
            assert_eq!(trie.remove(key.as_bytes()), Some(key));
            assert_nothing_is_superfluous(&trie.root);
            for left in keys.iter().skip(index + 1) {
                assert_eq!(trie.value(left.as_bytes()), Some(left));
            }
        }
        assert!(trie.is_empty());
    }
}
