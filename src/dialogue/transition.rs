//! Every transition in one table: where the dialogue stands, what it is told, what it does.
//!
//! The whole matrix is a reviewed snapshot (`tests/transitions.rs`) and a graph (`candor program graph`).

use crate::understand::{Matter, Meaning, Reading};

/// Where the dialogue stands, as far as an answer is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The greeting, the recording notice and the Part 2 notice are being read.
    Reading,
    /// The acknowledgement question is open.
    Acknowledging,
    /// A question that elicits nothing sensitive is open.
    Plain,
    /// A consent question is open.
    Consenting,
    /// The signature under a yes is asked for.
    Signing,
    /// A sensitive question is open. Only behind the gate.
    Sensitive,
    /// "Anything else?" is open.
    Closing,
    /// "Would you like a person?" is open.
    OfferingPerson,
    /// "Do you want me to stop sharing?" is open.
    CheckingRevocation,
    /// "Are you in danger right now?" is open.
    CheckingDanger,
    /// An answer is read back.
    CheckingAnswer,
    /// "Others can hear: is it okay to go on?" is open.
    CheckingCompany,
    /// The caller was told to call 911, and nobody of the program can be reached.
    InDanger,
    /// The last words are being said.
    Leaving,
}

impl State {
    /// Every state, in the order of a call.
    pub const ALL: [State; 14] = [
        State::Reading,
        State::Acknowledging,
        State::Plain,
        State::Consenting,
        State::Signing,
        State::Sensitive,
        State::Closing,
        State::OfferingPerson,
        State::CheckingRevocation,
        State::CheckingDanger,
        State::CheckingAnswer,
        State::CheckingCompany,
        State::InDanger,
        State::Leaving,
    ];
}

/// What the dialogue is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the meanings of the contract, and silence
pub enum Stimulus {
    Affirm,
    Deny,
    Unclear,
    Repeat,
    Wait,
    Grant,
    Revoke,
    Stop,
    Skip,
    Question,
    Human,
    Emergency,
    Request,
    Restriction,
    NoRecording,
    ThirdParty,
    Minor,
    Language,
    Goodbye,
    Answer,
    Inquiry,
    LegalDemand,
    Representative,
    Company,
    Complaint,
    Capacity,
    Safety,
    SpecialRecipient,
    EverybodyTreating,
    FullText,
    Silence,
}

impl Stimulus {
    /// Every stimulus.
    pub const ALL: [Stimulus; 31] = [
        Stimulus::Affirm,
        Stimulus::Deny,
        Stimulus::Unclear,
        Stimulus::Repeat,
        Stimulus::Wait,
        Stimulus::Grant,
        Stimulus::Revoke,
        Stimulus::Stop,
        Stimulus::Skip,
        Stimulus::Question,
        Stimulus::Human,
        Stimulus::Emergency,
        Stimulus::Request,
        Stimulus::Restriction,
        Stimulus::NoRecording,
        Stimulus::ThirdParty,
        Stimulus::Minor,
        Stimulus::Language,
        Stimulus::Goodbye,
        Stimulus::Answer,
        Stimulus::Inquiry,
        Stimulus::LegalDemand,
        Stimulus::Representative,
        Stimulus::Company,
        Stimulus::Complaint,
        Stimulus::Capacity,
        Stimulus::Safety,
        Stimulus::SpecialRecipient,
        Stimulus::EverybodyTreating,
        Stimulus::FullText,
        Stimulus::Silence,
    ];
}

impl Stimulus {
    /// Whether it answers the open question, or nothing.
    pub(super) fn answers(self) -> bool {
        use Stimulus as T;
        matches!(
            self,
            T::Affirm | T::Deny | T::Unclear | T::Answer | T::Skip | T::Grant | T::Repeat | T::Wait
        )
    }
}

impl From<Matter> for Stimulus {
    fn from(matter: Matter) -> Stimulus {
        match matter {
            Matter::Inquiry => Stimulus::Inquiry,
            Matter::LegalDemand => Stimulus::LegalDemand,
            Matter::Representative => Stimulus::Representative,
            Matter::Company => Stimulus::Company,
            Matter::Complaint => Stimulus::Complaint,
            Matter::Capacity => Stimulus::Capacity,
            Matter::Safety => Stimulus::Safety,
            Matter::SpecialRecipient => Stimulus::SpecialRecipient,
            Matter::EverybodyTreating => Stimulus::EverybodyTreating,
            Matter::FullText => Stimulus::FullText,
        }
    }
}

impl From<&Reading> for Stimulus {
    /// What an utterance is about outranks what it means, but for what may never wait.
    fn from(reading: &Reading) -> Stimulus {
        let meaning = Stimulus::from(&reading.meaning);
        let urgent = matches!(
            meaning,
            Stimulus::Emergency
                | Stimulus::Revoke
                | Stimulus::Deny
                | Stimulus::Stop
                | Stimulus::NoRecording
                | Stimulus::Minor
                | Stimulus::Language
                | Stimulus::Goodbye
        );
        match reading.matter {
            Some(Matter::Capacity) if meaning == Stimulus::Human => meaning,
            Some(matter) if !urgent => matter.into(),
            // Unclear as an answer, but clearly something told: it is told to somebody who listens.
            _ if meaning == Stimulus::Unclear && reading.tells_sud => Stimulus::Answer,
            _ => meaning,
        }
    }
}

impl From<&Meaning> for Stimulus {
    fn from(meaning: &Meaning) -> Stimulus {
        match meaning {
            Meaning::Affirm => Stimulus::Affirm,
            Meaning::Deny => Stimulus::Deny,
            Meaning::Unclear => Stimulus::Unclear,
            Meaning::Repeat => Stimulus::Repeat,
            Meaning::Wait => Stimulus::Wait,
            Meaning::Grant(_) => Stimulus::Grant,
            Meaning::Revoke(_) => Stimulus::Revoke,
            Meaning::Stop => Stimulus::Stop,
            Meaning::Skip => Stimulus::Skip,
            Meaning::Question => Stimulus::Question,
            Meaning::Human => Stimulus::Human,
            Meaning::Emergency => Stimulus::Emergency,
            Meaning::RecordsAccess
            | Meaning::RecordsCorrection
            | Meaning::RecordsDeletion
            | Meaning::Accounting => Stimulus::Request,
            Meaning::Restriction => Stimulus::Restriction,
            Meaning::NoRecording => Stimulus::NoRecording,
            Meaning::ThirdParty => Stimulus::ThirdParty,
            Meaning::Minor => Stimulus::Minor,
            Meaning::Language => Stimulus::Language,
            Meaning::Goodbye => Stimulus::Goodbye,
            Meaning::Answer => Stimulus::Answer,
        }
    }
}

/// What the dialogue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// The notice goes on at the first part not heard.
    ReadOn,
    /// The caller told something while the notice was read: a word about it, then the notice goes on.
    BackToNotice,
    /// A clear yes to the notice: the gate opens once the yes has settled.
    Acknowledge,
    /// The notice is declined: plain questions only.
    Decline,
    /// A clear yes to a recipient: granted once it has settled.
    Grant,
    /// Name and "I agree", or what of it was said: granted once both are there and have settled.
    Sign,
    /// A no to a recipient.
    Deny,
    /// The caller wants a recipient to have it after all: its question is asked again.
    OfferConsent,
    /// Grants are taken back; what was not asked yet is denied and never asked.
    Revoke,
    /// The answer is kept and the next question asked.
    Keep,
    /// What was read back is right.
    ConfirmAnswer,
    /// What was read back is wrong: corrected, or asked again.
    CorrectAnswer,
    /// The question is passed over.
    PassOver,
    /// The gate closes, no more questions.
    Withdraw,
    /// Asked again, with fewer tries left.
    AskAgain,
    /// Asked again as it was.
    Repeat,
    /// The agent waits longer.
    Wait,
    /// The program's answer to the caller's question, then what was pending.
    Explain,
    /// A person is called in.
    Person,
    /// Danger: 911, 988, a person.
    Crisis,
    /// A request is filed for the compliance contact, then what was pending.
    File,
    /// A restriction is filed, and live grants are checked.
    Restrict,
    /// Recording stops, then what was pending.
    StopRecording,
    /// Only the patient can consent: plain questions only.
    SpeakForAnother,
    /// A minor: a person.
    Minor,
    /// The neutral refusal, filed unlinked.
    RefuseNeutrally,
    /// The neutral refusal, and where legal papers go.
    ReferLegal,
    /// Authority is claimed: nothing is released before staff have verified it.
    NoteAuthority,
    /// Somebody else can hear: asked whether to go on.
    AskCompany,
    /// It is okay to go on with company.
    StayWithCompany,
    /// It is not: goodbye until they are alone.
    LeaveCompany,
    /// A complaint is filed.
    FileComplaint,
    /// Capacity is in doubt: permissions wait, and a person is offered.
    WaitWithConsents,
    /// A threat, or a child in danger: a person.
    CallForSafety,
    /// A permission that only staff can take.
    NoteSpecial,
    /// The single consent, where the program has one.
    OfferSingle,
    /// The whole text of the consent is read.
    ReadInstrument,
    /// Another language.
    Language,
    /// The last words, then the connection ends.
    Leave,
    /// Nobody spoke: asked again, then the last words.
    Prompt,
    /// What the caller adds at the end is passed on.
    PassOn,
    /// The offer of a person is refused: on without one.
    WithoutPerson,
    /// The suspected revocation was meant.
    RevokeChecked,
    /// The suspected revocation was not meant.
    RevokeNotMeant,
    /// No danger: what was pending.
    Safe,
    /// 911 and 988 once more.
    Urge,
    /// Nothing.
    Ignore,
}

/// The table.
pub const fn respond(state: State, stimulus: Stimulus) -> Move {
    use State as S;
    use Stimulus as T;
    match (state, stimulus) {
        // Danger, a person and a revocation outrank everything, everywhere.
        (S::InDanger, T::Emergency) => Move::Urge,
        (_, T::Emergency) => Move::Crisis,
        (S::InDanger, T::Human) => Move::Urge,
        (_, T::Human) => Move::Person,
        (S::InDanger, T::Safety) => Move::Urge,
        (_, T::Safety) => Move::CallForSafety,
        (_, T::Revoke) => Move::Revoke,

        (S::Leaving, _) => Move::Ignore,
        (S::InDanger, T::Goodbye | T::Silence) => Move::Leave,
        (S::InDanger, _) => Move::Urge,

        (S::CheckingDanger, T::Deny) => Move::Safe,
        (S::CheckingDanger, T::Repeat) => Move::Repeat,
        (S::CheckingDanger, _) => Move::Crisis,

        // What can be asked for from any open question.
        (_, T::Repeat) => Move::Repeat,
        (_, T::Wait) => Move::Wait,
        (_, T::Question) => Move::Explain,
        (_, T::Request) => Move::File,
        (_, T::Restriction) => Move::Restrict,
        (_, T::NoRecording) => Move::StopRecording,
        (_, T::ThirdParty) => Move::SpeakForAnother,
        (_, T::Minor) => Move::Minor,
        (_, T::Inquiry) => Move::RefuseNeutrally,
        (_, T::LegalDemand) => Move::ReferLegal,
        (_, T::Representative) => Move::NoteAuthority,
        (S::CheckingCompany, T::Company) => Move::AskAgain,
        (_, T::Company) => Move::AskCompany,
        (_, T::Complaint) => Move::FileComplaint,
        (_, T::Capacity) => Move::WaitWithConsents,
        (_, T::SpecialRecipient) => Move::NoteSpecial,
        (_, T::EverybodyTreating) => Move::OfferSingle,
        (_, T::FullText) => Move::ReadInstrument,
        (_, T::Language) => Move::Language,
        (_, T::Goodbye) => Move::Leave,

        (S::Reading, T::Deny | T::Stop) => Move::Decline,
        (S::Reading, T::Affirm | T::Unclear | T::Silence) => Move::ReadOn,
        (S::Reading, T::Answer | T::Skip | T::Grant) => Move::BackToNotice,

        (S::Acknowledging, T::Affirm) => Move::Acknowledge,
        (S::Acknowledging, T::Deny | T::Stop | T::Skip) => Move::Decline,
        (S::Acknowledging, T::Unclear | T::Answer | T::Grant) => Move::AskAgain,

        (S::Plain | S::Sensitive, T::Affirm | T::Deny | T::Answer) => Move::Keep,
        (S::Plain | S::Sensitive, T::Skip) => Move::PassOver,
        (S::Plain | S::Sensitive, T::Unclear) => Move::AskAgain,
        (S::Plain | S::Consenting | S::Signing | S::Sensitive, T::Stop) => Move::Withdraw,

        (S::Consenting, T::Affirm) => Move::Grant,
        (S::Consenting, T::Deny | T::Skip) => Move::Deny,
        (S::Consenting, T::Unclear | T::Answer) => Move::AskAgain,

        (S::Signing, T::Affirm | T::Unclear | T::Answer | T::Grant) => Move::Sign,
        (S::Signing, T::Deny | T::Skip) => Move::Deny,

        (S::OfferingPerson, T::Affirm) => Move::Person,
        (S::OfferingPerson | S::CheckingRevocation | S::CheckingAnswer, T::Stop) => Move::Withdraw,
        (S::OfferingPerson, T::Deny | T::Skip | T::Unclear | T::Answer) => Move::WithoutPerson,

        (S::CheckingRevocation, T::Affirm) => Move::RevokeChecked,
        (S::CheckingRevocation, T::Deny | T::Skip) => Move::RevokeNotMeant,
        (S::CheckingRevocation, T::Unclear | T::Answer) => Move::AskAgain,

        (S::CheckingAnswer, T::Affirm) => Move::ConfirmAnswer,
        (S::CheckingAnswer, T::Deny | T::Unclear | T::Answer) => Move::CorrectAnswer,
        (S::CheckingAnswer, T::Skip) => Move::PassOver,

        (S::CheckingCompany, T::Affirm) => Move::StayWithCompany,
        (S::CheckingCompany, T::Deny | T::Skip | T::Stop) => Move::LeaveCompany,
        (S::CheckingCompany, T::Unclear | T::Answer) => Move::AskAgain,

        (S::Closing, T::Deny | T::Stop | T::Skip | T::Silence) => Move::Leave,
        (S::Closing, T::Affirm) => Move::Wait,
        (S::Closing, T::Answer) => Move::PassOn,
        (S::Closing, T::Unclear) => Move::AskAgain,

        (_, T::Grant) => Move::OfferConsent,
        (_, T::Silence) => Move::Prompt,
    }
}
