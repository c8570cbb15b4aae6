//! Key services: the keyring on this machine's disk, and Vault's Transit engine.

mod guard;
mod keyring;
mod transit;

pub use guard::Passphrase;
pub use keyring::Keyring;
pub use transit::Transit;
