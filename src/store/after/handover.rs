//! A chat that went on in a call: both are one patient's, and what is said in the call reaches the chat's consents from
//! the moment at which it is on record ([ADR 20](../../../docs/adr/0020-handing-over.md)).

use super::{After, Scope, failed, withhold};
use crate::{
    book::{BookEvent, Joined, Noted, Who},
    consent::{Patients, Standing, is_joined, joined},
    dialogue::ChannelKind,
    journal::{CallRecord, Entry, Opened, record},
    ports::StoreUnavailable,
    time::Utc,
};

/// What was told in a call, and before it in the chat that it goes on with.
pub(super) struct ToldIn {
    /// The chat's journal, then the call's.
    pub journals: Vec<(Opened, Vec<Entry>)>,
    /// Whether nothing of them is gone.
    pub whole: bool,
}

impl ToldIn {
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.journals.iter().flat_map(|(_, entries)| entries).cloned().collect()
    }
}

impl After {
    pub(super) async fn told(&self, record: &CallRecord) -> Result<ToldIn, StoreUnavailable> {
        let mut told = ToldIn { journals: Vec::new(), whole: true };
        for call_id in record.resumes.iter().chain([&record.call_id]) {
            match self.journal(call_id).await?.filter(|(opened, _)| opened.program == record.program) {
                Some((opened, entries)) => {
                    told.whole &= self.is_whole(call_id, &entries).await?;
                    told.journals.push((opened, entries));
                }
                None => told.whole = false,
            }
        }
        Ok(told)
    }

    /// By what a chat and the call in which it goes on are found to be one patient's: the call's id. It is kept from
    /// the moment at which the chat was followed up, and counts though the call should never have learnt of it.
    pub(super) async fn handed_over_by(
        &self,
        record: &CallRecord,
    ) -> Result<Option<[u8; 32]>, StoreUnavailable> {
        let call = match (&record.resumed_by, record.channel) {
            (Some(call), _) => call,
            (None, ChannelKind::Phone) => &record.call_id,
            _ => return Ok(None),
        };
        let text = format!("handed over\n{call}");
        let tag = self.archive().key_service().tag(&record.program, text.as_bytes()).await?;
        if record.resumed_by.is_some() || record.resumes.is_some() {
            return Ok(Some(tag));
        }
        Ok(self.patient_by(&record.program, &tag).await?.map(|_| tag))
    }

    /// The patient of the call that a chat was handed to, where that call was followed up before the chat.
    pub(super) async fn followed_before(
        &self,
        chat: &CallRecord,
    ) -> Result<Option<String>, StoreUnavailable> {
        match &chat.resumed_by {
            Some(call) => self.patient(call).await,
            None => Ok(None),
        }
    }

    /// A call that was followed up before the chat named it, and was nobody's then, is followed up again.
    pub(super) async fn follow_again(&self, chat: &CallRecord) -> Result<(), StoreUnavailable> {
        sqlx::query(
            "INSERT INTO unfollowed (call_id, program) SELECT call_id, program FROM followed \
             WHERE call_id = ? AND program = ? AND patient IS NULL ON CONFLICT DO NOTHING",
        )
        .bind(&chat.resumed_by)
        .bind(&chat.program)
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Where consents stand, with what is said meanwhile in calls that go on with a chat. Such a call is not joined
    /// yet: until it is, nothing leaves on what the chat granted.
    pub(super) async fn carried_on(
        &self,
        mut scope: Scope,
        now: Utc,
    ) -> Result<Vec<Standing>, StoreUnavailable> {
        let (mut live, mut unread) = (Vec::new(), Vec::new());
        for chat in &scope.records {
            let Some(call) = chat.resumed_by.clone().filter(|call| !is_joined(&scope.noted, call)) else {
                continue;
            };
            let Some((opened, entries)) = self.journal(&call).await? else {
                unread.push(chat.call_id.clone());
                continue;
            };
            live.push((chat.call_id.clone(), record(&opened, &entries), entries));
        }
        for (chat, so_far, entries) in &live {
            let known = Patients::of(&scope.noted).of_call(chat);
            let patient = known.clone().unwrap_or_else(|| format!("of {chat}"));
            let note = |call_id: &str, joined: Joined| Noted {
                seq: u64::MAX,
                at: now,
                call_id: Some(call_id.to_owned()),
                by: Who::server(),
                event: BookEvent::Joined(joined),
            };
            if known.is_none() {
                scope.noted.push(note(chat, Joined { patient: patient.clone(), ..Joined::default() }));
            }
            let said = joined(&patient, Vec::new(), so_far, entries, &scope.standing(now));
            scope.noted.push(note(&so_far.call_id, said));
        }
        let mut all = scope.standing(now);
        for one in all.iter_mut().filter(|one| one.is_live()) {
            if live.iter().any(|(chat, ..)| *chat == one.call_id) {
                withhold(one, "the chat goes on in a call that is not over, and may take this back");
            }
            if unread.contains(&one.call_id) {
                withhold(
                    one,
                    "the chat went on in a call that cannot be read, and that may have taken this back",
                );
            }
        }
        Ok(all)
    }
}
