//! What staff enter: revocations and signed instruments that reached the program outside of a call.

use super::After;
use crate::{
    book::{BookEvent, ConsentAttested, ConsentRevoked, How, Who},
    consent::{Standing, reached},
    dialogue::{Block, Decision},
    pii::Pii,
    ports::StoreUnavailable,
    program::RecipientId,
    time::Utc,
    understand::same_name,
};

/// A revocation to be entered. It names a consent, or a patient; of a patient, a recipient or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Which consent. Its patient's other grants to the same recipient are reached too.
    pub consent_id: Option<String>,
    /// Whose consents.
    pub patient: Option<String>,
    /// For whom; for all, where nobody is named.
    pub recipient: Option<RecipientId>,
    /// Who enters it.
    pub by: String,
    /// By which way it came.
    pub how: How,
    /// When it came.
    pub received: Utc,
    /// SHA-256 of the scanned page, hex.
    pub page_sha256: Option<String>,
}

/// A signed instrument to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// Which consent.
    pub consent_id: String,
    /// Who has seen it.
    pub by: String,
    /// By which way it came.
    pub how: How,
    /// When it came.
    pub received: Utc,
    /// The name under it.
    pub name: Pii<String>,
    /// The second name under it, where there is one.
    pub cosigner: Option<Pii<String>>,
    /// SHA-256 of the scanned page, hex.
    pub page_sha256: Option<String>,
}

/// Why something was not entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEntered {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// There is no such consent, or none of this program.
    #[error("there is no such consent here; `candor consent list` lists them")]
    Unknown,
    /// It does not fit what is there.
    #[error("{0}")]
    Unfit(String),
}

/// Why no name is taken where none is left to compare it with.
const FORGOTTEN: &str = "the name given in the call cannot be read any more, and none was signed in it: no name can be \
    compared with it; ask for this consent anew";

impl After {
    /// Where a consent stands, among those of its patient; its id begins with its call's.
    pub async fn find(
        &self,
        program: Option<&str>,
        consent_id: &str,
        now: Utc,
    ) -> Result<(Standing, Vec<Standing>), NotEntered> {
        let call_id = consent_id.split('.').next().unwrap_or_default();
        let record = self.archive().record(call_id).await?.ok_or(NotEntered::Unknown)?;
        if program.is_some_and(|program| program != record.program) {
            return Err(NotEntered::Unknown);
        }
        self.follow_up(now).await?;
        let all = self.standing_of(&record.program, call_id, now).await?;
        let one = all.iter().find(|one| one.consent_id == consent_id).cloned();
        Ok((one.ok_or(NotEntered::Unknown)?, all))
    }

    /// Enters a revocation: the grants that it ended. Durable when it returns.
    ///
    /// It reaches every earlier live grant of the patient for that recipient, in this program and in no other.
    pub async fn revoke(
        &self,
        program: Option<&str>,
        revocation: Revocation,
        who: Who,
        now: Utc,
    ) -> Result<Vec<Standing>, NotEntered> {
        let Revocation { consent_id, patient, mut recipient, by, how, received, page_sha256 } = revocation;
        timely(received, now)?;
        let (all, patient, program, call_id) = match (&consent_id, patient) {
            (Some(id), _) => {
                let (one, all) = self.find(program, id, now).await?;
                recipient = Some(one.recipient.clone());
                (all, one.patient, one.program, one.call_id)
            }
            (None, Some(patient)) => {
                self.follow_up(now).await?;
                let program =
                    program.ok_or_else(|| NotEntered::Unfit("say which program the patient is of".into()))?;
                let all = self.standing(program, Some(&patient), now).await?;
                let call_id = all.first().map(|one| one.call_id.clone()).ok_or(NotEntered::Unknown)?;
                (all, Some(patient), program.to_owned(), call_id)
            }
            (None, None) => return Err(NotEntered::Unfit("name a consent or a patient".into())),
        };
        if let Some(wanted) = &recipient
            && !all.iter().any(|one| one.recipient == *wanted)
        {
            return Err(NotEntered::Unfit(format!(
                "the patient was never asked about the recipient {wanted}"
            )));
        }
        let consents = reached(&all, patient.as_deref(), consent_id.as_deref(), recipient.as_ref(), received);
        // Also where nothing is live: a call that ends later may have granted before.
        let event =
            ConsentRevoked { consents: consents.clone(), patient, recipient, by, how, received, page_sha256 };
        self.book().note(&program, Some(&call_id), who, BookEvent::ConsentRevoked(event), now).await?;
        let mut after = self.standing_of(&program, &call_id, now).await?;
        after.retain(|one| consents.contains(&one.consent_id));
        Ok(after)
    }

    /// Enters a signed instrument: where its consent stands now. Durable when it returns.
    pub async fn attest(
        &self,
        program: Option<&str>,
        attestation: Attestation,
        who: Who,
        now: Utc,
    ) -> Result<Standing, NotEntered> {
        let Attestation { consent_id, by, how, received, name, cosigner, page_sha256 } = attestation;
        timely(received, now)?;
        let (one, _) = self.find(program, &consent_id, now).await?;
        let unfit = |why: &str| Err(NotEntered::Unfit(why.to_owned()));
        if one.decision != Decision::Granted || !one.is_live() {
            return unfit(
                "this consent is not a live grant: what was refused, taken back or has ended needs a new grant",
            );
        }
        if one.decided_at.is_some_and(|decided| received < decided) {
            return unfit("this came before the grant that it should sign; check the date");
        }
        let lifts = |block: Block| one.blocked_by.contains(&block);
        let lifts_second = lifts(Block::Cosigner) && cosigner.is_some();
        if !(lifts(Block::WrittenSignature) || lifts_second) {
            return unfit("this consent does not wait for a signature");
        }
        match self.known_by(&one).await? {
            KnownBy::Name(known) if !same_name(name.expose(), known.expose()) => {
                return unfit(
                    "the name under the instrument is not the one given in the call (42 CFR 2.31(c)(4))",
                );
            }
            KnownBy::Forgotten => return unfit(FORGOTTEN),
            KnownBy::Name(_) | KnownBy::Nobody => {}
        }
        let event = ConsentAttested {
            consent_id: consent_id.clone(),
            by,
            how,
            received,
            name,
            cosigner,
            page_sha256,
        };
        let event = BookEvent::ConsentAttested(event);
        self.book().note(&one.program, Some(&one.call_id), who, event, now).await?;
        Ok(self.find(Some(&one.program), &consent_id, now).await?.0)
    }

    /// The name that the patient of a consent is known by; an error where it can be read no more.
    pub(super) async fn signer(&self, one: &Standing) -> Result<Option<Pii<String>>, StoreUnavailable> {
        match self.known_by(one).await? {
            KnownBy::Name(name) => Ok(Some(name)),
            KnownBy::Nobody => Ok(None),
            KnownBy::Forgotten => Err(StoreUnavailable(FORGOTTEN.into())),
        }
    }

    /// The name answered in the call, else the one signed in it.
    async fn known_by(&self, one: &Standing) -> Result<KnownBy, StoreUnavailable> {
        let Some(record) = self.archive().record(&one.call_id).await? else { return Ok(KnownBy::Forgotten) };
        let script = self.scripts.get(&one.program);
        let told = self.told(&record).await?;
        // Without the script nobody can tell which answer was the name.
        let is_told = script.is_some() && told.whole;
        let known = match script {
            Some(script) => After::known_name(script, &record, &told.entries()),
            None => After::signed_name(&record),
        };
        Ok(match known {
            Some(name) => KnownBy::Name(name),
            None if is_told => KnownBy::Nobody,
            None => KnownBy::Forgotten,
        })
    }
}

/// By what a patient is known in a call.
enum KnownBy {
    Name(Pii<String>),
    /// No name was given.
    Nobody,
    /// What was answered cannot be read any more, and nothing was signed.
    Forgotten,
}

fn timely(received: Utc, now: Utc) -> Result<(), NotEntered> {
    match received > now {
        true => Err(NotEntered::Unfit(format!(
            "it cannot have been received at {received}: that is still to come"
        ))),
        false => Ok(()),
    }
}
