//! Who may see what of a call: role, purpose and consent by datum, as one pure table, and a record seen through it.

mod decide;
mod standing;
mod view;
mod who;

pub use decide::*;
pub use standing::*;
pub use view::*;
pub use who::*;
