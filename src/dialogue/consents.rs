//! What the caller decided about each recipient in this call.

use super::{CarriedConsent, Decision, gate::ConsentGiven};
use crate::program::{Program, RecipientId};

/// Where one recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Asked about only if the caller brings it up.
    OnRequest,
    /// Not asked yet.
    Unasked,
    /// Its question was begun.
    Asked,
    /// Live.
    Granted,
    /// Refused, by the caller or by a policy.
    Denied,
    /// Unclear more than once: not now.
    Deferred,
    /// Granted and taken back.
    Revoked,
}

#[derive(Clone, Debug)]
struct Consent {
    id: String,
    recipient: RecipientId,
    standing: Standing,
    supersedes: Option<String>,
    /// It was decided in the chat that this call goes on with, and stands in that chat's record.
    carried: bool,
}

/// The consents of a call, newest last for each recipient.
#[derive(Clone, Debug)]
pub(super) struct Consents {
    call_id: String,
    list: Vec<Consent>,
}

impl Consents {
    pub(super) fn new(call_id: &str, program: &Program) -> Consents {
        let mut consents = Consents { call_id: call_id.to_owned(), list: Vec::new() };
        for recipient in &program.recipients {
            consents.open(&recipient.id, None);
            if recipient.on_request {
                consents.set(&recipient.id, Standing::OnRequest);
            }
        }
        consents
    }

    fn open(&mut self, recipient: &RecipientId, supersedes: Option<String>) {
        let count = self.list.iter().filter(|c| c.recipient == *recipient).count();
        self.list.push(Consent {
            id: format!("{}.{recipient}.{}", self.call_id, count + 1),
            recipient: recipient.clone(),
            standing: Standing::Unasked,
            supersedes,
            carried: false,
        });
    }

    fn current(&self, recipient: &RecipientId) -> Option<&Consent> {
        self.list.iter().rev().find(|c| c.recipient == *recipient)
    }

    fn current_mut(&mut self, recipient: &RecipientId) -> Option<&mut Consent> {
        self.list.iter_mut().rev().find(|c| c.recipient == *recipient)
    }

    /// Where `recipient` stands now. One the program does not have was never granted anything.
    pub(super) fn standing(&self, recipient: &RecipientId) -> Standing {
        self.current(recipient).map_or(Standing::Denied, |c| c.standing)
    }

    /// The id of the consent of `recipient` that is asked for or decided now.
    pub(super) fn id(&self, recipient: &RecipientId) -> String {
        self.current(recipient).map(|c| c.id.clone()).unwrap_or_default()
    }

    /// The revoked consent that the one of `recipient` would replace.
    pub(super) fn supersedes(&self, recipient: &RecipientId) -> Option<String> {
        self.current(recipient).and_then(|c| c.supersedes.clone())
    }

    /// Who has a live grant, in the program's order.
    pub(super) fn granted(&self) -> Vec<RecipientId> {
        let mut granted = Vec::new();
        for consent in &self.list {
            let live = self.standing(&consent.recipient) == Standing::Granted;
            if live && !granted.contains(&consent.recipient) {
                granted.push(consent.recipient.clone());
            }
        }
        granted
    }

    /// The first recipient whose question is still to be asked.
    pub(super) fn next(&self) -> Option<RecipientId> {
        let open = |c: &&Consent| matches!(self.standing(&c.recipient), Standing::Unasked | Standing::Asked);
        self.list.iter().find(open).map(|c| c.recipient.clone())
    }

    /// The recipients whose question was begun and not decided.
    pub(super) fn undecided(&self) -> Vec<RecipientId> {
        self.list.iter().filter(|c| c.standing == Standing::Asked).map(|c| c.recipient.clone()).collect()
    }

    /// A new consent for `recipient`: after a revocation one that names the old; a refusal is asked anew.
    pub(super) fn reopen(&mut self, recipient: &RecipientId) {
        if self.standing(recipient) == Standing::OnRequest {
            return self.set(recipient, Standing::Unasked);
        }
        let supersedes = match self.current(recipient) {
            Some(c) if c.standing == Standing::Revoked => Some(c.id.clone()),
            Some(c) if matches!(c.standing, Standing::Denied | Standing::Deferred) => c.supersedes.clone(),
            _ => return,
        };
        self.open(recipient, supersedes);
    }

    /// A consent that the chat settled stands as it does there, unless this call asked for it by itself.
    pub(super) fn adopt(&mut self, settled: &CarriedConsent) {
        let standing = match settled.decision {
            Decision::Granted => Standing::Granted,
            Decision::Denied => Standing::Denied,
            Decision::Revoked => Standing::Revoked,
            // What is still open there is asked here.
            Decision::Deferred | Decision::Incomplete => return,
        };
        let here = self.current_mut(&settled.recipient);
        if let Some(consent) = here.filter(|c| matches!(c.standing, Standing::Unasked | Standing::OnRequest))
        {
            consent.id.clone_from(&settled.consent_id);
            (consent.standing, consent.carried) = (standing, true);
        }
    }

    /// Whether the consent of `recipient` is one of the chat that this call goes on with.
    pub(super) fn is_carried(&self, recipient: &RecipientId) -> bool {
        self.current(recipient).is_some_and(|c| c.carried)
    }

    /// What was settled about each recipient.
    pub(super) fn settled(&self) -> Vec<CarriedConsent> {
        let decided = |standing: Standing| match standing {
            Standing::Granted => Some(Decision::Granted),
            Standing::Denied => Some(Decision::Denied),
            Standing::Revoked => Some(Decision::Revoked),
            Standing::OnRequest | Standing::Unasked | Standing::Asked | Standing::Deferred => None,
        };
        let newest = |c: &&Consent| self.current(&c.recipient).is_some_and(|current| current.id == c.id);
        let settled = self.list.iter().filter(newest).filter_map(|c| {
            let (consent_id, recipient) = (c.id.clone(), c.recipient.clone());
            decided(c.standing).map(|decision| CarriedConsent { consent_id, recipient, decision })
        });
        settled.collect()
    }

    /// Records a grant; only who holds a [`ConsentGiven`] can.
    pub(super) fn grant(&mut self, recipient: &RecipientId, _right: ConsentGiven) {
        self.set(recipient, Standing::Granted);
    }

    /// Records anything that is not a grant.
    pub(super) fn set_not_granted(&mut self, recipient: &RecipientId, standing: Standing) {
        assert!(standing != Standing::Granted, "a grant needs a clear yes");
        self.set(recipient, standing);
    }

    fn set(&mut self, recipient: &RecipientId, standing: Standing) {
        if let Some(consent) = self.current_mut(recipient) {
            consent.standing = standing;
        }
    }
}
