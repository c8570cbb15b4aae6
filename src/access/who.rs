//! Who reads, and what for.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What somebody is to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The compliance contact: answers for the law, and for requests of patients.
    Compliance,
    /// Treats patients.
    Clinician,
    /// Takes up what a call left open.
    Intake,
    /// Reviews how calls went.
    Qa,
    /// Checks that records are whole and were read rightly.
    Auditor,
    /// Runs the machines; sees no content.
    Admin,
    /// Somebody outside of the program to whom a consent lets something go.
    Recipient,
    /// Whoever holds the folder of the keys, and gives no other role: can open everything.
    Keyholder,
    /// Candor itself, when nobody asked it to.
    Server,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 9] = [
        Role::Compliance,
        Role::Clinician,
        Role::Intake,
        Role::Qa,
        Role::Auditor,
        Role::Admin,
        Role::Recipient,
        Role::Keyholder,
        Role::Server,
    ];

    /// Its name, on the command line and in the book.
    pub fn name(self) -> &'static str {
        match self {
            Role::Compliance => "compliance",
            Role::Clinician => "clinician",
            Role::Intake => "intake",
            Role::Qa => "qa",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
            Role::Recipient => "recipient",
            Role::Keyholder => "keyholder",
            Role::Server => "server",
        }
    }

    /// What they read for, where they do not say it.
    pub fn usual_purpose(self) -> Option<Purpose> {
        match self {
            Role::Compliance | Role::Auditor => Some(Purpose::Compliance),
            Role::Clinician => Some(Purpose::Treatment),
            Role::Intake => Some(Purpose::Operations),
            Role::Qa => Some(Purpose::Quality),
            Role::Admin | Role::Recipient | Role::Keyholder | Role::Server => None,
        }
    }

    /// Whether they may read the book.
    pub fn reads_book(self) -> bool {
        matches!(self, Role::Compliance | Role::Auditor | Role::Keyholder)
    }

    /// Whether they may make the machines do something that shows no content.
    pub fn runs_machines(self) -> bool {
        matches!(self, Role::Admin | Role::Keyholder)
    }

    /// Whether they may enter what reached the program outside of calls: revocations, signed consents, and what was
    /// dealt with.
    pub fn enters(self) -> bool {
        matches!(self, Role::Compliance | Role::Clinician | Role::Intake | Role::Keyholder)
    }

    /// Whether they may say how long a call is kept: hold it, release it, and destroy what is due.
    pub fn keeps(self) -> bool {
        matches!(self, Role::Compliance | Role::Keyholder)
    }

    /// Whether they may break the glass: staff who may have to help somebody at once.
    pub fn breaks_glass(self) -> bool {
        matches!(self, Role::Compliance | Role::Clinician | Role::Intake | Role::Qa)
    }
}

/// What somebody reads for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To treat the patient.
    Treatment,
    /// To find out who pays, and how.
    Payment,
    /// To run the program: to call back, to keep the records.
    Operations,
    /// To review how well calls go.
    Quality,
    /// To keep to the law, and to show it.
    Compliance,
    /// To answer a demand of a court or a lawyer.
    Legal,
    /// To answer the patient, who asked for it.
    PatientRequest,
    /// To help in a medical emergency.
    Emergency,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Purpose; 8] = [
        Purpose::Treatment,
        Purpose::Payment,
        Purpose::Operations,
        Purpose::Quality,
        Purpose::Compliance,
        Purpose::Legal,
        Purpose::PatientRequest,
        Purpose::Emergency,
    ];

    /// Its name, on the command line and in the book.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Treatment => "treatment",
            Purpose::Payment => "payment",
            Purpose::Operations => "operations",
            Purpose::Quality => "quality",
            Purpose::Compliance => "compliance",
            Purpose::Legal => "legal",
            Purpose::PatientRequest => "patient_request",
            Purpose::Emergency => "emergency",
        }
    }

    /// The same in HL7's code system v3-ActReason.
    pub fn act_reason(self) -> &'static str {
        match self {
            Purpose::Treatment => "TREAT",
            Purpose::Payment => "HPAYMT",
            Purpose::Operations => "HOPERAT",
            Purpose::Quality => "HQUALIMP",
            Purpose::Compliance => "HCOMPL",
            Purpose::Legal => "HLEGAL",
            Purpose::PatientRequest => "PATRQT",
            Purpose::Emergency => "ETREAT",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Not a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no such role; there are compliance, clinician, intake, qa, auditor, admin, recipient and keyholder"
)]
pub struct NoSuchRole;

/// Not a purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no such purpose; there are treatment, payment, operations, quality, compliance, legal, \
     patient_request and emergency"
)]
pub struct NoSuchPurpose;

impl FromStr for Role {
    type Err = NoSuchRole;
    fn from_str(name: &str) -> Result<Role, NoSuchRole> {
        // The server is nobody who asks.
        let mut asking = Role::ALL.into_iter().filter(|role| *role != Role::Server);
        asking.find(|role| role.name() == name).ok_or(NoSuchRole)
    }
}

impl FromStr for Purpose {
    type Err = NoSuchPurpose;
    fn from_str(name: &str) -> Result<Purpose, NoSuchPurpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.name() == name).ok_or(NoSuchPurpose)
    }
}
