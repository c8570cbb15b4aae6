//! Transcripts, vCons and accountings.

use crate::calls::{self, BEGAN, EXPORTED, SENSITIVE_WORDS, at};
use candor::{
    dialogue::ChannelKind,
    interchange::{Segments, accounting, transcript, turns, vcon::vcon},
};
use serde_json::Value;

#[test]
fn sensitive_words_are_there_only_when_asked_for() {
    let mut left_out = 0;
    for kept in calls::all() {
        let call = kept.call();
        let without = [
            transcript::web_vtt(&call, Segments::WithoutSensitive),
            transcript::json(&call, Segments::WithoutSensitive).to_string(),
            vcon(&call, Segments::WithoutSensitive, at(EXPORTED), Some(b"RIFF")).to_string(),
        ];
        for text in &without {
            for words in SENSITIVE_WORDS {
                assert!(!text.contains(words), "{}: {words}\n{text}", kept.name);
            }
            assert!(!text.contains("UklGRg"), "a recording holds everything that was said");
        }
        let told = turns(&call, Segments::All);
        assert!(told.iter().all(|turn| turn.text.is_some()));
        let kept_back = turns(&call, Segments::WithoutSensitive);
        assert_eq!(told.len(), kept_back.len());
        left_out += kept_back.iter().filter(|turn| turn.text.is_none()).count();
    }
    assert!(left_out > 20, "{left_out}");
    let all = transcript::web_vtt(&calls::hold_named("granted and signed").call(), Segments::All);
    assert!(all.contains("<v Caller>mostly gin and brandy"), "{all}");
    let early = transcript::web_vtt(&calls::hold_named("told before the notice").call(), Segments::All);
    assert!(early.contains("heroin"));
}

#[test]
fn a_transcript_is_well_formed_web_vtt() {
    for kept in calls::all() {
        let text = transcript::web_vtt(&kept.call(), Segments::All);
        let mut blocks = text.split("\n\n");
        assert_eq!(blocks.next(), Some("WEBVTT"));
        assert!(blocks.next().is_some_and(|note| note.starts_with("NOTE\nCall ")));
        let mut before = String::new();
        let mut cues = 0;
        for block in blocks {
            let lines: Vec<&str> = block.trim_end().lines().collect();
            assert_eq!(lines.len(), 3, "{block}");
            assert_eq!(lines[0], (cues + 1).to_string());
            let (from, to) = lines[1].split_once(" --> ").expect("times");
            assert!(from < to && from.len() == 12 && *before <= *from, "{block}");
            assert!(lines[2].starts_with("<v Agent>") || lines[2].starts_with("<v Caller>"), "{block}");
            before = from.to_owned();
            cues += 1;
        }
        assert!(cues > 3, "{}: {text}", kept.name);
    }
}

#[test]
fn a_transcript_tells_how_much_of_a_line_was_heard() {
    let kept = calls::hold_named("hung up in a consent");
    let json = transcript::json(&kept.call(), Segments::WithoutSensitive);
    let turns = json["turns"].as_array().unwrap();
    let agent: Vec<&Value> = turns.iter().filter(|t| t["party"] == "agent").collect();
    assert!(agent.iter().all(|t| t["heard"]["complete"] == true && t["kind"].is_string()), "{json:#}");
    let caller = turns.iter().find(|t| t["party"] == "caller").unwrap();
    assert_eq!((&caller["by"], &caller["confidence"]), (&"voice".into(), &0.93.into()));
    assert!(turns.iter().all(|t| t["at"].as_str() >= Some(BEGAN)));
}

#[test]
fn a_vcon_has_its_parties_its_dialog_and_each_decision() {
    for kept in calls::all() {
        let vcon = vcon(&kept.call(), Segments::WithoutSensitive, at(EXPORTED), None);
        assert_eq!(vcon["vcon"], "0.0.1");
        assert_eq!(vcon["uuid"], kept.record.call_id);
        let dialogs = vcon["dialog"].as_array().unwrap();
        let kind = if kept.record.channel == ChannelKind::Phone { "recording" } else { "text" };
        assert!(!dialogs.is_empty() && dialogs.iter().all(|d| d["type"] == kind), "{}", kept.name);
        let decided = kept.record.consents.iter().filter(|c| c.decided_at.is_some()).count();
        let attached = vcon["attachments"].as_array().unwrap();
        assert_eq!(attached.len(), decided, "{}", kept.name);
        for (attachment, consent) in attached.iter().zip(&kept.record.consents) {
            let grant = &attachment["body"]["purpose_grants"][0];
            assert_eq!(attachment["type"], "lawful_basis");
            assert_eq!(grant["granted"], consent.releasable, "{}", kept.name);
        }
    }
    let phone = calls::hold_named("granted and signed");
    let whole = vcon(&phone.call(), Segments::All, at(EXPORTED), Some(b"RIFF"));
    assert_eq!(whole["dialog"][0]["body"], "UklGRg");
}

#[test]
fn an_accounting_of_nothing_is_still_an_accounting() {
    let kept = calls::hold_named("granted and signed");
    let accounting = accounting::of(&kept.call(), "Jane Doe", at(EXPORTED), &[]);
    let json = serde_json::to_value(&accounting).unwrap();
    assert_eq!((&json["count"], &json["releases"]), (&0.into(), &Value::Array(Vec::new())));
    assert_eq!(json["requester"], "Jane Doe");
    assert_eq!((&json["from"], &json["to"]), (&"2023-11-24T09:30:00.000Z".into(), &EXPORTED.into()));
}
