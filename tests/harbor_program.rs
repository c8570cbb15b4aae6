//! The sample program: complete, quick to say, and in the order that is promised.

use candor::{
    program::{
        AnswerKind, Elicits, HipaaClass, Instrument, Locale, Program, ReadBack, RecipientKind,
        VoiceSignature, parse, prove, script_graph,
    },
    time::Utc,
};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");

fn harbor() -> Program {
    parse(HARBOR).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn spoken_words(text: &str) -> usize {
    // Initials are said letter by letter.
    text.split_whitespace().map(|w| if w.starts_with("CFR") { 3 } else { 1 }).sum()
}

#[test]
fn the_sample_asks_in_the_order_of_its_contract() {
    let harbor = harbor();
    assert_eq!((harbor.id.as_str(), harbor.name.as_str()), ("harbor", "Harbor Recovery Center"));
    assert_eq!((harbor.notice.id.as_str(), harbor.notice.version.as_str()), ("part2-notice", "2026-11-01.1"));
    let parts: Vec<&str> = harbor.notice.parts.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(parts, ["a", "b", "c"]);
    let ids = |questions: &[candor::program::Question]| -> Vec<String> {
        questions.iter().map(|q| q.id.clone()).collect()
    };
    assert_eq!(
        ids(&harbor.plain),
        ["name", "callback", "referred_by", "insurance_carrier", "member_id", "dob"]
    );
    assert_eq!(ids(&harbor.sensitive), ["substance", "last_use", "prior_treatment", "level_of_care"]);
    assert!(harbor.plain.iter().all(|q| q.elicits == Elicits::None));
    assert!(harbor.sensitive.iter().all(|q| q.elicits == Elicits::Sud));
    let recipients: Vec<&str> = harbor.recipients.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(recipients, ["payor", "referral_source", "crm"]);
}

#[test]
fn the_notice_is_over_within_a_minute_in_both_languages() {
    let harbor = harbor();
    for locale in [Locale::EnUs, Locale::EsUs] {
        let opening = [&harbor.texts.greeting, &harbor.texts.recording];
        let notice = opening.into_iter().chain(harbor.notice.parts.iter().map(|p| &p.text));
        let words: usize = notice.map(|t| spoken_words(t.in_locale(locale))).sum();
        assert!(words <= 105, "{words} words in {locale}");
        let question = spoken_words(harbor.notice.acknowledge.in_locale(locale));
        assert!((words + question) * 60 / 150 <= 50, "{words} and {question} words in {locale}");
    }
}

#[test]
fn a_consent_question_is_short_and_complete() {
    for recipient in harbor().recipients {
        for (locale, lasting) in [
            (Locale::EnUs, ["90 days", "60 days", "one year"]),
            (Locale::EsUs, ["90 días", "60 días", "un año"]),
        ] {
            let text = recipient.consent.in_locale(locale);
            assert!(spoken_words(text) <= 50, "{} words: {text}", spoken_words(text));
            assert!(text.contains("Harbor Recovery Center"), "who shares: {text}");
            assert!(
                text.contains("its assistant") || text.contains("su asistente"),
                "and through whom: {text}"
            );
            assert!(text.contains(recipient.name.in_locale(locale)), "with whom: {text}");
            assert!(lasting.iter().any(|l| text.contains(l)), "how long: {text}");
            assert!(text.ends_with("yes or no?") || text.ends_with("¿sí o no?"), "{text}");
        }
    }
}

#[test]
fn what_holds_for_every_consent_is_said_in_one_breath_and_then_not_again() {
    let shared = harbor().consents.shared;
    let duties = [
        (
            Locale::EnUs,
            ["you say no", "check coverage yourself", "take a yes back", "writing", "passed on", "I agree"],
        ),
        (
            Locale::EsUs,
            [
                "dice que no",
                "preguntar usted por su cobertura",
                "retirar",
                "por escrito",
                "pasarlo",
                "estoy de acuerdo",
            ],
        ),
    ];
    for (locale, said) in duties {
        let text = shared.in_locale(locale);
        assert!(spoken_words(text) <= 60, "{} words: {text}", spoken_words(text));
        for words in said {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

#[test]
fn recipients_and_answers_are_of_their_kinds() {
    let harbor = harbor();
    assert_eq!(harbor.consents.voice_signature, VoiceSignature::PendingWritten);
    let kinds: Vec<_> = harbor.recipients.iter().map(|r| (r.kind, r.hipaa, r.on_request)).collect();
    assert_eq!(
        kinds,
        [
            (RecipientKind::HealthPlan, HipaaClass::CoveredEntity, false),
            (RecipientKind::ReferralSource, HipaaClass::CoveredEntity, false),
            (RecipientKind::Contractor, HipaaClass::BusinessAssociate, false),
        ]
    );
    let answers: Vec<_> = harbor.plain.iter().map(|q| (q.answer, q.read_back)).collect();
    assert_eq!(
        answers,
        [
            (AnswerKind::Name, ReadBack::Spoken),
            (AnswerKind::Phone, ReadBack::Always),
            (AnswerKind::Open, ReadBack::Never),
            (AnswerKind::Insurer, ReadBack::Spoken),
            (AnswerKind::MemberId, ReadBack::Always),
            (AnswerKind::Date, ReadBack::Always),
        ]
    );
    assert!(harbor.sensitive.iter().all(|q| q.read_back == ReadBack::Never));
}

/// Duty: D7, 42 CFR 2.31(a).
#[test]
fn the_instruments_read_as_reviewed() {
    let harbor = harbor();
    let signed: Utc = "2026-11-22T14:05:09.000Z".parse().unwrap();
    let mut all = String::new();
    for recipient in &harbor.recipients {
        for locale in [Locale::EnUs, Locale::EsUs] {
            let ends = recipient.expiry.days.map(|days| signed.end_of_day_after(days));
            let written = Instrument::render(&harbor, recipient, locale, "Jane Doe", signed, ends);
            all += &format!("== {} {locale} {}\n{}\n", recipient.id, written.sha256, written.text);
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_text_exists_in_both_languages_and_nothing_is_left_to_fill_in_but_recipients() {
    let harbor = harbor();
    let texts = serde_json::to_value(&harbor.texts).unwrap();
    let mut count = 0;
    for (name, text) in texts.as_object().unwrap() {
        for language in ["en", "es"] {
            let said = text[language].as_str().unwrap_or_else(|| panic!("{name} has no {language}"));
            let rest = said.replace("{recipients}", "").replace("{recipient}", "").replace("{value}", "");
            assert!(!rest.contains(['{', '}']), "{name}: {said}");
            count += 1;
        }
    }
    assert!(count > 70, "{count} texts");
    let answers = harbor
        .faq
        .iter()
        .map(|f| &f.answer)
        .chain(harbor.plain.iter().chain(&harbor.sensitive).map(|q| &q.text));
    for text in answers.chain(harbor.recipients.iter().map(|r| &r.consent)) {
        let es = text.es.as_deref().unwrap_or_else(|| panic!("no Spanish: {}", text.en));
        assert!(!text.en.contains(['{', '}']) && !es.contains(['{', '}']), "{} / {es}", text.en);
    }
    assert!(harbor.texts.closing.en.contains("202-555-0101"), "a number is written as it is said");
}

#[test]
fn callers_find_the_answer_to_what_they_ask() {
    let harbor = harbor();
    assert!(harbor.faq.len() >= 15);
    let asked = [
        ("who is this", "who_is_this"),
        ("are you a robot", "are_you_a_robot"),
        ("are you a nurse", "are_you_a_nurse"),
        ("what is part two", "what_is_part2"),
        ("what happens if i say no", "if_i_say_no"),
        ("who has access to my records", "who_sees_my_records"),
        ("is this recorded", "is_this_recorded"),
        ("why do you need this", "why_do_you_need_this"),
        ("how long do you keep this", "how_long_is_it_kept"),
        ("can i change my mind", "can_i_change_my_mind"),
        ("what does it cost", "what_does_it_cost"),
        ("do you take aetna", "do_you_take_my_insurance"),
        ("is this confidential", "is_this_confidential"),
        ("will my boss find out", "who_will_find_out"),
        ("where are you located", "where_and_when"),
        ("what is a crm", "what_is_a_crm"),
        ("do i have to", "do_i_have_to"),
        ("what is a referral source", "what_is_a_referral_source"),
        ("can i get a copy", "can_i_get_a_copy"),
    ];
    for (phrase, id) in asked {
        let found = harbor.faq.iter().find(|f| f.phrases.iter().any(|p| p == phrase));
        assert_eq!(found.map(|f| f.id.as_str()), Some(id), "{phrase}");
    }
}

#[test]
fn the_only_thing_to_look_at_is_that_counsel_has_not_approved_it() {
    let examined = candor::program::examine(HARBOR);
    let warnings: Vec<_> = examined.warnings.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(warnings, ["every text is a draft for counsel", "nobody has approved the notice"]);
}

#[test]
fn the_script_is_named_by_the_hash_of_its_file() {
    let harbor = harbor();
    assert_eq!(harbor.sha256.len(), 64);
    let other = parse(&format!("{HARBOR}\n# a word more\n")).unwrap();
    assert_ne!(harbor.sha256, other.sha256);
    assert_eq!(harbor.notice.sha256(Locale::EnUs), other.notice.sha256(Locale::EnUs));
    assert_ne!(harbor.notice.sha256(Locale::EnUs), harbor.notice.sha256(Locale::EsUs));
}

#[test]
fn no_sensitive_question_is_reached_without_the_notice() {
    let proof = prove(&script_graph(&harbor())).unwrap_or_else(|holes| panic!("{holes:#?}"));
    assert_eq!((proof.notice_parts, proof.routes.len()), (3, 4));
    for route in &proof.routes {
        let at = |name: &str| route.steps.iter().position(|s| s == name);
        assert!(
            at("notice:a") < at("notice:b")
                && at("notice:b") < at("notice:c")
                && at("notice:c") < at("acknowledge")
        );
        assert!(at("acknowledge").is_some(), "{route}");
    }
}
