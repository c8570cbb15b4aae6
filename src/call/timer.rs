//! The time of this machine, as it passes.

use crate::{ports::Timer, time::Millis};
use std::{pin::Pin, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Time since this was made.
pub struct RealTime {
    began: Instant,
}

impl Default for RealTime {
    fn default() -> RealTime {
        RealTime { began: Instant::now() }
    }
}

impl Timer for RealTime {
    fn now(&self) -> Millis {
        Millis(self.began.elapsed().as_millis() as u64)
    }

    fn until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep_until(self.began + Duration::from_millis(at.0)))
    }
}
