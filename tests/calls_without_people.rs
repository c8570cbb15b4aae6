//! A fixture holds nothing of the person who called, and replays to the same decisions at the same times.

use candor::{
    dialogue::{ChannelKind, Fact, Setup},
    journal::{Event, Salts, opening},
    program::{Locale, Program, parse},
    replay::{Ending, Kept, Lens, Mode, deidentified, replay},
    simulate::{Answers, Call},
    time::Utc,
    typed::{Act, Conversation},
};
use std::sync::{Arc, LazyLock};

static HARBOR: LazyLock<Arc<Program>> =
    LazyLock::new(|| Arc::new(parse(include_str!("../programs/harbor/program.toml")).unwrap()));

/// A typed conversation in which the caller says all this.
fn typed(says: &[&str]) -> Kept {
    let setup = Setup {
        call_id: "planted-by-Quintella".into(),
        channel: ChannelKind::Terminal,
        locale: Locale::EnUs,
        started_at: Utc(1_790_000_123_456),
        person_available: true,
        spoken: Vec::new(),
    };
    let mut opened = opening(&HARBOR, &setup, "test");
    opened.provider_call_id = Some("CA-planted".into());
    let salts = Salts::of_nobody(&opened.call_id);
    let mut talk = Conversation::new(Arc::clone(&HARBOR), opened, salts);
    let show = &mut |_| Ok::<(), ()>(());
    talk.begin(Act::parse_start("{\"start\":true}").unwrap(), show).unwrap();
    for words in says {
        if talk.listening().is_some() {
            let act = serde_json::json!({ "say": words }).to_string();
            talk.act(Act::parse(&act).unwrap(), show).unwrap();
        }
    }
    talk.hang_up(show).unwrap();
    Kept::whole(talk.opened().clone(), talk.entries().to_vec())
}

/// What was decided, and when.
fn decisions(kept: &Kept) -> Vec<(u64, String)> {
    let decided = kept.places.iter().filter_map(|place| {
        let Ok(Event::Fact { fact }) = &place.event else { return None };
        let what = match fact {
            Fact::Acknowledged { answer, .. } => format!("{answer:?}"),
            Fact::Gate { open, .. } => format!("gate {open}"),
            Fact::ConsentDecided { recipient, decision, blocked_by, .. } => {
                format!("{recipient} {decision:?} {blocked_by:?}")
            }
            Fact::ConsentRevoked { recipient, .. } => format!("{recipient} revoked"),
            Fact::QuestionEnded { id, status, .. } => format!("{id} {status:?}"),
            Fact::Ended { outcome } => format!("{outcome:?}"),
            _ => return None,
        };
        Some((place.at.0, what))
    });
    decided.collect()
}

#[test]
fn nothing_planted_is_left_and_everything_is_decided_as_it_was() {
    let kept = typed(&[
        "yes, go ahead",
        "Quintella Vandersloot",
        "yes",
        "503 555 9182",
        "yes",
        "my cousin Bartholomew from Yakima",
        "Humana",
        "yes",
        "QV 77 31 90",
        "yes",
        "October 9th 1977",
        "yes",
        "yes",
        "Quintella Vandersloot, I agree",
        "no",
        "yes",
        "Hortensia Vandersloot, I agree",
        "Quintella Vandersloot, I agree",
        "oxycodone since the accident at the Kalama mill",
        "last Thursday behind the Safeway",
        "take it back from my insurance",
        "Quintella out",
    ]);
    let (opened, entries) = deidentified(&HARBOR, &kept, "fixture-1").unwrap();
    let text = serde_json::to_string(&(&opened, &entries)).unwrap().to_lowercase();
    for planted in [
        "quintella",
        "vandersloot",
        "9182",
        "bartholomew",
        "yakima",
        "humana",
        "77 31",
        "7731",
        "1977",
        "october",
        "hortensia",
        "kalama",
        "safeway",
        "thursday",
        "oxycodone",
        "ca-planted",
        "2026-09",
    ] {
        assert!(!text.contains(planted), "{planted}");
    }
    let fixture = Kept::whole(opened, entries);
    assert_eq!(decisions(&fixture), decisions(&kept));
    assert!(decisions(&kept).len() > 12, "{:?}", decisions(&kept));
    let replayed = replay(&HARBOR, &fixture, Lens::default(), &[]);
    assert_eq!((replayed.mode, replayed.differences.len(), replayed.stopped), (Mode::Exact, 0, None));
}

#[test]
fn a_call_of_any_kind_becomes_a_fixture_with_the_same_decisions_or_none() {
    let (mut made, mut refused) = (0, Vec::new());
    for seed in 0..150 {
        let call = Call::of(&HARBOR, seed, Answers::Text);
        let entries = call.journal(&HARBOR);
        let kept = Kept::whole(call.opened, entries);
        match deidentified(&HARBOR, &kept, "fixture") {
            Ok((opened, entries)) => {
                let fixture = Kept::whole(opened, entries);
                assert_eq!(decisions(&fixture), decisions(&kept), "seed {seed}");
                assert_eq!(Ending::recorded(&fixture), Ending::recorded(&kept));
                assert!(!replay(&HARBOR, &fixture, Lens::default(), &[]).differs(), "seed {seed}");
                let times = |kept: &Kept| kept.inputs().map(|(place, _)| place.at).collect::<Vec<_>>();
                assert_eq!(times(&fixture), times(&kept), "seed {seed}: timing is kept");
                made += 1;
            }
            Err(none) => refused.push((seed, none.to_string())),
        }
    }
    println!("{made} made, {refused:#?}");
    assert!(made >= 140, "{made}: {refused:#?}");
}
