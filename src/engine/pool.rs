//! A bounded pool of threads, each with a model of its own: inference never runs on the audio path,
//! and a full queue is an answer, not a delay.

use crate::ports::EngineFailed;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::oneshot;

type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// Threads that each own a `W` and take jobs from one queue.
pub struct Pool<W> {
    engine: &'static str,
    queue: mpsc::SyncSender<Job<W>>,
}

impl<W: Send + 'static> Pool<W> {
    /// One thread for each of `workers`; at most `queue_max` jobs wait.
    pub fn new(engine: &'static str, workers: Vec<W>, queue_max: usize) -> Pool<W> {
        let (queue, jobs) = mpsc::sync_channel::<Job<W>>(queue_max);
        let jobs = Arc::new(Mutex::new(jobs));
        for mut worker in workers {
            let jobs = Arc::clone(&jobs);
            thread::spawn(move || {
                loop {
                    // The lock is held only while taking a job; a poisoned one still holds a good receiver.
                    let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    match job {
                        // A panic in a model loses its own job (the asker sees the dropped answer), never the thread.
                        Ok(job) => drop(catch_unwind(AssertUnwindSafe(|| job(&mut worker)))),
                        Err(_) => return,
                    }
                }
            });
        }
        Pool { engine, queue }
    }

    /// Runs `job` on the next free worker.
    pub async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut W) -> Result<R, EngineFailed> + Send + 'static,
    ) -> Result<R, EngineFailed> {
        let (answer, answered) = oneshot::channel();
        let boxed: Job<W> = Box::new(move |worker| {
            // Nobody waits any more when the caller spoke on: then it is not worth the work.
            if !answer.is_closed() {
                let _ = answer.send(job(worker));
            }
        });
        self.queue.try_send(boxed).map_err(|_| EngineFailed::Overloaded(self.engine))?;
        let lost =
            || EngineFailed::Broken { engine: self.engine, why: "the worker died on this input".into() };
        answered.await.map_err(|_| lost())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;

    #[tokio::test]
    async fn a_job_that_dies_takes_nothing_else_down() {
        let pool = Pool::new("test", vec![0u32], 4);
        let died = pool.run::<u32>(|_| panic!("a model that panics on this input")).await;
        assert!(matches!(died, Err(EngineFailed::Broken { engine: "test", .. })), "{died:?}");
        assert_eq!(pool.run(|n| Ok(*n + 1)).await, Ok(1), "the worker lives on");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_done() {
        let pool = Pool::new("test", vec![Vec::new()], 4);
        let (hold, held) = mpsc::channel::<()>();
        let busy = pool.run(move |_| Ok(held.recv().is_err()));
        let mut busy = std::pin::pin!(busy);
        let mut given_up = Box::pin(pool.run(|done: &mut Vec<u8>| {
            done.push(1);
            Ok(())
        }));
        // Each is asked for once, in this order, so that both are queued; then the second is dropped.
        std::future::poll_fn(|cx| {
            assert!(busy.as_mut().poll(cx).is_pending());
            assert!(given_up.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        drop(given_up);
        drop(hold);
        assert_eq!(busy.await, Ok(true));
        assert_eq!(pool.run(|done| Ok(done.clone())).await, Ok(vec![]));
    }
}
