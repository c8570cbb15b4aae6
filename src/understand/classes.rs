//! Classes of words that the rows of the phrase tables name between angle brackets.

/// Verbs of passing on, as the imperative and infinitive.
const SHARE: &[&str] = &[
    "share", "send", "give", "tell", "disclose", "release", "forward", "pass", "provide", "show", "submit", "transmit",
    "transfer", "fax", "email", "report", "reveal", "expose", "distribute", "bill", "notify", "inform", "contact",
    "call", "mail", "hand", "leak", "put", "enter", "upload",
];
const SHARING: &[&str] = &[
    "sharing", "sending", "giving", "telling", "disclosing", "releasing", "forwarding", "passing", "providing",
    "showing", "submitting", "transmitting", "transferring", "faxing", "emailing", "reporting", "revealing",
    "exposing", "distributing", "billing", "notifying", "informing", "contacting", "calling", "mailing", "handing",
    "putting", "entering", "uploading",
];
const SHARED: &[&str] = &[
    "shared", "sent", "given", "told", "disclosed", "released", "forwarded", "passed", "provided", "shown",
    "submitted", "transmitted", "transferred", "faxed", "emailed", "reported", "revealed", "exposed", "distributed",
    "billed", "notified", "informed", "contacted", "mailed",
];
/// Verbs of the receiving side.
const GET: &[&str] = &["have", "see", "get", "know", "receive", "read", "access", "hear", "learn", "find", "look", "use"];
const GETTING: &[&str] = &["having", "seeing", "getting", "knowing", "receiving", "reading", "accessing", "hearing"];
/// What is passed on.
const THING: &[&str] = &[
    "it", "that", "this", "these", "those", "them", "anything", "everything", "something", "nothing", "any", "all",
    "information", "data", "details", "stuff", "record", "records", "file", "files", "answers", "answer", "name",
    "history", "health", "medical", "personal", "private", "treatment", "what",
];
/// Agreement given.
const PERMISSION: &[&str] = &[
    "permission", "permissions", "consent", "consents", "authorization", "authorizations", "approval", "agreement",
    "release", "okay", "yes", "word",
];
const DET: &[&str] = &["my", "the", "that", "this", "your", "our", "any", "all", "of", "those", "these", "a", "some", "his", "her"];
/// Everybody at once.
const EVERYBODY: &[&str] = &["anyone", "anybody", "everyone", "everybody", "nobody", "anyplace", "anywhere", "whoever", "them"];
/// Where a request begins.
const LEAD: &[&str] = &["please", "just", "actually", "now", "then", "so", "and", "but", "also", "can", "could", "you", "to", "i"];
const AUX: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "can", "could", "will", "would", "should", "may", "might", "have",
    "has", "am", "shall", "must",
];
const PRONOUN: &[&str] = &[
    "i", "you", "it", "they", "he", "she", "we", "this", "that", "there", "my", "your", "the", "anyone", "anybody",
    "somebody", "someone", "these", "those", "yes", "no", "@", "his", "her", "their", "our", "everyone", "everybody",
    "people", "a", "any",
];
/// What may stand before a question.
const ASK: &[&str] = &["okay", "yes", "yeah", "sure", "but", "and", "so", "wait", "hey", "sorry", "actually", "hello", "hi", "alright", "first", "just", "please", "then", "excuse", "me"];
const WH: &[&str] = &["what", "who", "whom", "whose", "when", "where", "why", "how", "which"];
/// Somebody of the caller's own.
const KIN: &[&str] = &[
    "mother", "mom", "mum", "father", "dad", "parent", "parents", "wife", "husband", "spouse", "son", "daughter",
    "sister", "brother", "child", "kid", "kids", "boyfriend", "girlfriend", "partner", "fiance", "fiancee", "grandson",
    "granddaughter", "grandmother", "grandfather", "grandma", "grandpa", "aunt", "uncle", "niece", "nephew", "cousin",
    "friend", "roommate", "stepson", "stepdaughter", "stepmom", "stepdad", "ex", "neighbor", "caregiver", "guardian",
    "sponsor", "coworker", "client", "patient", "family", "loved",
];
const HIS: &[&str] = &["his", "her", "their", "the"];
const VERY: &[&str] = &["very", "really", "totally", "perfectly", "completely", "absolutely", "just", "all", "quite", "so", "also", "certainly", "definitely", "most"];
const GOOD: &[&str] = &["fine", "okay", "good", "great", "perfect", "alright", "cool", "awesome", "wonderful", "excellent"];
const TRUE: &[&str] = &["right", "correct", "true", "accurate", "affirmative", "valid", "truth", "factual", "exact"];
const YES: &[&str] = &["yes", "yeah", "yep", "yup", "affirmative", "absolutely", "definitely", "certainly", "sure", "surely", "indeed"];
const PERSON: &[&str] = &[
    "person", "human", "somebody", "someone", "agent", "representative", "counselor", "counsellor", "nurse",
    "operator", "supervisor", "people", "receptionist", "rep", "staff", "doctor", "therapist", "manager", "advisor",
];
const DRUG: &[&str] = &[
    "alcohol", "heroin", "fentanyl", "fent", "meth", "methamphetamine", "crystal", "cocaine", "coke", "crack",
    "opioid", "opioids", "opiate", "opiates", "oxy", "oxycodone", "oxycontin", "percocet", "percs", "vicodin",
    "hydrocodone", "morphine", "codeine", "tramadol", "dilaudid", "suboxone", "subutex", "buprenorphine",
    "methadone", "naltrexone", "vivitrol", "narcan", "naloxone", "xanax", "benzos", "benzo", "benzodiazepines",
    "klonopin", "valium", "ativan", "adderall", "ritalin", "speed", "ecstasy", "molly", "mdma", "ketamine", "lsd",
    "acid", "mushrooms", "weed", "marijuana", "cannabis", "pot", "thc", "kratom", "tianeptine", "xylazine", "tranq",
    "pcp", "inhalants", "vodka", "whiskey", "beer", "beers", "wine", "liquor", "booze", "gabapentin", "lyrica",
    "pills", "dope", "drugs", "drug", "cocaina", "heroina", "fentanilo", "alcol", "drogas", "metanfetamina",
];
const OTHERS: &[&str] = &["he", "she", "they", "we", "it", "who", "people", "somebody", "someone", "everybody", "everyone", "lawyer", "attorney", "doctor", "counselor", "sign", "paper", "notice"];

/// The members of the class `name`.
pub(super) fn named(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "share" => SHARE,
        "sharing" => SHARING,
        "shared" => SHARED,
        "get" => GET,
        "getting" => GETTING,
        "thing" => THING,
        "permission" => PERMISSION,
        "det" => DET,
        "everybody" => EVERYBODY,
        "lead" => LEAD,
        "aux" => AUX,
        "pronoun" => PRONOUN,
        "ask" => ASK,
        "wh" => WH,
        "kin" => KIN,
        "his" => HIS,
        "very" => VERY,
        "good" => GOOD,
        "true" => TRUE,
        "yes" => YES,
        "person" => PERSON,
        "drug" => DRUG,
        "others" => OTHERS,
        _ => return None,
    })
}

/// Whether `word` belongs to the class `name`.
pub(super) fn is(name: &str, word: &str) -> bool {
    named(name).is_some_and(|members| members.contains(&word))
}
