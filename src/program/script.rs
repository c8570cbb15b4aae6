//! The script of a program: every word the agent may say, and in what order.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// A language the agent speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locale {
    /// United States English. Every text exists in it.
    #[default]
    #[serde(rename = "en-US")]
    EnUs,
    /// United States Spanish.
    #[serde(rename = "es-US")]
    EsUs,
}

impl Locale {
    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::EnUs => "en-US",
            Locale::EsUs => "es-US",
        }
    }

    /// The locale a client asked for: any Spanish is ours, everything else English.
    pub fn from_tag(tag: &str) -> Locale {
        if tag.get(..2).is_some_and(|l| l.eq_ignore_ascii_case("es")) { Locale::EsUs } else { Locale::EnUs }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// One text in every language it exists in. English is never missing.
#[derive(Clone, Default, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Spanish, where the program has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub es: Option<String>,
}

impl Text {
    /// The text in `locale`, or in English where it was never translated.
    pub fn in_locale(&self, locale: Locale) -> &str {
        match (locale, &self.es) {
            (Locale::EsUs, Some(es)) => es,
            _ => &self.en,
        }
    }
}

impl Text {
    /// The text in `locale`, with `{recipient}` and `{recipients}` said as `names`: "a, b and c".
    pub fn about(&self, names: &[&str], locale: Locale) -> String {
        let and = match locale {
            Locale::EnUs => "and",
            Locale::EsUs => "y",
        };
        let joined = match names.split_last() {
            None => String::new(),
            Some((only, [])) => (*only).to_owned(),
            Some((last, others)) => format!("{} {and} {last}", others.join(", ")),
        };
        self.in_locale(locale).replace("{recipients}", &joined).replace("{recipient}", &joined)
    }
}

/// The short name of a recipient: `payor`, `referral_source`, `crm`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecipientId(pub String);

impl RecipientId {
    /// The name as written in the script.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for RecipientId {
    fn from(id: &str) -> Self {
        RecipientId(id.into())
    }
}

/// Whether a line elicits SUD information.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Elicits {
    /// It does not.
    #[default]
    None,
    /// It does: never before the notice was heard and acknowledged.
    Sud,
}

/// A treatment program, as its `program.toml` says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The short name, also the folder's: `harbor`.
    pub id: String,
    /// The legal or display name: "Harbor Recovery Center".
    pub name: String,
    /// SHA-256 of the script's file, hex: which script a call ran on.
    pub sha256: String,
    /// The telephone numbers callers dial, E.164.
    pub numbers: Vec<String>,
    /// The languages offered, the default first.
    pub locales: Vec<Locale>,
    /// The notice under Part 2.
    pub notice: Notice,
    /// What all consents share: how they are signed, and the written instrument.
    pub consents: ConsentRules,
    /// Who may receive something, in the order they are asked about.
    pub recipients: Vec<Recipient>,
    /// Questions that elicit nothing about substance use, in order.
    pub plain: Vec<Question>,
    /// Questions that do, in order. Only behind the gate.
    pub sensitive: Vec<Question>,
    /// Answers to what callers ask.
    pub faq: Vec<Faq>,
    /// Every other line.
    pub texts: Texts,
    /// The same script in the words of a chat, where it has some of its own.
    pub typed: Option<Arc<Program>>,
    /// How a person is reached.
    pub person: Person,
    /// How long the agent waits for what.
    pub timings: Timings,
    /// Words the voice must say in a particular way, beside the built-in lexicon: written form to spoken form.
    pub pronounce: BTreeMap<String, String>,
    /// The same in Spanish.
    pub pronounce_es: BTreeMap<String, String>,
}

impl Program {
    /// The recipient called `id`.
    pub fn recipient(&self, id: &RecipientId) -> Option<&Recipient> {
        self.recipients.iter().find(|r| r.id == *id)
    }

    /// The question called `id`, plain or sensitive.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.plain.iter().chain(&self.sensitive).find(|q| q.id == id)
    }
}

/// The notice that is read before anything sensitive is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `part2-notice`.
    pub id: String,
    /// The version stamped into every call: `2026-11-01.1`.
    pub version: String,
    /// Who approved this version, as the program writes it.
    pub approved_by: String,
    /// What is read, in order; each is heard to its end on its own.
    pub parts: Vec<NoticePart>,
    /// The yes-or-no question after it.
    pub acknowledge: Text,
}

impl Notice {
    /// SHA-256 (hex) over the texts of the notice and its question in `locale`, each ended by a newline:
    /// a changed word is another notice.
    pub fn sha256(&self, locale: Locale) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for text in self.parts.iter().map(|p| &p.text).chain([&self.acknowledge]) {
            hash.update(text.in_locale(locale).as_bytes());
            hash.update(b"\n");
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// One spoken part of the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticePart {
    /// `a`, `b`, `c`.
    pub id: String,
    /// What is read.
    pub text: Text,
}

/// What all consents of a program share.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct ConsentRules {
    /// Whether a yes is to be signed, by name and "I agree".
    pub sign: bool,
    /// What a spoken signature is worth.
    pub voice_signature: VoiceSignature,
    /// Said once before the first consent question: what holds for all of them.
    pub shared: Text,
    /// The words of the written instrument.
    pub instrument: InstrumentTexts,
}

/// What a spoken signature is worth (42 CFR 2.31(a)(8)); for the program's counsel to decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceSignature {
    /// It is a signature: what was signed may be released.
    Accepted,
    /// It is recorded; nothing is released before a written signature.
    #[default]
    PendingWritten,
}

/// The clauses of the written instrument, one for each element of 42 CFR 2.31(a).
///
/// `{patient}`, `{program}`, `{recipient}` (its legal name), `{information}`, `{purpose}`, `{expires}` and `{date}`
/// are filled in.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct InstrumentTexts {
    /// A changed word is a new version.
    pub version: String,
    /// The heading.
    pub title: Text,
    /// (1) Who the patient is.
    pub patient: Text,
    /// (2) Who discloses.
    pub discloser: Text,
    /// (3) What is disclosed.
    pub information: Text,
    /// (4)(i) To whom.
    pub recipient: Text,
    /// (4)(iii) A covered entity or business associate may pass it on under HIPAA.
    pub covered_recipient: Text,
    /// (5) What for.
    pub purpose: Text,
    /// (6) That and how it can be taken back.
    pub revocation: Text,
    /// (7) When it ends.
    pub expiry: Text,
    /// (8) and (9) Signature and date.
    pub signature: Text,
    /// (10)(i) That it may be passed on and lose protection.
    pub redisclosure: Text,
    /// (10)(ii) What a refusal means.
    pub refusal: Text,
}

/// What kind of person receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientKind {
    /// A health plan under 45 CFR 160.103.
    HealthPlan,
    /// A payer that is no health plan (42 CFR 2.11).
    ThirdPartyPayer,
    /// Somebody who treats the patient.
    TreatingProvider,
    /// Whoever sent the patient.
    ReferralSource,
    /// A company that works for the program.
    Contractor,
    /// Family or friends.
    Family,
    /// The single consent for all treatment, payment and health care operations (42 CFR 2.31(a)(4)(i)).
    Tpo,
}

/// What a recipient is under HIPAA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HipaaClass {
    /// A covered entity.
    CoveredEntity,
    /// A business associate.
    BusinessAssociate,
    /// Neither.
    None,
}

/// When a consent ends: at a date, at an event, or (for the single consent only) at neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// This many days after the call, at the end of the day.
    pub days: Option<u32>,
    /// When this happens, if that is earlier.
    pub event: Option<Text>,
}

/// Somebody who may receive information, with the caller's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// `payor`.
    pub id: RecipientId,
    /// How the agent says it inside a sentence: "your insurance plan".
    pub name: Text,
    /// How the instrument names it: "the patient's health plan, as named above".
    pub legal_name: Text,
    /// What it is.
    pub kind: RecipientKind,
    /// What it is under HIPAA.
    pub hipaa: HipaaClass,
    /// Asked about only when the caller brings it up.
    pub on_request: bool,
    /// Why: "to find out what your plan covers".
    pub purpose: Text,
    /// What, in words: "your name, birth date and member number".
    pub information: Text,
    /// What may go, field by field; nothing else ever does.
    pub fields: Vec<String>,
    /// The version of the consent question.
    pub version: String,
    /// The consent question, answered by yes or no.
    pub consent: Text,
    /// When a yes ends.
    pub expiry: Expiry,
    /// What callers call it: "insurance", "my plan", "Blue Cross".
    pub aliases: Vec<String>,
}

/// What shape of answer a question expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// A person's name, possibly spelled.
    Name,
    /// A telephone number, spoken or keyed.
    Phone,
    /// A date, spoken or keyed as MMDDYYYY.
    Date,
    /// Letters and digits of an identifier.
    MemberId,
    /// The name of an insurer.
    Insurer,
    /// Anything.
    Open,
}

impl AnswerKind {
    /// Whether it can be given with the keys of a telephone.
    pub fn is_keyed(self) -> bool {
        matches!(self, AnswerKind::Phone | AnswerKind::Date | AnswerKind::MemberId)
    }
}

/// Whether an answer is read back before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadBack {
    /// Always.
    Always,
    /// When it was spoken: ears err.
    Spoken,
    /// Never.
    Never,
}

/// A question of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// `substance`.
    pub id: String,
    /// Whether it elicits SUD information.
    pub elicits: Elicits,
    /// What is asked.
    pub text: Text,
    /// The shape of the answer.
    pub answer: AnswerKind,
    /// Whether the answer is read back.
    pub read_back: ReadBack,
}

/// A fixed answer to something callers ask. Nothing improvises law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faq {
    /// `what_is_part2`.
    pub id: String,
    /// Phrases that mean this question, lower case, without punctuation.
    pub phrases: Vec<String>,
    /// The answer.
    pub answer: Text,
}

/// The lines that are neither notice, consent, question nor answer.
///
/// `{recipient}` stands for [`Recipient::name`], `{recipients}` for several of them joined,
/// `{number}` for [`Person::number`] as spoken, `{program}` for [`Program::name`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Says that it is an automated assistant, and for whom.
    pub greeting: Text,
    /// Says that the call is recorded.
    pub recording: Text,
    /// SUD information offered before the notice: thanks, and why the notice comes first.
    pub before_we_talk: Text,
    /// After an interruption of the notice that asked for something else: "I'll get to that. First:".
    pub back_to_notice: Text,
    /// The acknowledgement was weak or unclear: asks for a plain yes or no.
    pub acknowledge_again: Text,
    /// The caller does not want it: what the agent still can do.
    pub declined: Text,
    /// A short thanks between an answer and the next question.
    pub thanks: Text,
    /// A consent was granted, named by `{recipient}`.
    pub consent_granted: Text,
    /// A consent was denied, named by `{recipient}`.
    pub consent_denied: Text,
    /// The consent answer was unclear: asks for a plain yes or no about `{recipient}`.
    pub consent_again: Text,
    /// Still unclear: it stays a no for now, `{recipient}`.
    pub consent_deferred: Text,
    /// Asks for the signature under a yes: full name and "I agree", `{recipient}`.
    pub signature: Text,
    /// Name or "I agree" was missing: asks for both once more, `{recipient}`.
    pub signature_again: Text,
    /// The name differs from the one given before: it stays open, `{recipient}`.
    pub name_differs: Text,
    /// Reads an answer back, `{value}`, and asks whether it is right.
    pub read_back: Text,
    /// The read-back was wrong: an apology before the question is asked again.
    pub read_back_wrong: Text,
    /// A grant was taken back, `{recipients}`.
    pub revoked: Text,
    /// Everything was taken back.
    pub revoked_all: Text,
    /// A revocation of what was never granted: it will not be shared, `{recipients}`.
    pub revoked_before: Text,
    /// Asks whether a suspected revocation is meant, `{recipients}`.
    pub revoke_confirm: Text,
    /// A suspected revocation was not meant.
    pub revoke_not_meant: Text,
    /// The caller wants no more of these questions: what was said stays inside.
    pub stopped: Text,
    /// A question is passed over.
    pub skipped: Text,
    /// Take your time.
    pub wait: Text,
    /// The agent did not understand.
    pub not_understood: Text,
    /// Nobody spoke.
    pub silence: Text,
    /// Nobody spoke again: goodbye.
    pub silence_goodbye: Text,
    /// A question nobody wrote an answer for: the program's staff will answer.
    pub no_answer_known: Text,
    /// Offers a person, yes or no.
    pub human_offer: Text,
    /// Connecting a person now.
    pub human_connecting: Text,
    /// No person can be reached now (after hours, or nobody answered): `{number}`.
    pub human_unavailable: Text,
    /// Danger: 911, 988, and a person now.
    pub emergency: Text,
    /// Asks whether somebody is in danger right now.
    pub danger_question: Text,
    /// Neither confirms nor denies that anybody is a patient.
    pub neutral_refusal: Text,
    /// Police, a court or a lawyer: where such papers go. Said after the neutral refusal.
    pub legal_demand: Text,
    /// Somebody with authority for the patient: staff will verify it.
    pub representative: Text,
    /// Others can hear: asks whether it is okay to go on.
    pub company: Text,
    /// It is not: they can call again when alone.
    pub company_refused: Text,
    /// Whether the caller can decide now is in doubt: permissions wait.
    pub capacity: Text,
    /// A threat, or a child in danger: a person, now.
    pub safety: Text,
    /// An employer, a court, a lawyer: only a person can take such a permission.
    pub special_recipient: Text,
    /// A complaint was passed on, and where else one may complain.
    pub complaint: Text,
    /// One permission for everybody who treats the caller is not offered here.
    pub no_single_consent: Text,
    /// The health plan is kept out until staff have answered the wish, `{recipients}`.
    pub restricted: Text,
    /// The caller speaks for somebody else: what is possible.
    pub third_party: Text,
    /// The caller is a minor: a person will help.
    pub minor: Text,
    /// A request was filed for the compliance contact.
    pub request_filed: Text,
    /// Recording was turned off.
    pub recording_off: Text,
    /// In each language: how a caller who hears the greeting in the other one gets this one.
    pub language_offer: Text,
    /// The caller has a code of a chat: asks for its digits, keyed or said.
    pub code_ask: Text,
    /// A code was given before the notice was acknowledged: the notice comes first.
    pub code_kept: Text,
    /// No chat can be gone on with by that code, whatever the reason.
    pub code_unknown: Text,
    /// The call goes on with the chat: what was answered there is not asked again.
    pub carried_on: Text,
    /// Said in the chat: it goes on by phone, and ends here.
    pub handed_over: Text,
    /// Another language was asked for that the recogniser does not know: keys or a person.
    pub language: Text,
    /// Something of ours broke: apology, and a person or goodbye.
    pub trouble: Text,
    /// The closing: what happens next; an automated assistant; how to reach a person. Ends in "anything else?".
    pub closing: Text,
    /// The last words.
    pub goodbye: Text,
}

/// How a person is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The program's number, E.164.
    pub number: String,
    /// IANA time zone of the hours.
    pub timezone: String,
    /// When somebody answers, as `mon-fri 08:00-18:00`; empty means always.
    #[serde(default)]
    pub hours: Vec<String>,
    /// A number for the other hours, E.164.
    #[serde(default)]
    pub after_hours_number: Option<String>,
    /// How long it may ring, in seconds.
    #[serde(default = "ring_s")]
    pub ring_s: u32,
}

fn ring_s() -> u32 {
    25
}

/// How long the agent waits. Milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timings {
    /// Nobody speaks: ask again after this.
    pub silence_ms: u64,
    /// After "one moment": this long.
    pub wait_ms: u64,
    /// End of turn at a yes-or-no question.
    pub end_of_turn_yes_no_ms: u64,
    /// End of turn at an open question.
    pub end_of_turn_open_ms: u64,
    /// End of turn while something is spelled: names, numbers, ids, dates.
    pub end_of_turn_spelled_ms: u64,
    /// A yes becomes a fact after this much without more speech.
    pub settle_ms: u64,
    /// A turn is taken as it stands after this long.
    pub turn_ms_max: u64,
    /// A call ends politely after this long.
    pub call_ms_max: u64,
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            silence_ms: 6_000,
            wait_ms: 30_000,
            end_of_turn_yes_no_ms: 280,
            end_of_turn_open_ms: 700,
            end_of_turn_spelled_ms: 1_100,
            settle_ms: 700,
            turn_ms_max: 30_000,
            call_ms_max: 30 * 60_000,
        }
    }
}
