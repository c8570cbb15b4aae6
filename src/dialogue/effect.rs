//! Everything the dialogue wants done.

use super::ChannelKind;
use crate::{
    pii::Pii,
    program::{Elicits, Expecting, Instrument, Locale, RecipientId},
    time::{Millis, Utc},
    understand::{Percent, Reading},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One emission of a line; repeats and resumptions have their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub u32);

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "l{}", self.0)
    }
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names of the contract
pub enum LineKind {
    Greeting,
    Recording,
    Notice,
    Acknowledge,
    Question,
    Consent,
    Signature,
    Confirm,
    Revocation,
    Faq,
    Repair,
    Refusal,
    Emergency,
    Transfer,
    Closing,
}

/// Something the agent says. Only the dialogue makes one, and one that elicits SUD information only with the
/// right to: see [`crate::dialogue`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub(super) id: LineId,
    pub(super) kind: LineKind,
    pub(super) text: String,
    pub(super) locale: Locale,
    pub(super) elicits: Elicits,
    pub(super) from_ms: u64,
}

impl Line {
    /// Which emission this is.
    pub fn id(&self) -> LineId {
        self.id
    }
    /// What it is for.
    pub fn kind(&self) -> LineKind {
        self.kind
    }
    /// The words, whole, also where it is resumed in the middle.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The language of the words.
    pub fn locale(&self) -> Locale {
        self.locale
    }
    /// Whether it elicits SUD information.
    pub fn elicits(&self) -> Elicits {
        self.elicits
    }
    /// Milliseconds of the line already heard: speech begins at the last pause before that.
    pub fn from_ms(&self) -> u64 {
        self.from_ms
    }
}

/// How the next answer is listened for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listening {
    /// What the agent waits for.
    pub expecting: Expecting,
    /// Silence that ends a turn, in milliseconds.
    pub end_of_turn_ms: u64,
}

/// Why a person is called in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    /// Asked for, or offered and accepted.
    Human,
    /// Danger to life.
    Crisis,
    /// A minor.
    Minor,
    /// Claimed authority for the patient is to be verified by staff; nobody is called to the line.
    VerifyAuthority,
    /// A minor in danger: only the program's director may tell a parent (42 CFR 2.14(c)).
    ProgramDirector,
    /// A threat, or a child in danger (42 CFR 2.12(c)(5), (6)).
    ///
    /// Duty: D20, 42 CFR 2.12(c)(5).
    Safety,
    /// A permission that stands alone, for a court or a lawyer; staff take it (42 CFR 2.31(d), 2.35).
    ///
    /// Duty: D12, 42 CFR 2.31(d).
    SpecialConsent,
    /// Something of ours broke.
    Trouble,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names of the contract
pub enum Outcome {
    Completed,
    Declined,
    Abandoned,
    Transferred,
    Emergency,
    Failed,
}

/// What the caller answered to the acknowledgement question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names of the contract
pub enum Acknowledgement {
    Affirmed,
    Declined,
    #[default]
    None,
}

/// What the caller decided about a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names of the contract
pub enum Decision {
    Granted,
    Denied,
    Revoked,
    Deferred,
    Incomplete,
}

/// The caller's answer, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The words, or the key.
    pub text: Pii<String>,
    /// How sure the understanding was.
    pub confidence: Percent,
    /// Where in the call they began.
    pub from: Millis,
    /// Where they ended.
    pub to: Millis,
}

/// By which way something was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Told {
    Oral,
    Key,
    Typed,
    Click,
}

/// How a consent was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names of the contract
pub enum SignatureKind {
    Voice,
    Typed,
    Click,
}

/// A signature, and what it was put under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedAs {
    /// By which way.
    pub kind: SignatureKind,
    /// The name that was said or typed.
    pub name: Pii<String>,
    /// Where in the call the consent question began.
    pub from: Millis,
    /// Where the agreement ended.
    pub to: Millis,
    /// The written instrument, frozen.
    pub instrument: Pii<Instrument>,
}

/// Why nothing may leave on a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names of the contract
pub enum Block {
    WrittenSignature,
    Cosigner,
    Authority,
    Capacity,
    Expired,
    Revoked,
    Restriction,
    Hold,
    Superseded,
}

impl Block {
    /// The name of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Block::WrittenSignature => "written_signature",
            Block::Cosigner => "cosigner",
            Block::Authority => "authority",
            Block::Capacity => "capacity",
            Block::Expired => "expired",
            Block::Revoked => "revoked",
            Block::Restriction => "restriction",
            Block::Hold => "hold",
            Block::Superseded => "superseded",
        }
    }
}

impl SignatureKind {
    /// The name of the contract.
    pub fn name(self) -> &'static str {
        match self {
            SignatureKind::Voice => "voice",
            SignatureKind::Typed => "typed",
            SignatureKind::Click => "click",
        }
    }
}

/// A request filed for the compliance contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names of the contract
pub enum RequestKind {
    Access,
    Correction,
    Deletion,
    Accounting,
    Restriction,
    Complaint,
    InquiryUnlinked,
    LegalDemandUnlinked,
}

/// Whether a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names of the contract
pub enum AnswerStatus {
    Answered,
    Skipped,
    Pending,
}

/// What matters in law. A fact is durable before anything that follows from it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The first part of the notice began to be audible.
    NoticeBegan,
    /// The caller interrupted the notice.
    NoticeInterrupted,
    /// Every part of the notice was heard to its end.
    NoticeHeard,
    /// The notice was read in another language from here on; its text has this hash.
    NoticeLocale {
        /// The language.
        locale: Locale,
        /// [`crate::program::Notice::sha256`].
        sha256: String,
    },
    /// The caller answered the acknowledgement question.
    Acknowledged {
        /// How.
        answer: Acknowledgement,
        /// In which words.
        response: Response,
    },
    /// The gate to sensitive questions opened or closed.
    Gate {
        /// Whether it is open now.
        open: bool,
        /// Why, in plain words.
        why: String,
    },
    /// A consent question was heard to its end.
    ConsentAsked {
        /// This consent's id.
        consent_id: String,
        /// For whom.
        recipient: RecipientId,
        /// For what.
        purpose: String,
        /// The version of the question.
        version: String,
        /// The question as it was spoken.
        text: String,
        /// When a yes would expire, where it does on a date.
        expires: Option<Utc>,
        /// The event at which it ends, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_event: Option<String>,
        /// The revoked consent this one would replace.
        supersedes: Option<String>,
    },
    /// The caller decided, or a policy did.
    ConsentDecided {
        /// Which consent.
        consent_id: String,
        /// For whom.
        recipient: RecipientId,
        /// What. Never [`Decision::Revoked`].
        decision: Decision,
        /// In which words, where the caller spoke.
        response: Option<Response>,
        /// The signature under it, where one was asked for and given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Box<SignedAs>>,
        /// What keeps a grant from being released, or kept it from being one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        blocked_by: Vec<Block>,
        /// Why, where it was not the answer itself.
        why: Option<String>,
    },
    /// Something turned up that keeps a live grant from being released.
    ConsentBlocked {
        /// Which consent.
        consent_id: String,
        /// Whose.
        recipient: RecipientId,
        /// What.
        by: Block,
    },
    /// Somebody else can hear the call.
    CompanyPresent,
    /// A grant was taken back.
    ConsentRevoked {
        /// Which consent.
        consent_id: String,
        /// Whose.
        recipient: RecipientId,
        /// By which way.
        told: Told,
        /// In which words.
        response: Response,
    },
    /// Permission that this call did not give was taken back: what earlier calls gave.
    TakenBackBefore {
        /// Whose.
        recipients: Vec<RecipientId>,
        /// By which way.
        told: Told,
        /// In which words.
        response: Response,
    },
    /// A question was asked.
    QuestionAsked {
        /// Which.
        id: String,
        /// Whether it elicits SUD information.
        elicits: Elicits,
    },
    /// A question was answered or passed over.
    QuestionEnded {
        /// Which.
        id: String,
        /// How.
        status: AnswerStatus,
        /// The answer: what was said, and the value in it where the question has a form. Kept out of the record.
        answer: Option<Pii<Answered>>,
    },
    /// SUD information was offered before the gate was open.
    SudUnprompted,
    /// A request was filed.
    Requested {
        /// Which.
        kind: RequestKind,
    },
    /// A person was called in.
    Escalated {
        /// Why.
        kind: Escalation,
    },
    /// The caller goes on in another way.
    Moved {
        /// How they are connected from now on.
        to: ChannelKind,
    },
    /// Recording stopped because the caller wants none; what was recorded is to be destroyed.
    RecordingOff,
    /// The chat goes on in a call: here it ends.
    HandedOver {
        /// In which.
        to: String,
    },
    /// This call goes on with an unfinished chat, whose code the caller gave.
    Resumes {
        /// With which.
        from: String,
    },
    /// The call ended.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

/// The answer to a question of the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What was said or keyed.
    pub text: String,
    /// The value in it, normalised: a date as `1985-03-03`, a number as `5550100`, an id as `XYZ12345`.
    pub value: Option<String>,
    /// Whether it was read back and found right.
    #[serde(default)]
    pub confirmed: bool,
}

/// Everything the dialogue wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put this on record, durably, before doing what comes after it.
    Fact(Fact),
    /// Say this after what is being said.
    Speak(Line),
    /// Stop speaking now; drop what was not said. Every line that had not ended is reported cut.
    Flush,
    /// From now on answers are to this.
    Listen(Listening),
    /// What the last words meant.
    Understood(Reading),
    /// Stop recording and destroy what was recorded.
    StopRecording,
    /// Pass the caller to a person.
    Transfer(Escalation),
    /// Look up the chat of this code, and answer with [`Input::LookedUp`](super::Input::LookedUp).
    LookUp(Pii<String>),
    /// End the connection, once what was said has been heard.
    HangUp,
}
