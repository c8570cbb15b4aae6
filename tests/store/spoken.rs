//! Calls as the dialogue holds them, kept with recordings and spoken signatures: for what is kept of them and how long.

use crate::ground::{BEGAN, opened};
use candor::{
    access::Role,
    book::Who,
    dialogue::{ChannelKind, Fact, RequestKind, Setup, SignatureKind},
    journal::{CallRecord, Chain, Entry, Event, Label, Salts, opening, record},
    ports::{Ledger, Recordings},
    program::{Policy, Program, parse},
    store::{Store, retention::Purge},
    time::{Millis, Utc},
    typed::{Act, Conversation},
};
use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
    time::Duration,
};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(
        parse(include_str!("../../programs/harbor/program.toml")).expect("the sample program has no error"),
    )
});

pub const DAY_MS: i64 = 86_400_000;

/// `days` after the calls of these tests.
pub fn days_later(days: i64) -> Utc {
    Utc(BEGAN.0 + days * DAY_MS)
}

/// What is to be purged of the sample program, for `now`.
pub fn purge(now: Utc) -> Purge {
    Purge {
        program: "harbor".into(),
        policy: Policy::default(),
        now,
        by: Who { name: "tester".into(), role: Role::Keyholder, purpose: None, reason: None },
        call: None,
        before: None,
        is_dry: false,
        pause: Duration::ZERO,
        calls_max: usize::MAX,
    }
}

/// What the caller answers, but for what `says` says: Jane Doe, who agrees to everything.
fn jane(expecting: &str) -> &'static str {
    match expecting {
        "question:name" => "Jane Doe",
        "question:callback" => "202 555 0147",
        "question:referred_by" => "a friend told me",
        "question:insurance_carrier" => "BlueHarvest",
        "question:member_id" => "XYZ12345",
        "question:dob" => "03/03/1985",
        "question:substance" => "mostly heroin",
        "question:last_use" => "last night",
        "question:prior_treatment" => "once, years ago",
        "question:level_of_care" => "a place to stay",
        expecting if expecting.starts_with("signature:") => "Jane Doe, I agree",
        "any" => "no",
        _ => "yes",
    }
}

/// The journal of a conversation in which the caller says `says` at the first listening for each, as labels and events.
pub fn talk(call_id: &str, says: &[(&str, &str)]) -> Vec<(Millis, Label, Event)> {
    let setup = Setup {
        call_id: call_id.into(),
        channel: ChannelKind::Terminal,
        locale: candor::program::Locale::EnUs,
        started_at: BEGAN,
        person_available: true,
        spoken: Vec::new(),
    };
    let began = opening(&HARBOR, &setup, "test");
    let mut talk = Conversation::new(Arc::clone(&HARBOR), began, Salts::of_nobody(call_id));
    let mut show = |_| Ok::<(), Infallible>(());
    let start = Act::parse_start(r#"{"start":true,"locale":"en-US"}"#).expect("a start");
    let Ok(()) = talk.begin(start, &mut show);
    let mut left: Vec<_> = says.to_vec();
    while let Some(expecting) = talk.listening() {
        let expecting = expecting.to_string();
        let own = left.iter().position(|(at, _)| *at == expecting).map(|at| left.remove(at).1);
        let act = serde_json::json!({"say": own.unwrap_or_else(|| jane(&expecting))}).to_string();
        let Ok(()) = talk.act(Act::parse(&act).expect("an act"), &mut show);
    }
    talk.entries().iter().map(|entry| (entry.at, entry.label, entry.event.clone())).collect()
}

/// A call that is kept: its record, and the samples of its spoken signature.
pub struct Kept {
    pub record: CallRecord,
    pub clip: Vec<u8>,
}

/// Where in every call of these tests the consent was asked for and signed.
pub const CLIP: (Millis, Millis) = (Millis(1_000), Millis(3_000));

/// Keeps a conversation as a phone call: its signatures spoken, with five seconds of recording: one of small talk, two
/// of the consent, two of a sensitive answer. Closed where `is_over`.
pub async fn keep(
    store: &Store,
    call_id: &str,
    says: &[(&str, &str)],
    asks: &[RequestKind],
    is_over: bool,
) -> Kept {
    keep_from(store, BEGAN, call_id, says, asks, is_over).await
}

/// The same for a call that began then.
pub async fn keep_from(
    store: &Store,
    began: Utc,
    call_id: &str,
    says: &[(&str, &str)],
    asks: &[RequestKind],
    is_over: bool,
) -> Kept {
    let mut opening = opened(call_id);
    opening.started_at = began;
    store.open(&opening).await.unwrap();
    let mut chain = Chain::new(&opening);
    let mut salts = Salts::of_nobody(call_id);
    let mut entries: Vec<Entry> = Vec::new();
    let mut events = talk(call_id, says);
    let asked = asks
        .iter()
        .map(|kind| (Millis(5), Label::Consent, Event::Fact { fact: Fact::Requested { kind: *kind } }));
    events.splice(1..1, asked);
    let mut signed = None;
    for (at, label, mut event) in events {
        if let Event::Fact { fact: Fact::ConsentDecided { consent_id, signature: Some(signature), .. } } =
            &mut event
            && signed.is_none()
        {
            (signature.kind, signature.from, signature.to) = (SignatureKind::Voice, CLIP.0, CLIP.1);
            signed = Some(consent_id.clone());
        }
        entries.push(chain.entry(at, label, event, salts.next()));
    }
    let sound =
        |from: u64, to: u64| -> Vec<u8> { (from * 16..to * 16).map(|n| (n * 31 % 251) as u8).collect() };
    for (label, from, to) in
        [(Label::General, 0, 1_000), (Label::Consent, 1_000, 3_000), (Label::Sensitive, 3_000, 5_000)]
    {
        store.recordings().append(call_id, label, sound(from, to)).await.unwrap();
    }
    let kept = Kept { record: record(&opening, &entries), clip: sound(1_000, 3_000) };
    if !is_over {
        store.append(call_id, entries).await.unwrap();
        return kept;
    }
    let finished = store.recordings().finish(call_id, vec![CLIP]).await.unwrap().unwrap();
    let clips = signed.into_iter().zip(finished.clips).filter_map(|(consent_id, sha256)| {
        Some(candor::journal::Clip { consent_id, from: CLIP.0, to: CLIP.1, sha256: sha256? })
    });
    let event = Event::Recording {
        duration_ms: finished.bytes / 16,
        sha256: finished.sha256,
        chunks: finished.chunks,
        clips: clips.collect(),
    };
    let last = entries.last().expect("a call has entries").at;
    entries.push(chain.entry(last, Label::Consent, event, salts.next()));
    store.append(call_id, entries.clone()).await.unwrap();
    let record = record(&opening, &entries);
    store.close(call_id, &record).await.unwrap();
    Kept { record, ..kept }
}
