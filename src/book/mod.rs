//! A program's book: what happens to its calls after and outside of them, chained by hash as a journal is.
//!
//! A call's journal is closed when the call ends. Who read it, what became of its consents on paper, what was held
//! and what was destroyed is noted here, each kind of event in the file of its family.

mod chain;
mod consents;
mod keeping;
mod reading;

pub use chain::*;
pub use consents::*;
pub use keeping::*;
pub use reading::*;

use crate::{
    access::{MASK, Purpose, Role},
    journal,
    pii::Pii,
    time::Utc,
};
use serde::{Deserialize, Serialize};

/// An entry of a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// 0, 1, 2 ... in the book of its program.
    pub seq: u64,
    /// When.
    pub at: Utc,
    /// The call it is about, if it is about one.
    pub call_id: Option<String>,
    /// Who did it.
    pub by: Who,
    /// What.
    pub event: BookEvent,
}

impl Noted {
    /// The same for whoever may not know who a patient is. What was signed goes too: who guesses a name could see
    /// that it is right.
    pub fn without_names(mut self) -> Noted {
        let masked = || Pii::new(MASK.to_owned());
        match &mut self.event {
            BookEvent::ConsentSigned(signed) => {
                (signed.name, signed.instrument_sha256) = (masked(), MASK.into());
            }
            BookEvent::ConsentAttested(attested) => {
                attested.name = masked();
                attested.cosigner = attested.cosigner.take().map(|_| masked());
            }
            _ => {}
        }
        self
    }
}

/// Who did something, in what role, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The account on this machine, or the name of the token.
    pub name: String,
    /// What they are to the program.
    pub role: Role,
    /// What for, where they said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Why, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Who {
    /// Candor itself.
    pub fn server() -> Who {
        Who { name: "candor".into(), role: Role::Server, purpose: None, reason: None }
    }
}

/// What happened. Each kind has its own struct, in the file of its family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum BookEvent {
    /// Something was given to be read.
    Read(Read),
    /// Something was asked for and not given.
    Refused(Refused),
    /// Somebody broke the glass: asked for more than the role sees, for a reason, in an emergency.
    BreakGlass(BreakGlass),
    /// A hold was placed on a call.
    Held(Held),
    /// A hold was released.
    HoldReleased(HoldReleased),
    /// Something of a call was destroyed.
    Destroyed(Destroyed),
    /// A certificate of destruction was signed.
    Certified(Certified),
    /// A call was joined to a patient.
    Joined(Joined),
    /// A signing page was made.
    LinkMade(LinkMade),
    /// A consent was signed on the signing page.
    ConsentSigned(ConsentSigned),
    /// A signed instrument reached the program on paper.
    ConsentAttested(ConsentAttested),
    /// Grants were taken back outside of a call.
    ConsentRevoked(ConsentRevoked),
    /// A copy of a consent was made for its signer.
    CopyMade(CopyMade),
    /// An intake, or a request of it, was dealt with.
    RequestDone(RequestDone),
    /// Nobody could be told that an intake waits.
    NoticeGivenUp(NoticeGivenUp),
}

/// What is sealed of an entry, and what its leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// [`Noted::by`].
    pub by: Who,
    /// [`Noted::event`].
    pub event: BookEvent,
}

impl Told {
    /// The body: the salt, and this as canonical JSON.
    pub fn body(&self, salt: &journal::Salt) -> Vec<u8> {
        journal::body(salt, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_tagged_json_and_holds_nothing_it_does_not_know() {
        let told = Told {
            by: Who {
                name: "mara".into(),
                role: Role::Clinician,
                purpose: Some(Purpose::Treatment),
                reason: None,
            },
            event: BookEvent::Read(Read { what: vec![Piece::Record], calls: None }),
        };
        let text = json!({
            "by": {"name": "mara", "role": "clinician", "purpose": "treatment"},
            "event": {"is": "read", "what": ["record"]},
        });
        assert_eq!(serde_json::to_value(&told).unwrap(), text);
        assert_eq!(serde_json::from_value::<Told>(text).unwrap(), told);
        let strange = json!({
            "by": {"name": "mara", "role": "clinician"},
            "event": {"is": "read", "what": ["record"], "also": 1},
        });
        assert!(serde_json::from_value::<Told>(strange).is_err());
    }
}
