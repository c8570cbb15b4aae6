//! Taking back, keeping out, and the marks that make such words somebody else's.

use super::table;

table!(
    /// Taking back in words that need no context.
    REVOKE, "revoke", [
        "<share> @ nothing", "<share> nothing [to|with] @", "<share> nothing to|with anyone|anybody", "decided against sharing|@|it",
        "decided not to share|consent", "second thoughts about @|sharing|the|that|it|this|my",
        "scrap|ditch|kill|drop|delete|erase [my|the|that] [@] <permission>", "withdraw everything|all",
        "prefer @ not <get>|to", "prefer that @ not|did|does", "do not think @ should|needs", "do not think they should <get>",
        "let us not involve|include|contact|bill|tell @|them|anyone|anybody|my", "do not want @ involved|included",
        "take|taking|took back my|the|that|this|all|every|your <permission>",
        "take|taking|took my|the|that|this|all|every <permission> back",
        "take|taking|took back what i [just|had] said|told|agreed|signed", "take|taking|took back everything|all|the|@",
        "take|taking|took it|that|this all|everything back", "take|taking all|both [of] that|it|this|them|those back",
        "take|taking|took back [all] [of] [<det>] [<det>] [@] <consents>", "take|taking [all] [of] [<det>] [<det>] [@] <consents> back", "take|taking everything back",
        "revoke|revoking",
        "rescind|rescinding|retract|retracting [<det>] [<det>] @|<permission>|it|that|this|everything",
        "i [hereby] revoke|rescind|retract",
        "withdraw|withdrawing|withdrew my|the|that|this|all|any|that <permission>",
        "withdraw|withdrawing [<det>] [<det>] [@] <permission>", "withdraw|withdrawing from sharing",
        "undo what|everything|all|@", "undo my|the|that|all <permission>|sharing|answer",
        "cancel|cancelling|canceling|void|end|terminate|remove|pull [<det>] [<det>] [@] <permission>",
        "cancel|void|terminate|end [<det>] [@] sharing|share|consent", "cancel everything",
        "cancel all of it|that|them|those",
        "no longer agree|consent|authorize|allow|permit|okay|comfortable|give",
        "no longer want [you|them|@] [to] <share>|<sharing>|<get>|<shared>|@",
        "no longer want it|that|this|my|any|anything [information|records|of] [it|that] <shared>",
        "not .. any more|longer <share>|<sharing>|<shared>",
        "do not consent|authorize|permit any more|longer", "do not agree any more|longer",
        "do not want .. <shared> any more|longer",
        "changed my mind about sharing|@|the|my|that|consent|giving|letting|what|all",
        "changed my mind .. do not", "change my mind about sharing|@|consent|giving|letting|what",
        "stop|quit|cease [all] sharing|disclosing|releasing|forwarding", "no [more] sharing",
        "not be shared|sent|disclosed|released", "never be shared|sent|disclosed", "opt out", "opt me out",
        "opting out", "unshare [<thing>]", "unsend [<thing>]", "forget @", "forget about @|sharing",
        "forget what i said|agreed|told", "forget everything|all|it all", "forget i said|agreed|ever",
        "keep|leave|get|cut|take|want|left @ out|off|away",
        "keep|leave|cut them|everyone|everybody out|off", "take|cut|drop @ off|from|out",
        "remove|exclude|block @", "without @ <getting>|finding|being", "leave out @", "keep out @",
        "do not have [my] permission|consent", "have not [my] permission",
        "never gave|give .. permission|consent", "never agreed|consented", "never said yes|okay",
        "never said you|they could",
        "nobody|none [can|should|may|gets|is] [allowed] [to] <get> [<thing>|<det>|about|$]",
        "no one [can|should|may|gets|is] [allowed] [to] <get> [<thing>|<det>|about|$]",
        "change [my] [that] [@] yes to [a] no", "make [that|it] a no [for|to|on] @",
        "change my answer [for|about|on] @", "change my answer to [a] no",         "my insurance should not", "@ should|must|can|may|is not <get>|be|allowed",
        "hold off on @|sharing|sending|the", "pull back", "pull my information",
        "remove my consent|permission", "i regret agreeing|saying|giving|sharing|telling",
        "should not have agreed|consented|said|shared|given", "^ nothing to|for @", "nothing goes to|out",
        "no sharing", "^ [<lead>] [<lead>] stop @", "stop everything with|to @", "let us not <share>",
        "let us not do @", "no deal with @", "ya no quiero que", "ya no quiero compartir",
        "retiro mi consentimiento|permiso|autorizacion", "revoco [mi] [consentimiento|permiso]",
        "quito mi permiso|consentimiento", "cambie de opinion", "he cambiado de opinion",
        "dejen|deje de compartir", "no compartan|comparta|manden|mande|envien|envie nada",
        "no lo|la compartan|comparta|manden|mande|envien|envie", "no le digan|diga", "ya no doy",
        "ya no estoy de acuerdo", "ya no autorizo", "cancele mi permiso|consentimiento",
        "no compartan|comparta|manden|mande|envien|envie", "retiro todo",
        "no quiero que lo|la|se comparta|compartan|sepan|manden",
        "no quiero que compartan|comparta|sepan|sepa|manden|envien",
    ]
);

table!(
    /// Taking back by pointing: what it takes back depends on what is granted and what was asked.
    REFERRING, "refer", [
        "i|to|and|actually|wait|please|just|would|could take|taking it|that|this|them all|both back",
        "take|taking it|that|this|them back", "^ [<lead>] [<lead>] [<lead>] take|taking it|that|this back",
        "i [have] [actually] [just] changed my mind", "^ [<lead>] changed my mind",
        "i am changing my mind", "change of heart",
        "i [want|wish|would|like|need|have] [to] [like] [to] withdraw $", "i withdraw", "i am withdrawing it|that|this",
        "^ [<lead>] [<lead>] [<lead>] cancel that|it|this|@", "^ [<lead>] [<lead>] cancel the @",
        "^ undo|withdraw it|that|this|$", "want|like|please|can|could|you undo|withdraw it|that|this",
        "undo it|that|this", "withdraw it|that|this", "i [want|would] [like] to cancel it|that|this|@",
        "cancel that|it|this $", "i regret that|it|this", "make that a no", "make it a no",
        "change that to [a] no", "change it to [a] no", "i did not mean to agree|consent|share",
        "i did not mean to say yes", "i did not mean yes", "i take my yes back",
        "scratch that consent|permission", "reverse that|it", "back out", "lo retiro", "cancelelo",
        "me arrepiento", "i do not agree any more",
    ]
);

table!(
    /// Not agreeing: an answer where something was asked, a revocation anywhere else.
    ASKED, "asked", [
        "do not consent|authorize", "do not give [you|them|@] [my|any] permission|consent",
        "do not agree to <share>|<sharing>|sharing",
        "not okay|comfortable|fine|happy|cool with|about sharing|@|them|you <sharing>",
        "not okay|comfortable|fine|happy|cool with|about them|@ <getting>",
        "not okay|comfortable|fine|cool with|about sharing", "i refuse to <share>",
        "do not want to share [<det>] [<thing>] with|to", "do not feel comfortable sharing|with",
    ]
);

table!(
    /// A forbidden act of passing on; what follows decides.
    NEGATIVE_SHARING, "do not share", [
        "you [please] not <share>",
        "do not [ever|you|just|please|want|even] [to] [be] <share>|<sharing>", "do not go <sharing>",
        "never [ever] <share>|<sharing>", "stop|quit|cease <sharing>",
        "can|may|must|should|shall|could|will not [be] [to] <share>|<sharing>",
        "you|they|@ are|is not allowed|permitted to <share>|<get>", "not to <share>",
        "do not want you|them|anyone|anybody|nobody|@|it|that|this|any|anything|my|the .. \
         <share>|<sharing>|<shared>",
        "do not want them|anyone|anybody|nobody|@|people|others .. <get>|<getting>",
        "do not want you|them|@|it|that|this|any|anything|my|the .. going|go to",
        "do not want|like|need @ to [be] <get>|<share>|<shared>|find|involved", "do not want|like|need @ in|involved|included|contacted|told", "do not want|need @ $|please|now|any", "do not want|need @ <getting>|finding|being",
        "do not let @|them|anyone|anybody|everybody .. <get>|in", "do not let @|them|anyone|anybody",
        "not want .. <shared>", "rather you|they do|did not <share>|<get>", "rather not <share>",
        "prefer not to <share>|have", "prefer you do|did not <share>|<get>", "would rather not <share>",
        "not [be] <shared>", "do not want any|none|some of them|@ to <get>", "do not want them|@ to know|see|hear|learn", "do not involve|include|bother|use @|them|anyone|anybody",
        "do not want .. <shared>", "they|@ do|does not need to <get>",
        "they|@ do|does not need [<det>] <thing>", "do not go [out] to @", "rather @|they did|do not <get>",
        "rather not have @|them|it|that|this", "wish you would not <share>", "want nobody to",
        "nobody to <get>", "do not want no one|nobody", "would rather @ did|do not",
    ]
);

table!(
    /// Just before the words of a revocation: they are denied.
    NEGATED, "negated", [
        "not", "never", "did not", "no need to", "without", "instead of", "rather than", "not going to",
        "not want to", "do not want you to", "not saying", "not asking you to", "did not say",
        "never said", "do not have to", "not trying to", "would not want to", "not want you to",
        "not telling you to", "have not", "not mean to",
    ]
);

table!(
    /// Just before the words of a revocation: they are somebody else's.
    QUOTED, "quoted", [
        "<others>|<kin>|@ \
         said|says|told|tells|say|tell|thinks|think|wants|want|keeps|asked|asks|warned|advised|\
         suggested|recommended|wrote|goes",
        "said never", "heard people say", "supposed to say", "told me", "it says|said",
        "the word|words|phrase", "like in the movie", "saying is", "read that", "they always say",
    ]
);

table!(
    /// Before the words of a revocation: nothing was decided yet.
    HYPOTHETICAL, "hypothetical", [
        "if", "what if", "suppose", "what happens", "how do|can|would|could|long|does",
        "can i|we .. later|anytime|ever|still|always", "when can|could|do", "do i have",
        "am i able|allowed", "would i|it|that", "i wish i|you|we", "why", "should i", "do you|they",
        "does", "did you", "are you", "whether", "in case", "once i", "until i", "unless i", "who",
        "when i", "what does", "will it", "what",
    ]
);

table!(
    /// The caller pays alone, 42 CFR 2.26.
    PAYS_SELF, "pays self", [
        "pay|paying [for] [it|this|everything] myself|cash", "pay|paying [in] cash|full",
        "pay|paying .. myself|privately", "out of [my] [own] pocket", "self pay", "pay|paying private",
        "private pay|pay", "cover|covering it|this|the .. myself", "i pay|am paying",
        "pagar|pago [en] efectivo", "yo pago", "with cash", "cash only",
    ]
);

table!(
    /// A restriction asked for by its name.
    RESTRICTION, "restriction", [
        "request|want|like|ask|need|place|put [for] [to] [a|an] restriction",
        "restrict who|what|how|my|the|access|@", "limit who|what|which .. <get>|<share>|you|they",
        "limit access to my", "put a limit on",
    ]
);

table!(
    /// Somebody or something that no program lists, and that words of sharing are often about.
    PERSONAL_TARGET, "own people", [
        "<kin>", "boss", "employer", "work", "job", "house", "home", "address", "phone", "police", "court",
        "probation", "lawyer", "attorney", "landlord", "school", "me", "us", "needles", "needle",
        "syringe", "syringes", "pipe", "drugs", "pills", "joint", "room", "bed", "apartment", "drinks",
        "money", "food", "lies", "mail", "email", "text", "texts", "voicemail", "message", "messages",
        "number", "up", "meds", "medication", "works", "equipment", "car", "blood", "dope", "drug", "911",
        "ambulance", "cops", "back",
    ]
);

table!(
    /// Dropping something without saying what.
    DANGLING, "dangling", [
        "stay|stays|remain|remains private|confidential|secret", "stay|stays between us", "between you and me", "between us",
        "i want out", "i am withdrawing $", "^ [<lead>] [<lead>] take my name off", "<permission>|sharing .. over|off|gone|mistake|wrong|bad", "against sharing|it",
        "not .. <permission>", "not .. sharing|shared", "no .. sharing|shared", "@ .. not <get>|involved|contacted|told", "not .. @ <get>|involved|contacted|knowing",
        "regret", "wish i had not|never", "second thoughts", "not so sure about sharing|@", "uncomfortable with|about", "stop @",
        "^ [<lead>|okay|no|wait] [<lead>] forget it $",
        "^ [<lead>|okay|no|wait] [<lead>] forget it please $",
        "^ [<lead>|okay|no|wait] never mind [that|it] $", "^ [wait|no] scratch|strike that $",
        "just between us", "keep it|this|that private|confidential|secret|quiet", "keep this between",
        "keep my information|answers|records|name private|confidential|secret", "olvidelo",
        "^ [<lead>] not any more $", "that was a mistake", "it was a mistake",
    ]
);

table!(
    /// Only these, nobody else.
    ONLY, "only", [
        "only|just <share> .. with|to @", "only|just [with|to|for] @", "@ only",
        "nobody|anyone|anybody else", "no one else", "only @",
    ]
);

table!(
    /// Everybody except these.
    EXCEPT, "except", [
        "except [for] [with|to]", "<everybody> but [not] [with|to]", "everything but [not] [with|to]",
        "anything but [with|to]", "all but", "other than", "apart from", "aside from", "besides",
        "but not [with|to]", "just not [with|to]", "only not [with|to]", "and not [with|to]", "no one but",
        "nobody but", "excepto", "menos",
    ]
);

table!(
    /// A name refused by itself.
    NOT_THIS, "not this one", [
        "^ [<lead>|okay|no|wait] [<lead>|no|wait] not [with|to|for] @", "^ no @", "^ [<polite>] [<polite>] [<polite>] [maam|sir] not [with|to|for] @", "no to @",
        "nothing for @",
    ]
);
