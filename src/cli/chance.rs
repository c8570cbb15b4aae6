//! Chance, from the operating system.

use crate::{journal::Salts, ports::Entropy};
use rand::{TryRng, rngs::SysRng};

/// The operating system's random numbers.
pub(super) struct Chance;

impl Entropy for Chance {
    fn draw(&self) -> u128 {
        u128::from_be_bytes(bytes())
    }
}

/// Salts for one call.
pub(super) fn salts() -> Salts {
    Salts::new(bytes())
}

/// Bytes nobody can guess.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A system without chance can keep no secret: there is nothing to go on with.
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random numbers");
    bytes
}
