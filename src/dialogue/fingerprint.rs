//! A conversation reduced to what decides how it goes on: two with the same fingerprint behave the same for ever.
//!
//! Left out is what only the past knows: the words of answers, the ids of lines and consents (and which one a consent
//! replaces), how often something happened beyond the count that matters, and the time itself; deadlines count from
//! now. The length of the whole call is left out too.

use super::{
    Dialogue, LineId,
    phase::{Aside, Settles},
    talk::{Spoken, Then},
};
use crate::time::Millis;
use std::hash::{Hash, Hasher};

/// No count decides more than whether it is none, one, or more.
const COUNT_MAX: u8 = 2;

impl Dialogue {
    /// Feeds `into` everything that decides future behaviour, and nothing else.
    pub fn fingerprint(&self, into: &mut impl Hasher) {
        // Named one by one, so that a new field is a decision here and not an oversight.
        let Dialogue {
            program: _,
            scripted: _,
            setup,
            channel,
            locale,
            now,
            phase,
            aside,
            extent,
            talk,
            parts,
            acknowledgement,
            right,
            consents,
            settling,
            shared_heard,
            agreed,
            half,
            shown,
            patient,
            named_before,
            doubts,
            restricted,
            asking,
            asked_begun,
            asked_to_end,
            asked_at: _,
            wrong,
            just_granted,
            asked,
            done,
            notice_began,
            unclear,
            aside_unclear,
            silences,
            failures,
            cuts,
            voice_since,
            quiet_since,
            patience_ms,
            keyed,
            keyed_until,
            listened,
            parting_until,
            in_danger,
            recording_refused,
            announced,
            code,
            effects: _,
        } = self;
        let left = |until: Option<Millis>| until.map(|until| until.since(*now));
        let passed = |since: Option<Millis>| since.map(|since| now.since(since));
        (channel, setup.person_available, locale).hash(into);
        format!("{phase:?} {extent:?}").hash(into);
        match aside {
            Some(Aside::CheckAnswer { id, answer, wrong }) => (id, &answer.value, wrong).hash(into),
            aside => format!("{aside:?}").hash(into),
        }
        for spoken in talk.under_way() {
            line(spoken, *asking).hash(into);
        }
        "cut".hash(into);
        for spoken in talk.cut() {
            line(spoken, *asking).hash(into);
        }
        (format!("{parts:?}"), acknowledgement, right.is_some()).hash(into);
        for recipient in &self.program.recipients {
            let standing = consents.standing(&recipient.id);
            format!("{standing:?}").hash(into);
        }
        settling.is_some().hash(into);
        if let Some(settling) = settling {
            let what = match &settling.what {
                Settles::Notice => (None, false),
                Settles::Consent { recipient, signed, .. } => (Some(recipient), signed.is_some()),
            };
            (what, left(Some(settling.until)), settling.thanked).hash(into);
        }
        (shared_heard, agreed.is_some(), patient, named_before, doubts, restricted).hash(into);
        // A half signature counts only under a yes, an unclear answer only to a question that is open.
        agreed.as_ref().map(|_| (&half.name, half.assent)).hash(into);
        shown.as_ref().map(|s| (s.locale, s.seen)).hash(into);
        aside.as_ref().map(|_| (*aside_unclear).min(COUNT_MAX)).hash(into);
        (asked_begun, asked_to_end, wrong, just_granted, asked, done, notice_began).hash(into);
        for count in [unclear, silences, failures, cuts] {
            (*count).min(COUNT_MAX).hash(into);
        }
        (passed(*voice_since), passed(*quiet_since), patience_ms).hash(into);
        (keyed, left(*keyed_until), left(*parting_until), in_danger, recording_refused, announced).hash(into);
        code.fingerprint(*now, into);
        format!("{listened:?}").hash(into);
    }

    /// Whether something follows when `line` was heard.
    pub fn awaits(&self, line: LineId) -> bool {
        let follows = |spoken: &Spoken| spoken.line.id() == line && spoken.then != Then::Nothing;
        self.talk.under_way().iter().chain(self.talk.cut()).any(follows)
    }
}

/// A line is what follows when it was heard; one that nothing follows is as good as another.
fn line(spoken: &Spoken, asking: u32) -> (String, String) {
    match spoken.then {
        Then::Nothing => Default::default(),
        Then::Asked(number) => (format!("asked {}", number == asking), spoken.line.text().to_owned()),
        then => (format!("{then:?}"), spoken.line.text().to_owned()),
    }
}
