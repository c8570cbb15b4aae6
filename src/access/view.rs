//! A record as somebody sees it.

use super::{Consent, Datum, Purpose, Refusal, Role, Seen, Standing, decide};
use crate::{
    journal::{CallRecord, ResponseRecord},
    program::RecipientId,
    time::Utc,
};

/// What stands where something is there and not shown.
pub const MASK: &str = "[masked]";

/// Whoever asks: a role, a purpose, and what else is decided upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// What they are to the program.
    pub role: Role,
    /// What for; the usual purpose of the role where it is not said.
    pub purpose: Option<Purpose>,
    /// Which recipient, of [`Role::Recipient`].
    pub recipient: Option<RecipientId>,
    /// Whether they broke the glass.
    pub is_glass_broken: bool,
}

impl Asking {
    /// Somebody in a role, for its usual purpose.
    pub fn usual(role: Role) -> Asking {
        Asking { role, purpose: None, recipient: None, is_glass_broken: false }
    }

    /// How they see a datum of a call now.
    pub fn sees(&self, record: &CallRecord, datum: Datum, now: Utc) -> Seen {
        let consent = match (self.role, &self.recipient) {
            (Role::Recipient, Some(recipient)) => Consent::of(record, recipient, now),
            (Role::Recipient, None) => Consent::None,
            _ => Consent::inside(record),
        };
        decide(self.role, self.purpose, datum, Standing { consent, is_glass_broken: self.is_glass_broken })
    }

    /// Whether all of `data` of a call are clear to them; else the first why not.
    pub fn sees_all(&self, record: &CallRecord, data: &[Datum], now: Utc) -> Result<(), Refusal> {
        data.iter().try_for_each(|datum| match self.sees(record, *datum, now) {
            Seen::Clear => Ok(()),
            Seen::Masked => Err(Refusal::Purpose),
            Seen::Refused(why) => Err(why),
        })
    }

    /// Whether all of `data` are clear to them in a call that is not over: no consent of it can be used yet.
    pub fn hears(&self, data: &[Datum]) -> Result<(), Refusal> {
        let standing = Standing { consent: Consent::None, is_glass_broken: self.is_glass_broken };
        data.iter().try_for_each(|datum| match decide(self.role, self.purpose, *datum, standing) {
            Seen::Clear => Ok(()),
            Seen::Masked => Err(Refusal::Purpose),
            Seen::Refused(why) => Err(why),
        })
    }

    /// Whether there is any call of which they would see something, so that it is worth to look.
    pub fn sees_any(&self) -> Result<(), Refusal> {
        if self.role == Role::Recipient {
            return if self.recipient.is_some() { Ok(()) } else { Err(Refusal::NoConsent) };
        }
        let standing = Standing { consent: Consent::None, is_glass_broken: self.is_glass_broken };
        match decide(self.role, self.purpose, Datum::Administrative, standing) {
            Seen::Refused(why) => Err(why),
            _ => Ok(()),
        }
    }
}

/// The record as `asking` sees it now; why not, where nothing of it is shown.
///
/// The record itself holds no answers. What of it is the caller's own (words, names, the signed text) is masked where
/// its datum is not clear, and emergencies are left out.
pub fn view(record: &CallRecord, asking: &Asking, now: Utc) -> Result<CallRecord, Refusal> {
    if let Seen::Refused(why) = asking.sees(record, Datum::Administrative, now) {
        return Err(why);
    }
    let clear = |datum| asking.sees(record, datum, now) == Seen::Clear;
    let mut seen = record.clone();
    if asking.role == Role::Recipient {
        // A consent lets a recipient see that consent, and not what others were told.
        seen.consents.retain(|consent| Some(&consent.recipient) == asking.recipient.as_ref());
    }
    let (shows_identity, shows_words) = (clear(Datum::Identity), clear(Datum::Identity) && clear(Datum::Sud));
    if !shows_identity {
        // With it the provider tells the telephone number.
        seen.provider_call_id = None;
    }
    for consent in &mut seen.consents {
        // What a caller says may tell anything.
        let words = [consent.response.as_mut(), consent.revocation.as_mut().map(|taken| &mut taken.response)];
        words.into_iter().flatten().filter(|_| !shows_words).for_each(mask);
        if !shows_identity {
            if let Some(signature) = &mut consent.signature {
                signature.name = MASK.into();
                // Of a text that begins with the patient's name: who guesses the name could see that it is right.
                signature.instrument_sha256 = MASK.into();
            }
            if let Some(signed) = &mut consent.since.signed {
                signed.name = MASK.into();
                signed.instrument_sha256 = None;
            }
            consent.instrument = None;
        }
    }
    if !clear(Datum::Emergency) {
        seen.escalations.clear();
    }
    Ok(seen)
}

fn mask(words: &mut ResponseRecord) {
    words.text = MASK.into();
}
