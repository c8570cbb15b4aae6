//! Who reads, on the command line: every read of content is noted in the program's book, before anything is given.

use super::{Fault, keys::Folders};
use crate::{
    access::{Asking, Datum, Purpose, Refusal, Role, view},
    book::{BookEvent, BreakGlass, Piece, Read, Refused, Who},
    cli::now,
    journal::CallRecord,
    observe::logs,
    program::RecipientId,
    store::{Archive, Book},
};
use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt};

/// Who reads, and why.
#[derive(Clone, clap::Args)]
pub(super) struct AsRole {
    /// In what role you read: compliance, clinician, intake, qa, auditor, admin or recipient [default: as whoever
    /// holds the keys]
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<Role>,
    /// What for: treatment, payment, operations, quality, compliance, legal or patient_request [default: the usual
    /// purpose of the role]
    #[arg(long)]
    purpose: Option<Purpose>,
    /// Why, in your own words: goes into the book
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// See more than the role does, in an emergency; the compliance contact is told
    #[arg(long, requires_all = ["role", "reason"], conflicts_with = "purpose")]
    break_glass: bool,
}

/// Who reads, why, and of what.
#[derive(clap::Args)]
pub(super) struct As {
    #[command(flatten)]
    role: AsRole,
    /// Which recipient: with --as recipient; of `consent revoke`, whose permission ends
    #[arg(long, value_name = "ID")]
    pub recipient: Option<RecipientId>,
    /// Only calls of this program: those of others are not there
    #[arg(long, value_name = "ID")]
    pub program: Option<String>,
}

impl AsRole {
    /// Somebody in a role, with its usual purpose.
    pub(super) fn of(role: Option<Role>) -> AsRole {
        AsRole { role, purpose: None, reason: None, break_glass: false }
    }
}

impl From<AsRole> for As {
    fn from(role: AsRole) -> As {
        As { role, recipient: None, program: None }
    }
}

/// Somebody who reads what calls left behind.
pub(super) struct Reader {
    book: Book,
    who: Who,
    asking: Asking,
    pub program: Option<String>,
}

impl Reader {
    /// Opens the folder for whoever reads.
    pub(super) async fn open(folders: &Folders, args: As) -> Result<Reader, Fault> {
        let As { role: AsRole { role, purpose, reason, break_glass }, recipient, program } = args;
        let role = role.unwrap_or(Role::Keyholder);
        if (role == Role::Recipient) != recipient.is_some() {
            return Err(Fault::misuse("--as recipient and --recipient ID go together"));
        }
        if break_glass && !role.breaks_glass() {
            return Err(Fault::misuse(format!("the role {role} breaks no glass")));
        }
        let purpose = match break_glass {
            true => Some(Purpose::Emergency),
            false => purpose.or(role.usual_purpose()),
        };
        // Damaged calls are named on stderr and do not hold up the others; so is broken glass.
        let _ = logs::start(logs::Format::Text, "error");
        folders.must_exist()?;
        // Anything that keeps the folder from being read is wrong use of it: what is in it is not known yet.
        let book = Book::open(&folders.data, folders.existing_keys()?).await;
        Ok(Reader {
            book: book.map_err(|e| Fault::misuse(e.0))?,
            who: Who { name: account(), role, purpose, reason },
            asking: Asking { role, purpose, recipient, is_glass_broken: break_glass },
            program,
        })
    }

    /// What calls left behind.
    pub(super) fn archive(&self) -> &Archive {
        self.book.archive()
    }

    /// The books, and with them what calls left behind.
    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Who they are, for the book.
    pub(super) fn who(&self) -> Who {
        self.who.clone()
    }

    /// How they ask.
    pub(super) fn asking(&self) -> &Asking {
        &self.asking
    }

    /// Lets through whoever may see something of calls.
    pub(super) fn may_look(&self) -> Result<(), Fault> {
        self.asking.hears(&[Datum::Administrative]).map_err(|why| self.not_for(why))
    }

    /// Lets through whoever may enter what reached the program outside of calls.
    pub(super) async fn may_enter(&self) -> Result<(), Fault> {
        if self.who.role.enters() {
            return Ok(());
        }
        let why = format!("the role {} enters nothing; compliance, clinician and intake do", self.who.role);
        self.turned_away(None, &[Piece::Record], &why).await?;
        Err(Fault::finding(why))
    }

    /// Lets through whoever may say how long calls of `programs` are kept, and destroy what is due.
    pub(super) async fn may_keep(&self, programs: &[String], call_id: Option<&str>) -> Result<(), Fault> {
        if self.who.role.keeps() {
            return Ok(());
        }
        let why = format!("the role {} holds and destroys nothing; compliance does", self.who.role);
        for program in programs {
            let event = BookEvent::Refused(Refused { what: vec![Piece::Record], why: why.clone() });
            self.note(program, call_id, event).await?;
        }
        Err(Fault::finding(why))
    }

    /// Lets through whoever may be told `data` of the calls here, of which `what` is read; else notes that it was
    /// refused: of `call` in the book of its program, of all calls in the book of each.
    pub(super) async fn may_hear(
        &self,
        call: Option<(&str, &str)>,
        what: &[Piece],
        data: &[Datum],
    ) -> Result<(), Fault> {
        let Err(why) = self.asking.hears(data) else { return Ok(()) };
        self.turned_away(call, what, &why.to_string()).await?;
        Err(self.not_for(why))
    }

    /// Notes that somebody was refused: of a call of a program, or of everything they asked of.
    async fn turned_away(&self, call: Option<(&str, &str)>, what: &[Piece], why: &str) -> Result<(), Fault> {
        let event = || BookEvent::Refused(Refused { what: what.to_vec(), why: why.to_owned() });
        if let Some((program, call_id)) = call {
            return self.note(program, Some(call_id), event()).await;
        }
        let programs = match &self.program {
            Some(program) => vec![program.clone()],
            None => self.archive().programs().await?,
        };
        for program in programs {
            self.note(&program, None, event()).await?;
        }
        Ok(())
    }

    /// Whether they may read the books.
    pub(super) fn may_read_book(&self) -> Result<(), Fault> {
        match self.who.role.reads_book() {
            true => Ok(()),
            false => Err(Fault::finding(format!(
                "the role {} does not read the book; compliance and auditor do",
                self.who.role
            ))),
        }
    }

    /// The record as they see it, which is not noted yet.
    pub(super) fn sees(&self, record: &CallRecord) -> Result<CallRecord, Refusal> {
        view(record, &self.asking, now())
    }

    /// Notes that a piece of a call is read, of which all of `data` must be clear to them. What is read is given when
    /// this has returned, and not before.
    pub(super) async fn reads(&self, record: &CallRecord, what: Piece, data: &[Datum]) -> Result<(), Fault> {
        match self.asking.sees_all(record, data, now()) {
            Ok(()) => self.noted(&record.program, Some(&record.call_id), what, None).await,
            Err(why) => Err(self.refused(record, what, why).await?),
        }
    }

    /// The same of everything that is kept of a call, also where its record cannot be made any more: then only the
    /// role and the purpose are known.
    pub(super) async fn hands_out(&self, program: &str, call_id: &str, what: Piece) -> Result<(), Fault> {
        match self.asking.hears(&Datum::ALL) {
            Ok(()) => self.noted(program, Some(call_id), what, None).await,
            Err(why) => {
                let event = BookEvent::Refused(Refused { what: vec![what], why: why.to_string() });
                self.note(program, Some(call_id), event).await?;
                Err(self.not_for(why))
            }
        }
    }

    /// Notes that something is refused; the fault that says so.
    pub(super) async fn refused(
        &self,
        record: &CallRecord,
        what: Piece,
        why: Refusal,
    ) -> Result<Fault, Fault> {
        let event = BookEvent::Refused(Refused { what: vec![what], why: why.to_string() });
        self.note(&record.program, Some(&record.call_id), event).await?;
        Ok(self.not_for(why))
    }

    /// The fault that says that something is not for them.
    pub(super) fn not_for(&self, why: Refusal) -> Fault {
        let role = self.who.role;
        Fault::finding(format!("this is not for the role {role}: {why}; ask the compliance contact"))
    }

    /// Notes that a list of records is read, in the book of each program it has calls of.
    pub(super) async fn lists(&self, records: &[CallRecord]) -> Result<(), Fault> {
        let mut calls = BTreeMap::<&str, u64>::new();
        records.iter().for_each(|record| *calls.entry(&record.program).or_default() += 1);
        for (program, calls) in calls {
            self.noted(program, None, Piece::Record, Some(calls)).await?;
        }
        Ok(())
    }

    /// Notes that a piece is read.
    pub(super) async fn noted(
        &self,
        program: &str,
        call_id: Option<&str>,
        what: Piece,
        calls: Option<u64>,
    ) -> Result<(), Fault> {
        if self.asking.is_glass_broken {
            let event = BookEvent::BreakGlass(BreakGlass { what: vec![what] });
            self.note(program, call_id, event).await?;
            tracing::error!(
                program,
                "the glass was broken: the compliance contact must look (candor access list)"
            );
        }
        self.note(program, call_id, BookEvent::Read(Read { what: vec![what], calls })).await
    }

    async fn note(&self, program: &str, call_id: Option<&str>, event: BookEvent) -> Result<(), Fault> {
        let noted = self.book.note(program, call_id, self.who.clone(), event, now()).await;
        noted.map(drop).map_err(|why| {
            Fault::finding(format!("nothing is shown that cannot be noted in the book of {program}: {why}"))
        })
    }
}

/// Who runs this command: the name of the account, or its number where it has none.
fn account() -> String {
    let Ok(own) = fs::metadata("/proc/self").map(|own| own.uid().to_string()) else {
        return "unknown".into();
    };
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == own).then(|| name.to_owned())
    });
    named.unwrap_or(own)
}
