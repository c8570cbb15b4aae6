//! Every mistake in a script is told where it stands, with its mend, and all of them at once.

use candor::program::{Examined, examine};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");

/// A slip in the sample program: what is written instead of what, and each fault it must give, as
/// `(the text underlined, message, mend)`.
struct Slip {
    was: &'static str,
    is: &'static str,
    faults: &'static [(&'static str, &'static str, &'static str)],
}

const fn slip(
    was: &'static str,
    is: &'static str,
    faults: &'static [(&'static str, &'static str, &'static str)],
) -> Slip {
    Slip { was, is, faults }
}

const SLIPS: &[Slip] = &[
    // The shape of the file.
    slip(
        "agent = \"Robin\"",
        "agent = Robin",
        &[(
            "Robin",
            "string values must be quoted, expected literal string",
            "mend the TOML here; the rest of the file is checked once it can be read",
        )],
    ),
    slip(
        "agent = \"Robin\"",
        "agent = \"Robin\"\nagent = \"Dana\"",
        &[(
            "agent",
            "duplicate key",
            "mend the TOML here; the rest of the file is checked once it can be read",
        )],
    ),
    slip(
        "[texts.greeting]",
        "[texts.greting]",
        &[("greting", "`[texts]` has no field `greting`", "did you mean `greeting`?")],
    ),
    slip(
        "ring_s = 25",
        "rings = 25",
        &[("rings", "`[person]` has no field `rings`", "did you mean `ring_s`?")],
    ),
    slip(
        "draft_for_counsel = true ",
        "draft_for_counsel = true\ncolour = \"blue\" ",
        &[(
            "colour",
            "the file has no field `colour`",
            "take it out; known here: id, name, agent, draft_for_counsel, numbers, locales, notice, consents, recipients, questions, faq, texts, person, timings, pronounce, pronounce_es",
        )],
    ),
    slip(
        "agent = \"Robin\"                    # said as {agent}; an automated assistant, never a person's title\n",
        "",
        &[("", "the file lacks `agent`", "add `agent`; docs/programs.md says what it holds")],
    ),
    slip(
        "expires_days = 90\n",
        "",
        &[(
            "[[recipients]]",
            "recipient `payor` lacks `expires_days` or `expires_event`",
            "say when a yes ends: after days, or at an event (42 CFR 2.31(a)(7))",
        )],
    ),
    slip(
        "name = \"Harbor Recovery Center\"",
        "name = 5",
        &[("5", "`name` is a whole number", "write a string in quotes")],
    ),
    slip("ring_s = 25", "ring_s = \"25\"", &[("\"25\"", "`ring_s` is a string", "write a whole number")]),
    slip(
        "draft_for_counsel = true",
        "draft_for_counsel = 1",
        &[("1", "`draft_for_counsel` is a whole number", "write `true` or `false`")],
    ),
    slip(
        "hours = []",
        "hours = \"always\"",
        &[("\"always\"", "`hours` is a string", "write a list of strings in square brackets")],
    ),
    slip(
        "[texts.thanks]\nen = \"Thank you.\"\nes = \"Gracias.\"",
        "[texts]\nthanks = \"Thank you.\"",
        &[("\"Thank you.\"", "`thanks` is a string", "write a table")],
    ),
    slip("en = \"Take your time. I'm right here.\"", "en = \" \"", &[("\" \"", "`en` is empty", "write it")]),
    // Names and numbers.
    slip(
        "id = \"harbor\"",
        "id = \"Harbor 1\"",
        &[("\"Harbor 1\"", "`Harbor 1` is no id", "use small letters, digits, `_` and `-`, a letter first")],
    ),
    slip(
        "id = \"last_use\"",
        "id = \"substance\"",
        &[("\"substance\"", "the id `substance` is used twice", "ids go into records; give each its own")],
    ),
    slip(
        "id = \"crm\"",
        "id = \"payor\"",
        &[("\"payor\"", "the id `payor` is used twice", "ids go into records; give each its own")],
    ),
    slip(
        "id = \"b\"",
        "id = \"a\"",
        &[("\"a\"", "the id `a` is used twice", "ids go into records; give each its own")],
    ),
    slip(
        "id = \"is_this_recorded\"",
        "id = \"what_is_part2\"",
        &[(
            "\"what_is_part2\"",
            "the id `what_is_part2` is used twice",
            "ids go into records; give each its own",
        )],
    ),
    slip(
        "numbers = [\"+12025550100\"]",
        "numbers = [\"202-555-0100\"]",
        &[(
            "\"202-555-0100\"",
            "`202-555-0100` is no telephone number",
            "write it as +12025550100: a plus sign, the country code, digits only",
        )],
    ),
    slip(
        "number = \"+12025550101\"",
        "number = \"+1202555010\"",
        &[(
            "\"+1202555010\"",
            "`+1202555010` is no telephone number",
            "write it as +12025550100: a plus sign, the country code, digits only",
        )],
    ),
    slip(
        "numbers = [\"+12025550100\"]",
        "numbers = [\"+12025550100\", \"+12025550100\"]",
        &[("\"+12025550100\"", "+12025550100 is there twice", "take one out")],
    ),
    slip(
        "[\"en-US\", \"es-US\"]",
        "[\"en-US\", \"es-UA\"]",
        &[("\"es-UA\"", "`es-UA` is no language of the agent", "did you mean es-US?")],
    ),
    slip(
        "[\"en-US\", \"es-US\"]",
        "[\"en-US\", \"french\"]",
        &[("\"french\"", "`french` is no language of the agent", "the agent speaks en-US and es-US")],
    ),
    slip(
        "locales = [\"en-US\", \"es-US\"]",
        "locales = [\"es-US\"]",
        &[(
            "locales",
            "`locales` does not begin with en-US",
            "write locales = [\"en-US\"], or [\"en-US\", \"es-US\"]; every text exists in English",
        )],
    ),
    slip(
        "text.es = \"Me llamo",
        "text.fr = \"Me llamo",
        &[
            ("text", "`text` of notice part `a` has no Spanish", "add `es`, or take es-US out of `locales`"),
            ("fr", "`text` of notice part `a` has no field `fr`", "take it out; known here: en, es"),
        ],
    ),
    slip(
        "version = \"2026-11-01.1\"\napproved_by",
        "version = \"v1\"\napproved_by",
        &[("\"v1\"", "`v1` is no version", "write the day and a number, as 2026-11-01.1")],
    ),
    slip(
        "version = \"2026-11-01.1\"\napproved_by",
        "version = \"2026-02-30.1\"\napproved_by",
        &[(
            "\"2026-02-30.1\"",
            "`2026-02-30.1` is no version",
            "write the day and a number, as 2026-11-01.1",
        )],
    ),
    slip(
        "hours = []",
        "hours = [\"mon-fry 08:00-18:00\"]",
        &[(
            "\"mon-fry 08:00-18:00\"",
            "`mon-fry 08:00-18:00` are no hours: `fry` is no day of the week",
            "write days and times, as `mon-fri 08:00-18:00`; past midnight is a line of its own",
        )],
    ),
    slip(
        "timezone = \"America/New_York\"",
        "timezone = \"Eastern time\"",
        &[("\"Eastern time\"", "`Eastern time` is no time zone", "write an IANA name, as America/New_York")],
    ),
    slip(
        "ring_s = 25",
        "ring_s = 2500",
        &[("2500", "`ring_s` is 2500, outside of 5 to 120", "choose a number from 5 to 120")],
    ),
    slip(
        "silence_ms = 6000 ",
        "silence_ms = -1 ",
        &[("-1", "`silence_ms` is -1, outside of 3000 to 60000", "choose a number from 3000 to 60000")],
    ),
    slip(
        "settle_ms = 700 ",
        "settle_ms = 0 ",
        &[("0", "`settle_ms` is 0, outside of 300 to 5000", "choose a number from 300 to 5000")],
    ),
    slip(
        "expires_days = 90",
        "expires_days = 9000",
        &[("9000", "`expires_days` is 9000, outside of 1 to 1095", "choose a number from 1 to 1095")],
    ),
    slip(
        "draft_for_counsel = true",
        "draft_for_counsel = false",
        &[
            (
                "\"DRAFT FOR COUNSEL, not approved\"",
                "the notice is a draft, but `draft_for_counsel` is false",
                "write who approved it and when, or set draft_for_counsel = true",
            ),
            (
                "\"Permission to share information that 42 CFR Part 2 protects (draft for counsel)\"",
                "`title` of `[consents.instrument]` says `draft`, but `draft_for_counsel` is false",
                "take it out, and give the instrument a new version: patients sign this text",
            ),
            (
                "\"Permiso para compartir información que protege la Parte 2 de 42 CFR (borrador para revisión legal)\"",
                "`title` of `[consents.instrument]` says `borrador`, but `draft_for_counsel` is false",
                "take it out, and give the instrument a new version: patients sign this text",
            ),
        ],
    ),
    // Placeholders.
    slip(
        "That's a yes for {recipient}.",
        "That's a yes for {recipeint}.",
        &[
            (
                "\"Okay, thank you. That's a yes for {recipeint}.\"",
                "`consent_granted` of `[texts]` does not say {recipient}",
                "put {recipient} where it should be said",
            ),
            (
                "{recipeint}",
                "`consent_granted` of `[texts]` has an unknown placeholder {recipeint}",
                "did you mean {recipient}?",
            ),
        ],
    ),
    slip(
        "Thank you for telling me. A person",
        "Thank you, {caller}. A person",
        &[(
            "{caller}",
            "`minor` of `[texts]` has an unknown placeholder {caller}",
            "known here: {program}, {agent}, {number}",
        )],
    ),
    slip(
        "This call is recorded.\"",
        "This call is recorded}.\"",
        &[(
            "}",
            "`recording` of `[texts]` has a brace without its pair",
            "write placeholders as {program}; a lone brace would be spoken",
        )],
    ),
    slip(
        "You can reach a person at {number}.",
        "You can reach a person later.",
        &[(
            "\"I'm sorry, nobody can pick up right now. You can reach a person later. In an emergency, call 911.\"",
            "`human_unavailable` of `[texts]` does not say {number}",
            "put {number} where it should be said",
        )],
    ),
    // The order of a call, and questions that give themselves away.
    slip(
        "id = \"dob\"\nelicits = \"none\"",
        "id = \"dob\"\nelicits = \"maybe\"",
        &[("\"maybe\"", "`elicits` cannot be `maybe`", "use `none` or `sud`")],
    ),
    slip(
        "answer = \"member_id\"",
        "answer = \"memberid\"",
        &[("\"memberid\"", "`answer` cannot be `memberid`", "did you mean `member_id`?")],
    ),
    slip(
        "id = \"callback\"\nelicits = \"none\"",
        "id = \"callback\"\nelicits = \"sud\"",
        &[(
            "\"sud\"",
            "the sensitive question `callback` stands among the plain ones",
            "move it behind the last plain question; a call asks the plain ones first",
        )],
    ),
    slip(
        "id = \"level_of_care\"\nelicits = \"sud\"\nanswer = \"open\"\ntext.en = \"What kind of help do you have in mind? For example detox, a place to stay, or visits during the week.\"\ntext.es = \"¿Qué tipo de ayuda busca? Por ejemplo desintoxicación, un lugar donde quedarse, o visitas durante la semana.\"",
        "id = \"level_of_care\"\nelicits = \"none\"\nanswer = \"open\"\ntext.en = \"What city are you in?\"\ntext.es = \"¿En qué ciudad está?\"",
        &[(
            "\"none\"",
            "the plain question `level_of_care` stands behind a sensitive one",
            "move it before the first sensitive question; if it asks about substance use, mark it elicits = \"sud\"",
        )],
    ),
    slip(
        "How did you hear about us?",
        "How long have you been drinking, and did you try detox?",
        &[
            (
                "drinking",
                "the plain question `referred_by` asks about substance use, health or the law: `drinking`",
                "mark it elicits = \"sud\" and move it behind the plain questions, or ask in other words",
            ),
            (
                "detox",
                "the plain question `referred_by` asks about substance use, health or the law: `detox`",
                "mark it elicits = \"sud\" and move it behind the plain questions, or ask in other words",
            ),
        ],
    ),
    slip(
        "¿Cómo supo de nosotros?",
        "¿Qué drogas consume?",
        &[
            (
                "drogas",
                "the plain question `referred_by` asks about substance use, health or the law: `drogas`",
                "mark it elicits = \"sud\" and move it behind the plain questions, or ask in other words",
            ),
            (
                "consume",
                "the plain question `referred_by` asks about substance use, health or the law: `consume`",
                "mark it elicits = \"sud\" and move it behind the plain questions, or ask in other words",
            ),
        ],
    ),
    slip(
        "Are you still there? Take your time.",
        "Are you still there? Have you been drinking?",
        &[(
            "drinking",
            "`silence` asks about substance use, health or the law: `drinking`",
            "only a sensitive question may; ask in other words",
        )],
    ),
    // What must be said, and what must not.
    slip(
        "My name is {agent}, and I answer on behalf of {program}.",
        "My name is {agent}.",
        &[(
            "\"My name is {agent}. Before we start, here is how your privacy works.\"",
            "the notice in en-US does not say (a) who speaks, and on whose behalf",
            "name the agent (Robin) and say `for` or `on behalf of Harbor Recovery Center` (in Spanish `de parte de`)",
        )],
    ),
    slip(
        "privacidad, 42 CFR Parte 2.\nNo se comparte",
        "privacidad.\nNo se comparte",
        &[(
            "\"\"\"\nLo que me diga sobre el consumo de sustancias está protegido por una ley federal de privacidad.\nNo se comparte sin su permiso, salvo cuando esa ley lo permite, como en una emergencia médica.\"\"\"",
            "the notice in es-US does not say (b) that 42 CFR Part 2 protects what is shared",
            "say that it is protected by a federal privacy law, 42 CFR Part 2",
        )],
    ),
    slip(
        "You don't have to answer anything, and you can stop or change your mind at any time.",
        "Please answer every question.",
        &[(
            "\"Please answer every question.\"",
            "the notice in en-US does not say (c) that the caller can decline at any point",
            "say that no question has to be answered and that the caller can stop at any time",
        )],
    ),
    slip(
        "Do you understand, and is it okay to go on?",
        "Please listen to the rest.",
        &[(
            "\"Please listen to the rest.\"",
            "the acknowledgement question does not end in a yes-or-no question",
            "end it with a question such as `Is that okay?` (`¿Está bien?`), or with `yes or no?`",
        )],
    ),
    slip(
        "so they can say what it covers? A yes lasts {expires}, and you can take it back. So, yes or no?",
        "A yes lasts {expires}, and you can take it back. What shall they get?",
        &[(
            "\"\"\"\nMay {program} and its assistant tell {recipient} your name, birth date, member number, and that you want\nsubstance use care, A yes lasts {expires}, and you can take it back. What shall they get?\"\"\"",
            "the consent question of `payor` does not end in a yes-or-no question",
            "end it with a question such as `Is that okay?` (`¿Está bien?`), or with `yes or no?`",
        )],
    ),
    slip(
        "para saber qué cubre? Un sí dura {expires} y lo puede retirar.",
        "para saber qué cubre? Un sí dura {expires}.",
        &[(
            "\"\"\"\n¿Pueden {program} y su asistente decirle a {recipient} su nombre, fecha de nacimiento, número de miembro\ny que busca atención por consumo de sustancias, para saber qué cubre? Un sí dura {expires}.\nEntonces, ¿sí o no?\"\"\"",
            "the consent question of `payor` does not say that a permission can be taken back",
            "say so, as `you can take it back at any time` (42 CFR 2.31(a)(6))",
        )],
    ),
    slip(
        "\"member_id\", \"service_type\"]",
        "\"memberid\", \"shoe_size\"]",
        &[
            (
                "\"memberid\"",
                "recipient `payor` may receive `memberid`, which no question asks",
                "did you mean `member_id`?",
            ),
            (
                "\"shoe_size\"",
                "recipient `payor` may receive `shoe_size`, which no question asks",
                "name a question's id, or one of call_reference, stage, consents, service_type, coverage, preferred_language",
            ),
        ],
    ),
    slip(
        "\"crm\", \"the crm\",",
        "\"my plan\", \"the crm\",",
        &[("\"my plan\"", "`my plan` stands for `payor` and for `crm`", "keep it in one place")],
    ),
    slip(
        "\"crm\", \"the crm\",",
        "\"crm\", \"The CRM!\", \"the crm\",",
        &[("\"the crm\"", "`the crm` is there twice", "keep it in one place")],
    ),
    slip(
        "This is an automated assistant for",
        "This is",
        &[(
            "\"Hello, I'm glad you called. This is {program}. In an emergency, hang up and call 911.\"",
            "`greeting` does not say that an automated assistant speaks",
            "say `automated assistant` (`asistente automatizado`)",
        )],
    ),
    slip(
        "This call is recorded.",
        "Thank you.",
        &[(
            "\"Thank you.\"",
            "`recording` does not say that the call is recorded",
            "say `this call is recorded` (`esta llamada se graba`)",
        )],
    ),
    slip(
        "es = \"Parece que esto puede ser una emergencia. Llame ahora mismo al 911. Si piensa en quitarse la vida, llame o mande un texto al 988. Le comunico con una persona.\"",
        "es = \"Llame al 911.\"",
        &[(
            "\"Llame al 911.\"",
            "`emergency` does not say 988",
            "give the number of the Suicide and Crisis Lifeline",
        )],
    ),
    slip(
        "call {number}. Is there anything else?\"",
        "call {number}.\"",
        &[(
            "\"Thank you for trusting me with this. Someone from {program} will be in touch. You've been talking with an automated assistant; to reach a person, call {number}.\"",
            "`closing` does not say `anything else?` at its end",
            "end it with that question",
        )],
    ),
    slip(
        "Would you like to talk with a person?",
        "You could talk with a person.",
        &[(
            "\"You could talk with a person.\"",
            "`human_offer` does not say a yes-or-no question at its end",
            "end it with a question such as `Is that a yes?` (`¿Es un sí?`), or with `yes or no?`",
        )],
    ),
    slip(
        "I'm {agent}, an automated assistant. I answer",
        "I'm a licensed counselor. I answer",
        &[(
            "I'm a licensed counselor",
            "`answer` of FAQ entry `who_is_this` claims to be a licensed person",
            "an automated assistant never claims a licence; take it out",
        )],
    ),
    slip(
        "Okay, then it stays as you said before.",
        "42 CFR part 2 prohibits unauthorized disclosure of these records.",
        &[(
            "prohibits unauthorized disclosure of these records",
            "`revoke_not_meant` of `[texts]` uses a statement that was replaced in 2024",
            "since 2024 it reads `prohibits unauthorized use or disclosure of these records` (42 CFR 2.32(a)(2))",
        )],
    ),
];

#[test]
fn each_slip_is_told_with_its_place_and_its_mend() {
    for slip in SLIPS {
        let (text, examined) = with(&[slip]);
        let told: Vec<_> = examined
            .faults
            .iter()
            .map(|f| (&text[f.span.clone()], f.message.as_str(), f.mend.as_str()))
            .collect();
        assert_eq!(told, slip.faults, "after `{}` became `{}`", slip.was, slip.is);
        assert_eq!(examined.program, None, "a wrong script gives no program");
    }
}

#[test]
fn all_slips_of_a_file_are_told_at_once_in_its_order() {
    let chosen: Vec<&Slip> =
        ["ring_s = 25", "numbers = [\"+12025550100\"]", "[texts.greeting]", "How did you hear about us?"]
            .iter()
            .map(|was| SLIPS.iter().find(|s| s.was == *was).expect("one of the slips above"))
            .collect();
    let (_, examined) = with(&chosen);
    let wanted: usize = chosen.iter().map(|s| s.faults.len()).sum();
    assert_eq!(examined.faults.len(), wanted, "{:#?}", examined.faults);
    assert!(examined.faults.is_sorted_by_key(|f| f.span.start));
}

#[test]
fn what_works_but_deserves_a_look_is_a_warning_and_not_a_fault() {
    let cases = [
        ("es = \"Tómese su tiempo. Aquí estoy.\"\n", "", "`wait` of `[texts]` has no Spanish"),
        (
            "Before we start, here is how your privacy works.",
            "Preliminarily, comprehensive confidentiality considerations necessitate an extraordinarily deliberate explanation regarding organizational accountability obligations.",
            "the notice reads at school grade 13.6, above 8",
        ),
        (
            "In an emergency, hang up and call 911.\"\nes",
            "In an emergency, hang up and call 911. In an emergency, hang up and call 911. In an emergency, hang up and call 911. In an emergency, hang up and call 911. In an emergency, hang up and call 911. In an emergency, hang up and call 911.\"\nes",
            "greeting, recording, notice and its question take 61 s in en-US (152 words), more than 60",
        ),
        (
            "\"who is this\", \"who are you\",",
            "\"who is this\", \"are you\",",
            "`are you a robot` is never reached: `are you` of `who_is_this` comes first",
        ),
    ];
    for (was, is, warning) in cases {
        let examined = examine(&replaced(was, is));
        assert_eq!(messages(&examined), [""; 0]);
        assert!(examined.program.is_some());
        let told: Vec<_> = examined.warnings.iter().map(|w| w.message.as_str()).collect();
        assert!(told.contains(&warning), "{told:#?}");
    }
}

fn with(slips: &[&Slip]) -> (String, Examined) {
    let mut text = HARBOR.to_owned();
    for slip in slips {
        assert!(text.contains(slip.was), "the sample has no `{}`", slip.was);
        text = text.replacen(slip.was, slip.is, 1);
    }
    let examined = examine(&text);
    (text, examined)
}

fn replaced(was: &str, is: &str) -> String {
    assert!(HARBOR.contains(was), "the sample has no `{was}`");
    HARBOR.replacen(was, is, 1)
}

fn messages(examined: &Examined) -> Vec<&str> {
    examined.faults.iter().map(|f| f.message.as_str()).collect()
}
