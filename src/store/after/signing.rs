//! Signing pages: a one-time link, opened by the date of birth, under which a consent is signed in writing.

use super::{After, NotEntered, failed};
use crate::{
    book::{BookEvent, ConsentRevoked, ConsentSigned, CopyMade, How, LinkMade, Who},
    consent::{Copy, SignHere, Standing, date_of_birth},
    dialogue::{Block, Decision},
    pii::Pii,
    ports::StoreUnavailable,
    program::{Instrument, Locale},
    store::tokens,
    time::Utc,
    understand::{plain_name, same_name},
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::Row;
use subtle::ConstantTimeEq;

/// How often a date of birth or a name may be wrong before a link is dead.
pub const TRIES_MAX: u32 = 5;
/// How long an opened page may be read before it is signed, in milliseconds.
const TICKET_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// The days that a link is good where nobody says otherwise, and at most.
pub const LINK_DAYS: u32 = 14;
const LINK_DAYS_MAX: u32 = 90;

/// An opened signing page.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The language of the call.
    pub locale: Locale,
    /// The program, as it is called.
    pub program: String,
    /// The whole instrument.
    pub instrument: Instrument,
    /// What shows that the page was opened.
    pub ticket: SecretString,
}

/// What the patient decides on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// "I agree and sign", under this name.
    Agree(Pii<String>),
    /// "I do not agree".
    Refuse,
    /// "Take back": this permission, and every earlier one to the same recipient.
    TakeBack,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Decided {
    /// It is on record: the copy to keep, as a page.
    Done {
        /// The language.
        locale: Locale,
        /// The page.
        copy: String,
    },
    /// The name typed is not the name given: the page may be tried again.
    NameDiffers(Box<Asked>),
}

/// What a link leads to, once it was found.
struct Found {
    program: String,
    call_id: String,
    consent_id: String,
}

/// Everything that a page of a consent shows.
struct Leaf {
    one: Standing,
    locale: Locale,
    instrument: Instrument,
}

impl After {
    /// Makes a signing page for a consent, good once and for `days`: the part of its address that nobody can guess.
    pub async fn link(
        &self,
        program: Option<&str>,
        consent_id: &str,
        days: Option<u32>,
        who: Who,
        now: Utc,
    ) -> Result<(SecretString, Utc), NotEntered> {
        let days = days.unwrap_or(LINK_DAYS);
        if !(1..=LINK_DAYS_MAX).contains(&days) {
            return Err(NotEntered::Unfit(format!("a link is good for 1 to {LINK_DAYS_MAX} days")));
        }
        let leaf = self.leaf(program, consent_id, now).await?;
        let one = &leaf.one;
        if one.decision != Decision::Granted
            || !one.is_live()
            || !one.blocked_by.contains(&Block::WrittenSignature)
        {
            let why = "this consent does not wait for a signature in writing: there is nothing to sign";
            return Err(NotEntered::Unfit(why.into()));
        }
        if self.born(&one.program, &one.call_id).await?.is_none() {
            let why = "the caller gave no date of birth, and a page that asks for none would open to anybody; \
                       send the copy, and enter the signed one with `candor consent attest`";
            return Err(NotEntered::Unfit(why.into()));
        }
        let secret = SecretString::from(tokens::base62(tokens::draw()?));
        let expires = Utc(now.0 + i64::from(days) * DAY_MS);
        let event = BookEvent::LinkMade(LinkMade { consent_id: consent_id.into(), expires });
        self.book().note(&one.program, Some(&one.call_id), who, event, now).await?;
        sqlx::query(
            "INSERT INTO signing (sha256, program, call_id, consent_id, expires_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(tokens::digest(secret.expose_secret()).as_slice())
        .bind(&one.program)
        .bind(&one.call_id)
        .bind(consent_id)
        .bind(expires.0)
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok((secret, expires))
    }

    /// The caller's copy of a consent, as text or as a page; with where to sign, where that is given.
    pub async fn copy(
        &self,
        program: Option<&str>,
        consent_id: &str,
        sign: Option<SignHere>,
        html: bool,
        who: Who,
        now: Utc,
    ) -> Result<String, NotEntered> {
        let leaf = self.leaf(program, consent_id, now).await?;
        let event = BookEvent::CopyMade(CopyMade { consent_id: consent_id.into() });
        self.book().note(&leaf.one.program, Some(&leaf.one.call_id), who, event, now).await?;
        Ok(leaf.copy(sign, html, false))
    }

    /// Opens a signing page with the date of birth that was given in the call. `None` for every link that does not
    /// open: unknown, used, expired, tried too often, and where the date is another.
    pub async fn open_page(
        &self,
        token: &str,
        born: &str,
        now: Utc,
    ) -> Result<Option<Asked>, StoreUnavailable> {
        let Some(found) = self.attempt(token, None, now).await? else { return Ok(None) };
        let known = self.born(&found.program, &found.call_id).await?;
        let known = known.as_ref().map(|born| born.expose().as_str()).unwrap_or_default();
        // Digests are compared, and each to its end: the time taken says nothing about the date.
        if known.is_empty() || !bool::from(tokens::digest(known).ct_eq(&tokens::digest(born))) {
            return Ok(None);
        }
        let leaf = match self.leaf(Some(&found.program), &found.consent_id, now).await {
            Ok(leaf) if leaf.waits() => leaf,
            Ok(_) | Err(NotEntered::Unknown | NotEntered::Unfit(_)) => return Ok(None),
            Err(NotEntered::Store(error)) => return Err(error),
        };
        // Opening costs no try, but gives none back: whoever knows the date has no more tries at the name.
        let ticket = SecretString::from(tokens::base62(tokens::draw()?));
        sqlx::query("UPDATE signing SET tries = tries - 1, ticket = ?, ticket_until = ? WHERE sha256 = ?")
            .bind(tokens::digest(ticket.expose_secret()).as_slice())
            .bind(now.0 + TICKET_MS)
            .bind(tokens::digest(token).as_slice())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(Some(self.asked(leaf, ticket)))
    }

    /// Carries out what the patient decided on an opened page. Durable when it returns; then the link is used up.
    pub async fn decide(
        &self,
        token: &str,
        ticket: &str,
        signing: Signing,
        now: Utc,
    ) -> Result<Option<Decided>, StoreUnavailable> {
        let Some(found) = self.attempt(token, Some(ticket), now).await? else { return Ok(None) };
        let leaf = match self.leaf(Some(&found.program), &found.consent_id, now).await {
            Ok(leaf) if leaf.waits() => leaf,
            Ok(_) | Err(NotEntered::Unknown | NotEntered::Unfit(_)) => return Ok(None),
            Err(NotEntered::Store(error)) => return Err(error),
        };
        let one = &leaf.one;
        let event = match signing {
            Signing::Agree(name) => {
                let fits = match self.signer(one).await? {
                    Some(known) => same_name(name.expose(), known.expose()),
                    None => plain_name(name.expose()).is_some(),
                };
                if !fits {
                    let ticket = SecretString::from(ticket);
                    return Ok(Some(Decided::NameDiffers(Box::new(self.asked(leaf, ticket)))));
                }
                BookEvent::ConsentSigned(ConsentSigned {
                    consent_id: found.consent_id.clone(),
                    name: Pii::new(name.expose().split_whitespace().collect::<Vec<_>>().join(" ")),
                    instrument_sha256: leaf.instrument.sha256.clone(),
                })
            }
            refused @ (Signing::Refuse | Signing::TakeBack) => BookEvent::ConsentRevoked(ConsentRevoked {
                consents: vec![found.consent_id.clone()],
                patient: one.patient.clone().filter(|_| refused == Signing::TakeBack),
                recipient: Some(one.recipient.clone()),
                by: "patient".into(),
                how: How::SigningPage,
                received: now,
                page_sha256: None,
            }),
        };
        self.book().note(&found.program, Some(&found.call_id), Who::server(), event, now).await?;
        sqlx::query("UPDATE signing SET used_at = ?, ticket = NULL WHERE sha256 = ?")
            .bind(now.0)
            .bind(tokens::digest(token).as_slice())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        match self.leaf(Some(&found.program), &found.consent_id, now).await {
            Ok(leaf) => Ok(Some(Decided::Done { locale: leaf.locale, copy: leaf.copy(None, true, true) })),
            Err(NotEntered::Store(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Finds a link that may still be tried, and counts the try: a crash gives none back. With a ticket, only a page
    /// that was opened.
    async fn attempt(
        &self,
        token: &str,
        ticket: Option<&str>,
        now: Utc,
    ) -> Result<Option<Found>, StoreUnavailable> {
        let sha256 = tokens::digest(token);
        let row = sqlx::query(
            "UPDATE signing SET tries = tries + 1 WHERE sha256 = ? AND used_at IS NULL AND expires_at > ? \
             AND tries < ? RETURNING program, call_id, consent_id, ticket, ticket_until",
        )
        .bind(sha256.as_slice())
        .bind(now.0)
        .bind(TRIES_MAX)
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        if let Some(shown) = ticket {
            let kept: Option<Vec<u8>> = row.try_get("ticket").map_err(failed)?;
            let until: Option<i64> = row.try_get("ticket_until").map_err(failed)?;
            let good = kept.is_some_and(|kept| bool::from(kept.ct_eq(&tokens::digest(shown))));
            if !good || until.is_none_or(|until| until < now.0) {
                return Ok(None);
            }
        }
        Ok(Some(Found {
            program: row.try_get("program").map_err(failed)?,
            call_id: row.try_get("call_id").map_err(failed)?,
            consent_id: row.try_get("consent_id").map_err(failed)?,
        }))
    }

    fn asked(&self, leaf: Leaf, ticket: SecretString) -> Asked {
        let program =
            self.scripts.get(&leaf.one.program).map_or_else(String::new, |script| script.name.clone());
        Asked { locale: leaf.locale, program, instrument: leaf.instrument, ticket }
    }

    async fn born(&self, program: &str, call_id: &str) -> Result<Option<Pii<String>>, StoreUnavailable> {
        let record = self.archive().record(call_id).await?;
        let Some((record, script)) = record.zip(self.scripts.get(program)) else { return Ok(None) };
        Ok(date_of_birth(script, &self.told(&record).await?.entries()))
    }

    /// A consent with its instrument: the one that was frozen in the call, or, where nothing was signed there, the one
    /// that the same script gives again.
    async fn leaf(&self, program: Option<&str>, consent_id: &str, now: Utc) -> Result<Leaf, NotEntered> {
        let (one, _) = self.find(program, consent_id, now).await?;
        let record = self.archive().record(&one.call_id).await?.ok_or(NotEntered::Unknown)?;
        let consent = record.consents.iter().find(|consent| consent.consent_id == consent_id);
        let consent = consent.ok_or(NotEntered::Unknown)?;
        let locale = record.disclosure.locale;
        if let Some(instrument) = consent.instrument.clone() {
            return Ok(Leaf { one, locale, instrument });
        }
        let changed = || {
            NotEntered::Unfit(
                "nothing was signed in the call, and the program's script has changed since: the instrument \
                 cannot be given again; ask for this consent anew"
                    .into(),
            )
        };
        let script = self.scripts.get(&one.program).ok_or_else(changed)?;
        let recipient = script.recipient(&one.recipient).filter(|r| r.version == consent.question.version);
        let recipient = recipient.ok_or_else(changed)?;
        let journal = self.journal(&one.call_id).await?.ok_or(NotEntered::Unknown)?;
        if journal.0.program_sha256 != script.sha256 {
            return Err(changed());
        }
        let name = After::known_name(script, &record, &self.told(&record).await?.entries());
        let name = name.as_ref().map_or("______", |name| name.expose());
        let decided = consent.decided_at.unwrap_or(record.ended_at);
        let instrument = Instrument::render(script, recipient, locale, name, decided, consent.expires);
        Ok(Leaf { one, locale, instrument })
    }
}

impl Leaf {
    fn waits(&self) -> bool {
        self.one.is_live() && self.one.blocked_by.contains(&Block::WrittenSignature)
    }

    fn copy(&self, sign: Option<SignHere>, html: bool, just_decided: bool) -> String {
        let copy = Copy {
            locale: self.locale,
            instrument: &self.instrument,
            standing: &self.one,
            sign,
            just_decided,
        };
        if html { copy.html() } else { copy.text() }
    }
}
