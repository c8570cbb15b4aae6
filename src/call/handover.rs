//! The codes by which unfinished chats go on in a phone call ([ADR 20](../../docs/adr/0020-handing-over.md)).
//!
//! They live in memory alone, and as keyed hashes: a chat that a crash ended has no code any more.

use super::drawn;
use crate::{
    dialogue::{CODE_DIGITS, Carried},
    pii::Pii,
    ports::Entropy,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

/// A code ends after this long.
pub const CODE_MS_MAX: u64 = 15 * 60_000;
/// No more codes count at once: the fewer there are, the less a guess is worth.
const LIVE_MAX: usize = 100;
/// After so many wrong codes within [`CODE_MS_MAX`], from all calls of a program together, none of its codes is looked
/// up for a while.
const WRONG_MAX: usize = 10;
/// A chat answers within this, or it cannot be gone on with.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// The first digit is 3 to 7.
const FIRST: u128 = 3 * 10_u128.pow(CODE_DIGITS as u32 - 1);
const COUNT: u128 = 5 * 10_u128.pow(CODE_DIGITS as u32 - 1);

/// A call takes a chat over.
pub(super) struct Carry {
    /// Which call.
    pub to: String,
    /// What it carries over; dropped, where it cannot.
    pub reply: oneshot::Sender<Carried>,
}

/// The codes of one server.
pub struct Codes {
    secret: [u8; 32],
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    live: HashMap<[u8; 32], Live>,
    /// When wrong codes came, by program.
    wrong: HashMap<String, VecDeque<Instant>>,
}

impl Kept {
    /// Whether too many codes of a program were wrong lately.
    fn is_locked(&mut self, program: &str, now: Instant) -> bool {
        let Some(wrong) = self.wrong.get_mut(program) else { return false };
        wrong.retain(|at| now.duration_since(*at) < Duration::from_millis(CODE_MS_MAX));
        wrong.len() >= WRONG_MAX
    }
}

struct Live {
    call_id: String,
    chat: mpsc::Sender<Carry>,
    until: Instant,
}

impl Codes {
    /// None yet.
    pub fn new(entropy: &dyn Entropy) -> Codes {
        Codes { secret: drawn(entropy), kept: Mutex::default() }
    }

    /// A code for the chat `call_id`, in the place of one that it has; nothing where too many count now, or
    /// where none of the program is looked up for a while.
    pub(super) fn issue(
        &self,
        program: &str,
        call_id: &str,
        chat: mpsc::Sender<Carry>,
        entropy: &dyn Entropy,
        now: Instant,
    ) -> Option<Pii<String>> {
        let mut kept = self.kept();
        kept.live.retain(|_, live| live.until > now && live.call_id != call_id);
        if kept.live.len() >= LIVE_MAX || kept.is_locked(program, now) {
            return None;
        }
        // There is room for it: at most one in five thousand is taken.
        let (code, hash) = loop {
            let code = (FIRST + entropy.draw() % COUNT).to_string();
            let hash = self.hash(program, &code);
            if !kept.live.contains_key(&hash) {
                break (code, hash);
            }
        };
        let until = now + Duration::from_millis(CODE_MS_MAX);
        kept.live.insert(hash, Live { call_id: call_id.to_owned(), chat, until });
        Some(Pii::new(code))
    }

    /// The chat is over: its code is too.
    pub(super) fn forget(&self, call_id: &str) {
        self.kept().live.retain(|_, live| live.call_id != call_id);
    }

    /// The chat of `code` goes on in the call `to`, of the same program: what it carries over. The code is used by
    /// that, whatever comes of it.
    pub(super) async fn carry(
        &self,
        program: &str,
        code: &Pii<String>,
        to: String,
        now: Instant,
    ) -> Option<Carried> {
        let chat = self.take(program, code, now)?;
        let (reply, answer) = oneshot::channel();
        chat.try_send(Carry { to, reply }).ok()?;
        timeout(ANSWER_MAX, answer).await.ok()?.ok()
    }

    fn take(&self, program: &str, code: &Pii<String>, now: Instant) -> Option<mpsc::Sender<Carry>> {
        // What no code can be is no guess at one.
        let possible = FIRST..FIRST + COUNT;
        if !code.expose().parse().is_ok_and(|number: u128| possible.contains(&number)) {
            return None;
        }
        let mut kept = self.kept();
        if kept.is_locked(program, now) {
            tracing::warn!(program, "codes of chats are not looked up for a while: too many were wrong");
            return None;
        }
        let found = kept.live.remove(&self.hash(program, code.expose())).filter(|live| live.until > now);
        if found.is_none() {
            kept.wrong.entry(program.to_owned()).or_default().push_back(now);
        }
        found.map(|live| live.chat)
    }

    /// A code is found by a keyed hash, of its program too: another program's number cannot take it.
    fn hash(&self, program: &str, code: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [&self.secret[..], program.as_bytes(), b"\n", code.as_bytes()] {
            hash.update(part);
        }
        hash.finalize().into()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Another number each time.
    struct Counting(AtomicU64);

    impl Entropy for Counting {
        fn draw(&self) -> u128 {
            u128::from(self.0.fetch_add(104_729, Ordering::Relaxed))
        }
    }

    fn codes() -> (Codes, Counting) {
        let entropy = Counting(AtomicU64::new(7));
        (Codes::new(&entropy), entropy)
    }

    /// A chat that answers once.
    fn chat() -> mpsc::Sender<Carry> {
        let (chat, mut calls) = mpsc::channel::<Carry>(1);
        tokio::spawn(async move {
            while let Some(carry) = calls.recv().await {
                let from = format!("chat for {}", carry.to);
                let _ = carry.reply.send(Carried {
                    from,
                    questions: Vec::new(),
                    patient: None,
                    consents: Vec::new(),
                    kept_out: Vec::new(),
                    no_recording: false,
                });
            }
        });
        chat
    }

    #[tokio::test]
    async fn a_code_counts_once_for_its_program_and_a_quarter_of_an_hour() {
        let ((codes, entropy), now) = (codes(), Instant::now());
        let code = codes.issue("harbor", "a", chat(), &entropy, now).expect("a code");
        assert!(
            code.expose().len() == CODE_DIGITS
                && ('3'..='7').contains(&code.expose().chars().next().unwrap())
        );
        assert!(codes.carry("haven", &code, "x".into(), now).await.is_none(), "another program's number");
        let carried = codes.carry("harbor", &code, "x".into(), now).await.expect("it counts");
        assert_eq!(carried.from, "chat for x");
        assert!(codes.carry("harbor", &code, "x".into(), now).await.is_none(), "it was used");

        let late = codes.issue("harbor", "b", chat(), &entropy, now).expect("a code");
        let now = now + Duration::from_millis(CODE_MS_MAX);
        assert!(codes.carry("harbor", &late, "x".into(), now).await.is_none(), "its time is over");

        let before = codes.issue("harbor", "c", chat(), &entropy, now).expect("a code");
        let newer = codes.issue("harbor", "c", chat(), &entropy, now).expect("a code");
        assert!(
            codes.carry("harbor", &before, "x".into(), now).await.is_none(),
            "a newer one took its place"
        );
        codes.forget("c");
        assert!(codes.carry("harbor", &newer, "x".into(), now).await.is_none(), "its chat is over");
    }

    #[tokio::test]
    async fn after_too_many_wrong_codes_the_right_one_is_of_no_use_for_a_while() {
        let ((codes, entropy), now) = (codes(), Instant::now());
        let code = codes.issue("harbor", "a", chat(), &entropy, now).expect("a code");
        for _ in 0..WRONG_MAX {
            assert!(codes.carry("harbor", &Pii::new("300000".into()), "x".into(), now).await.is_none());
        }
        assert!(codes.carry("harbor", &code, "x".into(), now).await.is_none(), "nobody guesses on");
        assert!(codes.issue("harbor", "b", chat(), &entropy, now).is_none(), "a code is of no use now");
        let other = codes.issue("haven", "c", chat(), &entropy, now).expect("another program's count");
        assert!(codes.carry("haven", &other, "x".into(), now).await.is_some());
        let now = now + Duration::from_millis(CODE_MS_MAX);
        let code = codes.issue("harbor", "a", chat(), &entropy, now).expect("a code");
        assert!(codes.carry("harbor", &code, "x".into(), now).await.is_some());
    }

    #[tokio::test]
    async fn what_no_code_can_be_is_no_guess() {
        let ((codes, entropy), now) = (codes(), Instant::now());
        let code = codes.issue("harbor", "a", chat(), &entropy, now).expect("a code");
        for _ in 0..=WRONG_MAX {
            assert!(codes.carry("harbor", &Pii::new("800000".into()), "x".into(), now).await.is_none());
        }
        assert!(codes.carry("harbor", &code, "x".into(), now).await.is_some());
    }

    #[tokio::test]
    async fn no_more_codes_count_at_once_than_guessing_allows() {
        let ((codes, entropy), now) = (codes(), Instant::now());
        for chat_id in 0..LIVE_MAX {
            assert!(codes.issue("harbor", &chat_id.to_string(), chat(), &entropy, now).is_some());
        }
        assert!(codes.issue("harbor", "one more", chat(), &entropy, now).is_none());
        assert!(codes.issue("harbor", "7", chat(), &entropy, now).is_some(), "in the place of its own");
    }
}
