//! What becomes of consents after their call: joined to a patient, signed, attested on paper, taken back.

use crate::{pii::Pii, program::RecipientId, time::Utc};
use serde::{Deserialize, Serialize};

/// A call was joined to a patient. What it says about earlier grants reaches them through this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// The patient's opaque reference.
    pub patient: String,
    /// Other references that turned out to be the same patient's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
    /// The chat that this call went on with: whoever had its code is whoever wrote there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<String>,
    /// What the caller took back in this call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<About>,
    /// To whom the caller said no when asked: an earlier grant to them waits until staff have asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said_no: Vec<About>,
    /// Whom the caller asked to keep out (42 CFR 2.26).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_out: Vec<About>,
    /// Which earlier consent each grant of this call names as the one it would replace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<Supersedes>,
    /// The earlier grants that this call revoked, as known when it was joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<String>,
}

/// A recipient, and the moment at which something was said about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Whom.
    pub recipient: RecipientId,
    /// When.
    pub at: Utc,
}

/// A new consent, and the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supersedes {
    /// The new one.
    pub consent_id: String,
    /// The one before.
    pub old: String,
}

/// A signing page was made. Of its link only a hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkMade {
    /// For which consent.
    pub consent_id: String,
    /// Until when it can be used.
    pub expires: Utc,
}

/// A consent was signed on the signing page: the full name was typed under the whole instrument.
///
/// Duty: D8, 42 CFR 2.31(a)(8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentSigned {
    /// Which.
    pub consent_id: String,
    /// The name as it was typed.
    pub name: Pii<String>,
    /// SHA-256 of the instrument that was shown: the one that was frozen in the call.
    pub instrument_sha256: String,
}

/// A written, signed instrument reached the program on paper.
///
/// Duty: D8, 42 CFR 2.31(a)(8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentAttested {
    /// Which.
    pub consent_id: String,
    /// Who of the program has seen it.
    pub by: String,
    /// By which way it came.
    pub how: How,
    /// When.
    pub received: Utc,
    /// The name under it.
    pub name: Pii<String>,
    /// The name of the second signature, where one was wanted (42 CFR 2.14(b)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosigner: Option<Pii<String>>,
    /// SHA-256 of the scanned page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_sha256: Option<String>,
}

/// Grants were taken back outside of a call, or on the signing page.
///
/// Duty: D9, 42 CFR 2.31(a)(6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRevoked {
    /// The grants that were live when it was entered.
    pub consents: Vec<String>,
    /// Whose: it reaches what this patient granted before `received`, also in calls that are joined later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// For whom; for all, where nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<RecipientId>,
    /// Who entered it; the patient, where it was done on the signing page.
    pub by: String,
    /// By which way it came.
    pub how: How,
    /// When.
    pub received: Utc,
    /// SHA-256 of the scanned page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_sha256: Option<String>,
}

/// By which way something reached the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the words say it
pub enum How {
    Letter,
    Email,
    InPerson,
    Phone,
    SigningPage,
}

impl How {
    /// What staff may write.
    pub const OF_STAFF: [How; 4] = [How::Letter, How::Email, How::InPerson, How::Phone];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            How::Letter => "letter",
            How::Email => "email",
            How::InPerson => "in_person",
            How::Phone => "phone",
            How::SigningPage => "signing_page",
        }
    }

    /// The one that staff write as `name`.
    pub fn of_staff(name: &str) -> Option<How> {
        How::OF_STAFF.into_iter().find(|how| how.name() == name)
    }
}

/// A request of an intake was dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestDone {
    /// Which of the call, counted from 0 in the order in which they were filed; the whole intake where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u32>,
    /// Who dealt with it.
    pub by: String,
}

/// A copy of a consent was made for its signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyMade {
    /// Of which.
    pub consent_id: String,
}

/// Nobody could be told that an intake waits: somebody must look for themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeGivenUp {
    /// By which way it was tried.
    pub way: String,
    /// How often.
    pub tries: u32,
}
