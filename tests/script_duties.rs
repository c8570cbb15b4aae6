//! What the law asks of a script is looked for in its words: every duty left undone is told with its place, its mend
//! and its source.

use candor::program::{Examined, Expiry, RecipientKind, Text, VoiceSignature, examine};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");

fn replaced(was: &str, is: &str) -> String {
    assert!(HARBOR.contains(was), "the sample has no `{was}`");
    HARBOR.replacen(was, is, 1)
}

/// Each fault as `underlined: message`, white space folded; every one of them names its source.
fn told(text: &str, source: &str) -> Vec<String> {
    let Examined { faults, program, .. } = examine(text);
    assert_eq!(program.is_none(), !faults.is_empty());
    for fault in &faults {
        assert!(fault.mend.contains(source), "{fault} names no {source}");
    }
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    faults.iter().map(|f| format!("{}: {}", folded(&text[f.span.clone()]), f.message)).collect()
}

/// The words of `text` that were found to give a question away.
fn given_away(text: &str) -> Vec<String> {
    let faults = examine(text).faults;
    assert!(
        faults.iter().all(|f| f.message.contains("asks about substance use, health or the law")),
        "{faults:#?}"
    );
    faults.iter().map(|f| text[f.span.clone()].to_owned()).collect()
}

#[test]
fn a_plain_question_brings_up_neither_substances_nor_health_nor_the_law() {
    let english = [
        ("Have you been drinking?", "drinking"),
        ("Are you sober now?", "sober"),
        ("Have you been to rehab?", "rehab"),
        ("Do you need detox?", "detox"),
        ("Are you in withdrawal?", "withdrawal"),
        ("Did you relapse?", "relapse"),
        ("Is it meth?", "meth"),
        ("Which medications do you take?", "medications"),
        ("Are you on any meds?", "meds"),
        ("Are you on Suboxone?", "Suboxone"),
        ("How is your mental health?", "mental health"),
        ("Do you feel anxious?", "anxious"),
        ("Do you see a therapist?", "therapist"),
        ("Have you ever been hospitalized?", "hospitalized"),
        ("Are you on probation?", "probation"),
        ("Do you have pending charges?", "pending charges"),
        ("Did a court send you?", "court"),
        ("How can I help you today?", "How can I help"),
        ("Why are you calling?", "Why are you calling"),
        ("What made you call us?", "made you call"),
        ("What's going on?", "What's going on"),
        ("What can I do for you?", "What can I do for you"),
        ("Can you tell me about yourself?", "tell me about yourself"),
    ];
    for (question, word) in english {
        assert_eq!(given_away(&replaced("How did you hear about us?", question)), [word], "{question}");
    }
    let spanish = [
        ("¿Ha estado bebiendo alcohol?", "alcohol"),
        ("¿Está sobrio?", "sobrio"),
        ("¿Ha estado en rehabilitación?", "rehabilitación"),
        ("¿Tuvo una recaída?", "recaída"),
        ("¿Tiene abstinencia?", "abstinencia"),
        ("¿Toma medicamentos?", "medicamentos"),
        ("¿Cómo está su salud mental?", "su salud"),
        ("¿Siente ansiedad?", "ansiedad"),
        ("¿Está en libertad condicional?", "libertad condicional"),
        ("¿Tiene problemas legales?", "problemas legales"),
        ("¿En qué puedo ayudarle hoy?", "En qué puedo"),
        ("¿Por qué llama?", "Por qué llama"),
        ("¿Qué le pasó?", "Qué le pasó"),
    ];
    for (question, word) in spanish {
        assert_eq!(given_away(&replaced("¿Cómo supo de nosotros?", question)), [word], "{question}");
    }
    for fine in [
        "Who told you about us?",
        "What's your health plan called?",
        "Which city do you live in, and which state?",
        "Is this a good time to talk, and may we leave a message?",
    ] {
        assert_eq!(given_away(&replaced("How did you hear about us?", fine)), [""; 0], "{fine}");
    }
}

#[test]
fn no_text_holds_a_statement_that_2024_replaced() {
    for old in [
        "42 CFR part 2 prohibits unauthorized disclosure of these records.",
        "The rules prohibit you from making any further disclosure of it.",
        "A general authorization is NOT sufficient for this purpose.",
        "The rules restrict any use of the information to investigate a patient.",
    ] {
        for place in [
            "Okay, then it stays as you said before.",
            "We'll leave that open. Nothing goes to {recipient} for now.",
        ] {
            let with =
                if place.contains("{recipient}") { format!("{old} {{recipient}}.") } else { old.to_owned() };
            let found = told(&replaced(place, &with), "42 CFR 2.32");
            assert!(
                found.len() == 1 && found[0].contains("uses a statement that was replaced in 2024"),
                "{found:#?}"
            );
        }
    }
    let current = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";
    assert_eq!(told(&replaced("Okay, then it stays as you said before.", current), ""), [""; 0]);
}

#[test]
fn a_consent_ends_at_a_day_or_an_event_and_only_the_single_one_may_go_without() {
    // Shorter than the sample's, so that there is room for the words of an event.
    let ends = |is: &str| {
        let text = replaced("expires_days = 90\n", is);
        text.replacen("birth date, member number, and that", "and that", 1).replacen(
            "número de miembro\ny que",
            "y que",
            1,
        )
    };
    let source = "42 CFR 2.31(a)(7)";
    assert_eq!(told(&ends("expires = \"none\"\n"), source), ["\"none\": recipient `payor` never expires"]);
    assert_eq!(
        told(&ends(""), source),
        ["[[recipients]]: recipient `payor` lacks `expires_days` or `expires_event`"]
    );
    let expiry = |text: &str| {
        let examined = examine(text);
        examined.program.unwrap_or_else(|| panic!("{:#?}", examined.faults)).recipients[0].clone()
    };
    let event = Text { en: "the end of your referral".into(), es: Some("el fin de su referencia".into()) };
    let written =
        "expires_event.en = \"the end of your referral\"\nexpires_event.es = \"el fin de su referencia\"\n";
    let by_event = expiry(&ends(written));
    assert_eq!(by_event.expiry, Expiry { days: None, event: Some(event.clone()) });
    assert!(
        by_event.consent.en.contains("A yes lasts until the end of your referral, and"),
        "{}",
        by_event.consent.en
    );
    let by_both = expiry(&ends(&format!("expires_days = 30\n{written}")));
    assert_eq!(by_both.expiry, Expiry { days: Some(30), event: Some(event) });
    assert!(
        by_both.consent.en.contains("30 days, or until the end of your referral"),
        "{}",
        by_both.consent.en
    );
    let single = ends("expires = \"none\"\n").replacen("kind = \"health_plan\"", "kind = \"tpo\"", 1);
    let single = expiry(&single);
    assert_eq!((single.kind, single.expiry), (RecipientKind::Tpo, Expiry::default()));
    assert!(single.consent.en.contains("A yes lasts until you take it back, and"), "{}", single.consent.en);
    let both = ends("expires = \"none\"\nexpires_days = 9\n").replacen(
        "kind = \"health_plan\"",
        "kind = \"tpo\"",
        1,
    );
    assert_eq!(told(&both, ""), ["\"none\": recipient `payor` expires and never expires"]);
}

#[test]
fn a_consent_question_asks_for_one_recipient_at_a_time() {
    let said = "May {program} and its assistant tell {recipient} your name, birth date, member number, and that you want";
    for (is, found) in [
        (
            "{recipient} and your family and your doctor your name, and that you want",
            "{recipient} and your family",
        ),
        ("{recipient} or anyone your name, and that you want", "anyone"),
        ("everyone at {recipient} your name, and that you want", "everyone"),
        ("{recipient}, all of them, your name, and that you want", "all of"),
        ("{recipient}, your employer, your name, and that you want", "your employer"),
        ("{recipient} your name, and give your doctor's office and the CRM your wish for", "your doctor"),
        (
            "{recipient} your name, and pass it to our follow-up system, and that you want",
            "our follow-up system",
        ),
        ("{recipient} your name, and tell whoever referred you, and that you want", "whoever referred you"),
        ("{recipient} your name, and share it with case managers or a case manager; you want", ""),
        ("{recipient} your name, and share it with the case manager; you want", "the case manager"),
    ] {
        let text = replaced(said, &format!("May {{program}} tell {is}"));
        let wanted = format!("{found}: the consent question of `payor` asks for several at once: `{found}`");
        let wanted: &[String] = if found.is_empty() { &[] } else { &[wanted] };
        assert_eq!(told(&text, "42 CFR 2.31(a)(4)"), wanted, "{is}");
    }
    let spanish =
        replaced("decirle a {recipient} su nombre", "decirle a {recipient} y a su familia su nombre");
    let found = told(&spanish, "42 CFR 2.31(a)(4)");
    assert_eq!(
        found,
        [
            "{recipient} y a su familia: the consent question of `payor` asks for several at once: `{recipient} y a su familia`"
        ]
    );
    let single = replaced("tell {recipient} your name", "tell {recipient} and anyone treating you your name")
        .replacen("kind = \"health_plan\"", "kind = \"tpo\"", 1);
    assert_eq!(told(&single, ""), [""; 0], "the single consent names a class of many");
}

#[test]
fn what_is_said_about_consents_is_short() {
    let long = replaced(
        "tell {recipient} your name,",
        "tell {recipient} your name, your full address with the street,",
    );
    let found = told(&long, "the instrument holds the rest");
    assert!(
        found.len() == 1
            && found[0].ends_with("the consent question of `payor` has 52 words in en-US, more than 50"),
        "{found:?}"
    );
    let long = replaced("Sobre compartir: si", "Sobre compartir, para que lo sepa desde el principio: si");
    let found = told(&long, "the instrument holds the rest");
    assert!(
        found.len() == 1
            && found[0].ends_with("`shared` of `[consents]` has 63 words in es-US, more than 60"),
        "{found:?}"
    );
}

#[test]
fn what_all_consents_share_is_said_before_the_first() {
    let cases = [
        (
            "You can take a yes back\nany time, by telling us or writing; what was sent stays sent. ",
            "",
            2,
            "that a permission can be taken back",
        ),
        (", by telling us or writing", "", 1, "how a permission is taken back"),
        (
            "may be passed on and lose Part 2 protection",
            "may lose Part 2 protection",
            1,
            "that the recipient may pass it on",
        ),
        ("passed on and lose Part 2 protection", "passed on", 1, "that Part 2 may then no longer protect it"),
        (
            "if you say no, we still talk, but you may need to check coverage yourself.",
            "we still talk.",
            1,
            "what a refusal means",
        ),
    ];
    for (was, is, count, what) in cases {
        let found = told(&replaced(was, is), "42 CFR 2.31(a)");
        assert_eq!(found.len(), count, "{found:#?}");
        assert!(
            found.iter().any(|f| f.ends_with(&format!("`shared` of `[consents]` does not say {what}"))),
            "{found:#?}"
        );
    }
}

#[test]
fn no_clause_of_the_instrument_is_missing_or_empty_of_its_element() {
    let clauses = [
        ("patient", "(1)", Some("patient")),
        ("discloser", "(2)", Some("program")),
        ("information", "(3)", Some("information")),
        ("recipient", "(4)(i)", Some("recipient")),
        ("covered_recipient", "(4)(iii)", None),
        ("purpose", "(5)", Some("purpose")),
        ("revocation", "(6)", None),
        ("expiry", "(7)", Some("expires")),
        ("signature", "(8) and (9)", Some("date")),
        ("redisclosure", "(10)(i)", None),
        ("refusal", "(10)(ii)", None),
    ];
    for (clause, element, placeholder) in clauses {
        let header = format!("[consents.instrument.{clause}]");
        let from = HARBOR.find(&header).unwrap_or_else(|| panic!("no {header}"));
        let to = from + HARBOR[from..].find("\n\n").unwrap();
        let source = format!("42 CFR 2.31(a){element}");
        let found = told(&format!("{}{}", &HARBOR[..from], &HARBOR[to..]), &source);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].ends_with(&format!("`[consents.instrument]` lacks `{clause}`")), "{found:#?}");
        let Some(placeholder) = placeholder else { continue };
        let without = HARBOR[from..to].replace(&format!("{{{placeholder}}}"), "somebody");
        let found = told(&format!("{}{without}{}", &HARBOR[..from], &HARBOR[to..]), &source);
        assert_eq!(found.len(), 2, "in both languages: {found:#?}");
        let wanted = format!("`{clause}` of `[consents.instrument]` does not say {{{placeholder}}}");
        assert!(found.iter().all(|f| f.ends_with(&wanted)), "{found:#?}");
    }
}

#[test]
fn each_clause_of_the_instrument_does_its_duty() {
    let cases = [
        (
            "en = \"\"\"\nYou can take this permission back at any time: in writing to {program}, by calling {number}, or by telling the\nassistant on any call. That",
            "en = \"\"\"\nYou can take this permission back at any time. That",
            "`revocation` of `[consents.instrument]` does not say how a permission is taken back",
            "42 CFR 2.31(a)(6)",
        ),
        (
            " That does not undo what was already done because of it.",
            "",
            "`revocation` of `[consents.instrument]` does not say that what was already done stays done",
            "42 CFR 2.31(a)(6)",
        ),
        (
            "Puede retirar este permiso en",
            "Se acepta en",
            "`revocation` of `[consents.instrument]` does not say that a permission can be taken back",
            "42 CFR 2.31(a)(6)",
        ),
        (
            "A recipient that the HIPAA rules cover may",
            "A recipient may",
            "`covered_recipient` of `[consents.instrument]` does not say that HIPAA lets the recipient pass the record on",
            "42 CFR 2.31(a)(4)(iii)",
        ),
        (
            "as those rules allow,\nbut not for civil, criminal, administrative or legislative proceedings against you.",
            "as those rules allow.",
            "`covered_recipient` of `[consents.instrument]` does not say that proceedings against the patient are excepted",
            "42 CFR 2.31(a)(4)(iii)",
        ),
        (
            "Whoever receives it may pass it on, and then 42",
            "After that, 42",
            "`redisclosure` of `[consents.instrument]` does not say that the recipient may pass it on",
            "42 CFR 2.31(a)(10)(i)",
        ),
        (
            "pasarla a otros, y entonces puede que la Parte 2 de 42 CFR ya no la proteja.",
            "pasarla a otros.",
            "`redisclosure` of `[consents.instrument]` does not say that Part 2 may then no longer protect it",
            "42 CFR 2.31(a)(10)(i)",
        ),
        (
            "You can say no. Then it is not shared, and we can still talk, but",
            "We can talk, but",
            "`refusal` of `[consents.instrument]` does not say what a refusal means",
            "42 CFR 2.31(a)(10)(ii)",
        ),
    ];
    for (was, is, message, source) in cases {
        let found = told(&replaced(was, is), source);
        assert!(found.len() == 1 && found[0].ends_with(message), "{found:#?}");
    }
}

#[test]
fn a_health_plan_is_under_hipaa() {
    let text = replaced("hipaa = \"covered_entity\"", "hipaa = \"none\"");
    assert_eq!(
        told(&text, "42 CFR 2.31(a)(4)(iii)"),
        ["\"none\": recipient `payor` is a health plan, which HIPAA covers"]
    );
}

#[test]
fn consents_for_legal_proceedings_and_counseling_notes_are_left_to_a_person() {
    let legal = [
        (
            "\"to find out what your insurance plan covers\"",
            "\"to find out what your lawyer needs\"",
            "lawyer",
        ),
        ("\"para saber qué cubre su plan de seguro\"", "\"para su caso penal\"", "caso penal"),
        ("\"your insurance plan\"", "\"the prosecution\"", "prosecution"),
        ("\"the health plan that you named as yours\"", "\"the court that you named\"", "court"),
        ("\"insurance\", \"my insurance\",", "\"insurance\", \"my probation officer\",", "probation"),
    ];
    for (was, is, word) in legal {
        let wanted = format!("{word}: recipient `payor` is about legal proceedings: `{word}`");
        assert_eq!(told(&replaced(was, is), "42 CFR 2.31(d)"), [wanted]);
    }
    let notes = [
        ("\"service_type\"]", "\"counseling_notes\"]", "\"counseling_notes\"", "counseling_notes"),
        ("insurance plan and member number, and", "therapy notes, and", "therapy notes", "therapy notes"),
    ];
    for (was, is, place, words) in notes {
        let wanted = format!("{place}: recipient `payor` may receive counseling notes: `{words}`");
        assert_eq!(told(&replaced(was, is), "42 CFR 2.31(b)"), [wanted]);
    }
}

#[test]
fn what_may_go_is_named_and_not_everything() {
    let text = replaced(
        "your name, date of birth, insurance plan and member number, and",
        "your name, all your records, and",
    );
    assert_eq!(
        told(&text, "42 CFR 2.31(a)(3)"),
        ["all your records: recipient `payor` may receive something unspecific: `all your records`"]
    );
}

#[test]
fn a_spoken_signature_waits_for_a_written_one_unless_counsel_has_accepted_it() {
    let worth = |is: &str| {
        examine(&replaced("voice_signature = \"pending_written\"\n", is)).program.unwrap().consents
    };
    assert_eq!(worth("").voice_signature, VoiceSignature::PendingWritten);
    assert_eq!(worth("voice_signature = \"accepted\"\n").voice_signature, VoiceSignature::Accepted);
    let unsigned = replaced(
        "sign = true\nvoice_signature = \"pending_written\"",
        "sign = false\nvoice_signature = \"accepted\"",
    );
    assert_eq!(
        told(&unsigned, "42 CFR 2.31(a)(8)"),
        ["\"accepted\": a spoken signature is accepted, but nothing is signed"]
    );
}

#[test]
fn an_approved_script_puts_nobody_through_to_a_number_of_fiction() {
    let text =
        replaced("approved_by = \"DRAFT FOR COUNSEL, not approved\"", "approved_by = \"J. Doe, counsel\"")
            .replacen("draft_for_counsel = true", "draft_for_counsel = false", 1)
            .replacen(" (draft for counsel)\"", "\"", 1)
            .replacen(" (borrador para revisión legal)\"", "\"", 1);
    assert_eq!(
        told(&text, "under [person]"),
        ["+12025550101", "+12025550102"]
            .map(|n| format!("false: nobody answers {n}: such numbers are kept for fiction"))
    );
    let real = text.replacen("+12025550101", "+12024561111", 1).replacen("+12025550102", "+12024561414", 1);
    assert_eq!(told(&real, ""), [""; 0]);
}

#[test]
fn nobody_signs_a_text_that_calls_itself_a_draft() {
    let approved =
        replaced("approved_by = \"DRAFT FOR COUNSEL, not approved\"", "approved_by = \"J. Doe, counsel\"")
            .replacen("draft_for_counsel = true", "draft_for_counsel = false", 1)
            .replacen("+12025550101", "+12024561111", 1)
            .replacen("+12025550102", "+12024561414", 1);
    let found = told(&approved, "a new version");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0]
            .ends_with("`title` of `[consents.instrument]` says `draft`, but `draft_for_counsel` is false")
    );
    let final_text = approved.replacen(" (draft for counsel)\"", "\"", 1).replacen(
        " (borrador para revisión legal)\"",
        "\"",
        1,
    );
    assert_eq!(told(&final_text, ""), [""; 0]);
}
