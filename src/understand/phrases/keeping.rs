//! The parts of a clause that keeps something from somebody, whatever else stands between them.

use super::table;

table!(
    /// Not wanting. Whom it is about and what they would get follow.
    UNWILLING, "unwilling", [
        "not [really|ever|even|actually|particularly|exactly|necessarily] want|wanting|wish|like|care|need|let|letting|allow|allowing|permit|permitting|authorize|authorizing|approve|support|trust|appreciate|welcome|intend|condone|love|enjoy|fancy|dig",
        "can|could|will|would not have|be|risk|stand|afford|allow|let", "can not [just] have",
        "not having|think|feel|believe|see|agree|consent|agreeing|consenting|anticipate|expect",
        "not [be|so|all|that|very|really|too|super|entirely|exactly|at] [that|all] okay|comfortable|cool|happy|fine|good|easy|keen|thrilled|crazy|wild|down|ready|willing|sold|big|great|alright|loving|feeling|interested|excited|fond|up|ecstatic|prepared|into",
        "uncomfortable|uneasy|unhappy|unwilling|reluctant|hesitant|leery|wary|weird|iffy|sketchy|sick|tired|done|finished|through|over|opposed|against|allergic",
        "hate|refuse|forbid|object|oppose|reject|decline|veto|prevent|prohibit|disallow|resent",
        "refusing|forbidding|opposing|rejecting|declining|preventing|withholding|barring|prohibiting",
        "less i want|like", "rather|prefer|better|best|happier [that] [if] .. not|never|nobody|nothing|none|without",
        "no way [i|am|in|do] [i|am|want|hell] [want|letting|having|okay]", "no longer [want|wish|like|need|let|allow|comfortable|okay|agree|consent|authorize|trust|fine]",
        "gone|going|cooled|soured|went|backing|backed|backpedaling off|on|down|out|away|from [of] [the|that|this] [whole|entire] [idea|notion|thought|plan]",
        "bad|terrible|dumb|stupid|poor|lousy|not idea|move|call|plan [to|having|letting|of]",
        "i would appreciate it if you not", "talked myself out of", "keep .. from", "spare me", "what i do not|never want|need is",
        "last|least thing i want|need [is]", "do me a favor and not|do", "not be on|in", "screw|damn|heck with", "not a fan of", "not about to", "not in favor of", "enough of|with",
        "no interest in", "no desire for|to", "thought better of", "dead set against", "not for", "instead of|rather than",
    ]
);

table!(
    /// Telling not to. It counts at the beginning of a request.
    PROHIBIT, "prohibit", [
        "can|could|would|might|may we|you [please|just|maybe|possibly] not", "let us [just|please|maybe] not",
        "do not [you|ever|go|be|let|even|dare|please|now|keep|start|bother|just|under] [ever|go|be|let|dare|any|having]", "never [ever|again|go|be|let]", "not to", "please not",
        "no more|further|longer [of|with] [this|that|the|your]", "stop|quit|cease|avoid|halt|discontinue|refrain|desist|abstain|knock|lay|ease|back [all|off|from|with] [of|the|your|all|from|with]",
        "no need|reason|point|use [to|in|for]", "nobody|nothing|none [of] [you|this|that|it] better|should|can|may|must|has|gets|goes|needs|ought",
        "not a word|thing|peep|soul|single|one", "under|in no circumstances|circumstance|event|case", "on no account", "zero", "let us not", "how about not|we|you [do|not] [not]",
        "why not|do [we|you] not",
    ]
);

table!(
    /// A recipient, and what they may no longer do.
    REFUSED, "refused", [
        "@ [really|just|simply|certainly|sure|definitely|honestly|absolutely|also|then] do|does not|never [really|even|actually|ever] [need|get|have|deserve|belong|qualify|require|got] [to|any|no|in|at]",
        "@ [really|just|simply|certainly|also] should|must|may|can|could|will|shall|better|ought|would not|never [ever|be|have|even|to|also] [be|to]",
        "@ [is|are|was|were] not|never|no [longer|more|any|ever|even] allowed|permitted|welcome|supposed|entitled|cleared|authorized|privy|meant|approved|okay|okayed|invited|included|getting|seeing|hearing|receiving|involved [to|in|on|at]",
        "@ [is|are] to be kept|left|taken|removed|excluded|denied|cut|blocked", "@ [is|are] forbidden|barred|banned|prohibited|blocked|uninvited|disinvited|excluded|cancelled|revoked|removed|denied",
        "@ [is|are|can|could|should|must|has|have|had|needs|need|may|will|better] [to|be|just|now|got|best] [be|to] stay|stays|remain|remains|kept|left|keep|butt|buzz|bug|live|survive|manage|go off|out|away|without|uninformed|ignorant|unaware|excluded",
        "nobody|none|neither|nothing [of] [@|them|this|that|it|you|those] is|are|should|can|may|must|has|gets|goes|needs|leaves|better|ought [to|be] [be]",
        "nobody|none [else|but] [me|you|us] is|are to be", "no one [else|but|of] [me|you|us] is|are|should|can|may|must|has|gets|get|goes|needs|better|ought [to|be] [be]",
        "neither @", "~ no @ [involvement|contact|sharing|access|notification|billing|people] [in|on|for|at]",
    ]
);

table!(
    /// Taking it back for everybody, in words of few kinds.
    ALTOGETHER, "altogether", [
        "keep|keeping|leave|leaving|left @ in the dark", "keep|keeping|leave|leaving @ uninformed|unaware|ignorant|clueless", "keep it|this|that .. between .. no @",
        "want|like|need|ask|prefer|wish [to] be|get removed|deleted|taken|erased|excluded|unlisted|dropped|purged|wiped|scrubbed|struck from|of|off|out [of] @", "@ only [and|but] not [the] others|rest|anyone|anybody|any",
        "@ is|are|was off|not|no the|my|on|an|in table|list|menu|books|option|cards|party|plan|loop", "@ is off the table|list|menu", "never want|wanted [any|anything|all|none] [of] it|this|that|my [information|stuff] [to] [be|get] getting|going|shared|out|leaving|sent|passed|anywhere", "<share> [it|this|that|anything|everything] to|with nobody|none", "<share> [it|this|that|anything|everything] to|with no one", "want|like|need [<det>] [<thing>|name|number] [to] [be|get] removed|deleted|taken|erased|purged|wiped|scrubbed from|off|out [of] @", "not want [any|anything|all|none|my] [of] [it|this|that|my] [information|stuff|business|records|data] leaving|escaping|traveling", "zero|no sharing|disclosure|disclosures", "changed my tune|tack", "<undo>|toss|ditch|chuck|forget [all] [of] the rest|others|remainder",
        "no to all|everything|any|every|both|each [of|one|single] [it|that|them|those|this|of|one]", "nobody|nothing leaves|left|exits|escapes [this|the|here|that|our]",
        "want|like|need|have|get [all|everything|any] [of] [it|that|this|them|those|these|what] [i] [said|agreed|okayed] [to] [be] <unmade>",
        "everything|all|anything|whatever i [have|just|ever] approved|agreed|said|okayed|signed|gave|allowed|authorized [yes|you|for] [to|for] [is|are|gets|be] [now|all] <undone>",
        "no [more] consents|permissions|releases|authorizations [any|from|for|at] [more|me|all|anyone]",
        "not agree|consent|okay|approve [to|of|with] [any|all] [of] [this|that|the|your|it] [<consents>] any more", "all [the] bets are off", "call the whole thing off", "call it [all] off",
        "call off|shut the whole thing|everything|all|sharing", "the whole thing [is] off|cancelled|over|done", "blanket no", "across the board no", "no across the board",
        "pull|yank|kill|cancel|revoke|take|void|scrap|undo every [single|last] one|thing|bit|permission|consent|release|yes|okay|authorization",
        "<core> each|every [and|single|last] [every] one|thing|bit [of] [it|them|those]",
        "everybody|everyone|all|everything except|but|besides|minus @ [is|are|gets|should|has] [now|be|to] [be] out|off|<undone>|no",
        "only|just @ can|may|gets|should|is|has [to|be|allowed] [to] <get>|<getting>", "nothing but @", "not a single person|soul|one", "mum is the word", "my lips",
        "keep|keeping your mouth shut|closed", "zip it [about|with]", "i want|need|demand [complete|total|full|my] privacy [now|from]", "go [completely|totally|fully] private", "start over with|on [the|all|my] <consents>", "back to no|zero|square [on|for|one|with]",
        "start [from|at] no", "all of [them|it|those|that] [are|is] [now] [a] no", "they are all [a] no|<unmade>", "none of it|that stands|counts|applies|holds", "none of my <consents>",
    ]
);

table!(
    /// Undoing, with what belongs to the verb.
    UNDOING_VERB, "undoing", [
        "<undo>", "take|taking [back|out|off|away|down]", "get|keep|leave|cut|count|cross|strike|write|shut|lock|boot|kick|throw|pull|knock|rule|freeze|opt|phase|x|drop|push|block|strip out|off|away",
        "get rid of", "do away with", "go|going back on", "walk|walking|roll|rolling|dial|dialing|back [it|that|this] back|off|out [of|on|from|the]", "back|backing out of|on|from", "pull the plug on", "put an|a end|stop|halt|hold to|on",
        "put the brakes|kibosh on", "hit|press|use undo|cancel|delete|stop|pause on", "say no to", "change|switch|flip|turn [me|it] [to|off] no", "call off", "switch|turn|shut off|down", "steer clear of", "stay|keep away|out from|of", "lay off", "bow|bail out of|on", "cut ties with", "pull [me|it|that] out of|from",
    ]
);

table!(
    /// Words for the agreement that was given.
    AGREED, "agreed", [
        "said|say|saying|told|gave|give|given|giving|answered|put [you] yes|okay", "<consents>", "okayed|agreed|consented|authorized|approved|allowed|signed|accepted|permitted", "green light|lights", "greenlit|greenlight|greenlighted",
        "thumbs up", "go ahead i|you|on|for|about", "my|a|the|your blessing|nod", "yes|okay i|about|on|for|to", "my|the|that|those answer|answers|choice|decision|questions|question", "form|forms|paperwork|waiver|waivers", "i did for|with|about @", "okay list",
    ]
);

table!(
    /// Words that say such an agreement is no more, or should not have been.
    REGRETTED, "regretted", [
        "mistake|mistakenly|slip|misspoke|misspeak|oops|whoops|blunder|error|goof|goofed|misspoken", "too|spoke quick|hasty|fast|soon|rash|quickly|hastily", "by accident", "accidentally", "should not|never have", "never should have", "was|were|am wrong",
        "consider .. gone|dead|void|revoked|cancelled|withdrawn|over|undone|done|history|off|null", "consider|treat|count|regard .. <unmade>", "as|is|are|be|it gone|dead|void|history|toast|null|kaput|moot|off|over|expired", "undo",
        "tear|tearing|rip|ripping|toss|tossing|shred|shredding|trash|burn|chuck|throw|throwing|ball|crumple|torch|nuke|flush [it|that|them|those|those|@|up|out|away|every|everything|all]", "reset|revert|rewind|roll|walk|backtrack|backpedal|backtracking|redo|restart|flip|switch", "to|a|as|is|are|it|be|say [a|an|now] no|nos|nope", "no now", "now [it|that|i] [is|say|am|says] [a|saying] no",
        "<unmade>", "not what i meant|want|wanted", "not|longer|never stand|stands|standing|valid|good|true|apply|applies|count|counts|hold|holds|on", "do not count|use|honor|follow|act|rely|go [by|on|with]", "different|differently|otherwise|opposite now|it|this|$", "changed my tune|mind|answer|heart|thinking|position|stance", "take|taking|took .. back", "i am out", "i do not want to do it|that|this|them [any] [more]", "regret|regretting|regretted", "wish i had|could", "got|was pressured|pushed|forced|rushed|tricked",
    ]
);

table!(
    /// Being left outside.
    AWAY, "away", [
        "away|apart|clear [well|far] from|of", "uninformed|unaware|clueless|ignorant|unnotified|uninvolved|excluded|oblivious|unbothered|uncontacted", "in the dark", "without @", "out|off [of] this|it|that|here|the|everything|all|my|these|those|things|$", "left|kept|taken|stay|stayed|staying|remain out|off|away",
        "removed [from]", "do without", "leaving|keeping @ out|off|away|aside", "leave|keep @ out|off|away|aside", "keep|keeping [it|this|that|everything|things|all] away from @", "not involved|included|told|notified|informed|contacted|aware", "some other way", "any other way", "cut off|out", "not here|there|around", "left behind|aside|alone", "not .. in|into|part",
    ]
);

table!(
    /// Words that negate.
    NEGATION, "negation", [
        "not", "never", "nothing", "none [of] [it|this|that|my]", "no [one|reason|more|need|way|call|further|right|business]", "nobody", "without", "skip|skipping", "instead of", "zero", "nada", "nope [nada]", "refrain", "avoid", "less", "neither",
    ]
);

table!(
    /// The last words of an utterance that point at what was named before.
    POINTED_LAST, "pointed last", [
        "i do not want|like|need it|that|this|them|@ [to|there|either] [$]", "i have|am|got|had [had|having|been|got] [having|some] second thoughts|doubts", "second thoughts", "i [have] [since] reconsidered|reconsider", "leave|let it|that|them|@|this be|alone|aside|go|lie",
        "now i am|say|want|think [saying|going] [with|for] [a] no", "~ no do not", "so|and|then|okay|yeah|just no [do] [not]", "do not $", "let us|can we|could we|i will|i would rather [just] [drop|skip|not|pass|scrap|forget|undo|cancel|nix|ditch|kill|reverse|stop] [it|that|this|them|on] [do|share|that|it] [it]", "<undo> it|that|this|them|those|@", "take|pull|leave|keep|shut|cut|kick|boot|lock|get|throw it|that|them|me|@ out|off|away|down|back",
        "want|need it|that|this|them|me|out|@|one off|gone|out|stopped|undone|removed|cancelled|deleted|back", "i want off|out", "i am out", "it|that is [a] no|off|over|not", "it is not $", "nope|no|nada|nah [nope|nada|nah|no] [not] [happening] [any] [more]", "not happening [any] [more]", "not any more", "absolutely|definitely|hell|certainly not", "no way", "forget that|it|them", "not a chance", "never again", "no thanks|thank", "no deal|dice",
    ]
);

table!(
    /// Where something is asked of us or wished.
    ASKS_US, "asks us", [
        "please|kindly", "i [really|just|only|definitely] do not want|need", "i do not like the|that idea|thought", "i [really|just|only|now|still] want|need|wish|prefer|demand|insist", "i would [really|just|much] [like|rather|prefer|love|appreciate|feel]", "can|could|would|will you|we", "let us", "you can|could|should|must|may|better|had",
        "i am [not] asking|telling|okay|comfortable|going|done|through|taking|pulling|saying|changing", "it is|was best|better|safer",
    ]
);

table!(
    /// A turning away of any kind.
    TURNING, "turning", [
        "not", "no", "never", "none|nothing|nobody", "without", "leave|keep|take|cut|pull|hold|get .. out|off|away|back", "<core>", "<unmade>", "stop|stopped|stopping|halt|cease|quit", "out of", "private|secret|confidential|quiet", "<undoing>", "remove|delete|erase|exclude|drop|forget|scrap",
    ]
);

table!(
    /// Glad of what was agreed, or asking for more of it.
    CONTENT, "content", [
        "not mind|care|worry|hesitate|forget|stop|cancel|hang|lose|miss|wait|have|know|remember|matter|object|leave|want|see [to|if|that|anything|about|up|me] [stop|cancel|lose|miss|undo|revoke|change|leave]", "no problem|issue|objection|rush|worries|idea|matter|doubt|hurry|question|questions|trouble|harm", "do tell|send|share|call", "go ahead [and] <share>", "keep|continue sharing|sending|telling", "first",
        "not only|just|yet|sure|enough|well|going|able|using|use|drinking|drink|taking|take|go|get|sleep|eat|feel|feeling|understand|believe|work|working|my|a|the|that|much|so",
    ]
);
