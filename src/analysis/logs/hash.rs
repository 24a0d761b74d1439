//! A small, fast, fixed hash: the same on every run and machine. Not for input that wants to collide: a collision here
//! would only file a line under another shape.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

const SEEDS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];

/// Mixes two words: the halves of their product folded together (Wang Yi, "wyhash").
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ SEEDS[0]) * u128::from(b ^ SEEDS[1]);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Hash of some bytes.
pub(super) fn bytes(bytes: &[u8]) -> u64 {
    let mut state = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        state = mix(state, u64::from_le_bytes(word));
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        state = mix(state, u64::from_le_bytes(word));
    }
    mix(state, SEEDS[0].rotate_left(17))
}

/// Passes a key through that is a hash already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, self::bytes(bytes));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A map whose keys are hashes. It is only looked into, never walked: its order means nothing.
pub(super) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;
