//! After each call: it is followed up, and whoever is to be told is told that something waits.

use crate::{
    ports::{Clock, Notifier, StoreUnavailable, Waiting},
    store::After,
    time::Utc,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// What is not told by a call's end is looked for this often: other processes add calls, and failures are tried again.
const LOOK: Duration = Duration::from_secs(20);

/// Follows calls up and tells of them, for as long as the server runs.
pub async fn tell_for_ever(
    after: After,
    notifiers: Vec<Arc<dyn Notifier>>,
    closed: Arc<Notify>,
    clock: Arc<dyn Clock>,
) {
    loop {
        let now = clock.now();
        let told = async {
            after.follow_up(now).await?;
            tell(&after, &notifiers, now).await
        };
        if let Err(error) = told.await {
            tracing::error!("what follows calls waits: {error}");
        }
        let _ = tokio::time::timeout(LOOK, closed.notified()).await;
    }
}

/// Tells what is due now, once by each way. What fails is told later; what was told and could not be noted is told
/// again, under the same id.
pub async fn tell(after: &After, notifiers: &[Arc<dyn Notifier>], now: Utc) -> Result<(), StoreUnavailable> {
    for notifier in notifiers {
        let way = notifier.way();
        for notice in after.notices_due(way, now).await? {
            let waiting =
                Waiting { program: notice.program.clone(), call_id: notice.call_id.clone(), at: notice.at };
            match notifier.tell(&waiting).await {
                Ok(()) => after.notice_sent(&notice, way, now).await?,
                Err(why) => {
                    match after.notice_failed(&notice, way, now).await? {
                        Some(next) => {
                            tracing::warn!(way, %next, "nobody could be told that an intake waits: {why}");
                        }
                        None => tracing::error!(
                            way,
                            program = notice.program,
                            "nobody could be told that an intake waits, and it is given up: {why}; look with \
                             `candor intake list --waiting`"
                        ),
                    }
                    // A way that is broken now holds nothing else up: the rest is told at the next look.
                    break;
                }
            }
        }
    }
    Ok(())
}
