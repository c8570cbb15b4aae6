//! Time that passes only when everybody waits for it: a call of minutes is over as soon as its work is done.

use crate::{ports::Timer, time::Millis};
use std::{
    collections::BTreeMap,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// The time of one call. Clones are the same time.
#[derive(Clone, Default)]
pub struct VirtualTime {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    now: Millis,
    /// Who waits for which moment, in the order in which they began to.
    waiting: BTreeMap<(Millis, u64), Waker>,
    waited: u64,
}

impl VirtualTime {
    /// Runs `work` to its end, on this thread. Whenever nothing in it can go on, the time of whoever waits for the
    /// nearest moment has come. Work that waits for nobody's moment would never end, and gives nothing.
    pub fn run<F: Future>(&self, work: F) -> Option<F::Output> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut work = pin!(work);
        loop {
            while woken.0.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(done);
                }
            }
            let (_, next) = {
                let mut state = self.state();
                let first = state.waiting.pop_first()?;
                state.now = state.now.max(first.0.0);
                first
            };
            next.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timer for VirtualTime {
    fn now(&self) -> Millis {
        self.state().now
    }

    fn until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Until { time: self.clone(), at, place: None })
    }
}

struct Until {
    time: VirtualTime,
    at: Millis,
    place: Option<u64>,
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time.clone();
        let mut state = time.state();
        if state.now >= self.at {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            state.waited += 1;
            state.waited
        });
        state.waiting.insert((self.at, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Until {
    /// Nobody waits for it any more.
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.time.state().waiting.remove(&(self.at, place));
        }
    }
}

struct Woken(AtomicBool);

impl Default for Woken {
    /// Work begins by being looked at.
    fn default() -> Woken {
        Woken(AtomicBool::new(true))
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{
        future::{join, select},
        stream::{FuturesUnordered, StreamExt},
    };

    #[test]
    fn time_passes_for_those_who_wait_in_the_order_of_their_moments() {
        let time = VirtualTime::default();
        let told = Mutex::new(Vec::new());
        let waits = |ms: u64| {
            let (time, told) = (time.clone(), &told);
            async move {
                time.until(Millis(ms)).await;
                told.lock().unwrap().push((ms, time.now().0));
            }
        };
        let all: FuturesUnordered<_> = [3_600_000, 20, 500].into_iter().map(waits).collect();
        time.run(all.collect::<Vec<()>>()).unwrap();
        assert_eq!(*told.lock().unwrap(), [(20, 20), (500, 500), (3_600_000, 3_600_000)]);
    }

    #[test]
    fn who_gave_up_waiting_does_not_move_the_time() {
        let time = VirtualTime::default();
        let first = time.run(async {
            select(time.until(Millis(10)), time.until(Millis(10_000))).await;
            join(time.until(Millis(30)), time.until(Millis(5))).await;
            time.now()
        });
        assert_eq!(first, Some(Millis(30)));
        assert!(time.state().waiting.is_empty());
    }

    #[test]
    fn what_waits_for_nothing_that_can_come_is_no_endless_loop() {
        assert_eq!(VirtualTime::default().run(std::future::pending::<()>()), None);
    }
}
