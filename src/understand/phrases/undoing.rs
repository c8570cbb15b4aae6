//! Verbs of undoing and what they are done to: the general part of the words that take back.

use super::table;

table!(
    /// A verb of undoing and its object. It counts where it is asked for: "please cancel the insurance one", not
    /// "they cancelled it" or "I skip my doctor".
    COMMAND, "command", [
        "<undo> [with] [<det>] [all|both|letting|giving|telling] [<det>] @ [out|off|of|<deal>|<permission>|permission] [<deal>|<permission>]",
        "<undo> [all|both] [of] [<det>] [<det>] [@] <consents>",
        "<core> [all|both|every] [of] [<det>] everything|them|those|all [all|of|that|it]", "<core> it all",
        "<core> [<det>] what|everything|whatever|anything|all i [have|just|ever|already] [said|agreed|told|okayed|signed|allowed|gave]",
        "<undo> me|us|my [name|number|information|stuff|data|records|details] [out|off|away] from|of|off @",
        "<undo> [<det>] yes|okay|permission|consent [i] [gave|said] [you] [for|to|on] @",
        "stop|quit|cease|pause|end|halt [all] [of] [the|this|that|your] sharing|disclosures|disclosing",
        "stop|quit|cease|halt <contacting> [anything|stuff|things|it|that|this|information] [to|with|at|through|in] @",
        "stop|quit|cease <sharing> [<det>] [<det>] [<thing>|stuff|business|life] [out|around|to|with|over] [<everybody>|people|others|@]",
        "stop everything with|for|to|about @", "<undo> not <share> [<thing>] [to|with] @",
        "pull the plug [on] [@|that|it|this|everything|sharing|all]", "put a|an stop|end|halt to [all] [of] [the|that|this|it] [@|sharing]",
        "call|shut|turn|switch|cut it|that|this off for|on|with|to @", "call|shut|turn|switch|cut off|down [all] [of] [the|that] @|sharing",
        "call|shut|turn|switch|cut [all] [of] [the|that|my] [@] sharing off|down", "shut|turn|switch|cut|call|block|lock @ off|down|out",
        "turn|shut|switch off [the|that|my|all] [@] sharing|<consents>",
        "back|backing|bail|bailing|pull|pulling out of|on [the|that|this|my|it] [@|sharing|agreement|<consents>]",
        "i am out on @", "go|going back on [the|my|that] @|<consents>|yes",
        "hold|keep|pull [it|that|this|things|everything|anything|information|stuff] [back|away] from @|everybody|everyone|them|anyone|anybody",
        "hold @ back|off", "hold back|off on @|sharing|sending",
        "hide|withhold [<det>] [<thing>|<det>] [<thing>] from @|everybody|everyone|them|anyone|anybody",
        "get|take|pull [<det>] [<thing>|<det>] [<thing>] back from @", "<undo> <sharing> [<det>] [<thing>] to|with @",
        "keep|leave it|that|this|everything|all|anything out|off [of] @", "count|leave|keep me out of|for|on [the] @|sharing",
        "get rid of [the|my|that|all] [@] <consents>", "get rid of [the|my|that] @",
        "x|cross|strike|scratch|cut|drop [out|off] @ [out|off|too]",
        "take|count|lock|shut|keep|kick|push|leave out|off @", "take|count|lock|shut|keep|kick|push|leave @ out|off|alone|away|from",
        "get|take|pull|keep|leave me|us|my [name|number|information|stuff|data|records] out|off [of] [the] @",
        "leave|let @ alone|be|out|aside",
        "make|mark|put|change|switch|turn|set|count [me] [<det>] [all] [of] [<det>] [those|that|it|them|these|@|one] [all|both] [down] [as|to|into|be|for] [a|an] no \
         [for|on|to|about] [@]",
        "make|change|switch|turn|flip @ [to|into|be] [a|an] no", "say|saying no to|on|about|for @", "change my|the|that [@] <consents> to no",
        "lose the @ [<consents>]", "withdraw from @", "<undo> [the|that|this] [one|part|piece|bit|thing|stuff] for|with|to|about|on @", "stop|quit|cease|halt all [of] [the|this|that|your] sharing",
        "stop|halt|cancel whatever|everything|anything [you] [are] [<sharing>|<contacting>] [it] to|with|for|about @",
    ]
);

table!(
    /// Verbs of undoing that point at something named before: "about my insurance, scratch that".
    POINTED, "pointed", [
        "<undo> it|that|this|them|those|both|these [all|too|please|now|$] [please|now|$]", "take|taking it|that|this|them|those [all|both] back",
        "call|shut|turn|switch|cut it|that|this|them off|down|out", "never mind [that|it|about|with]", "do not", "stop", "cancel", "no [do] not",
        "leave|keep|cut|take|drop them|it|that|those out|off|away|alone", "pull the plug", "get rid of it|that|them|those", "hold off", "changed my mind", "i want it|that|them|those [all] [to] [be] <undone>|stop", "would like it|that|them|those [all] [to] [be] <undone>|stop",
        "do not want it|that|this|them|those any more", "it is a no [now]", "that is a no [now]", "make it|that|them|those [all] [a] no", "let it go",
    ]
);

table!(
    /// Taking back in a whole clause of its own.
    CLAUSE, "clause", [
        // Whom it is kept from.
        "keep|leave|get|cut|take|want|lock|shut|hold|count|kick|push|throw|left @ out|off|away|back|alone|removed|gone|excluded",
        "want|need|like [all] [of] [<det>] [<det>] [@] <consents>|@ [for|to|with] [@] [to] [be] <undone>", "want|get|like [<det>] [<thing>|<det>] [<thing>] back from @",
        "am|be|start|started|is [now|hereby] <undoing> [all|both] [of] [<det>] [<det>] @|<consents>|everything [<consents>]",
        "said yes [to|for] [@] .. but|and [now] [i] [mean|meant|want|say|it] no|not|do [not]", "not want to go [through|ahead|forward] with @|sharing|the",
        "i [now] decline|refuse|reject @", "no [more] updates|calls|word|contact|news|information|data|records|messages|details to|with|for @",
        "not wish|want|care|like to share [<det>] [<thing>] [<thing>] [with|to] [them|@|anyone|anybody] any|after|at more|longer|all", "not want @ in my", "want|like|need [for] [the|this|that|all] [@] sharing to stop|end", "want|like|need [for] it|this|that|my [information|stuff] to stop being <shared>",
        "<aux> [the|my|that|all] [@] <consents> [be|get] <undone>", "<aux> @ be <undone>",
        "my|the|all|those|that [my|the] [@] <consents> is|are|was|has|have [been] [now] <undone>", "^ [@] <consents> <undone>",
        "permission|consent <undone> [now|$]", "want @ <undone>", "@ needs|need|has|have|ought|better to stay|be|keep|remain out|off|away", "@ needs|better stay|stays out", "not need to be <sharing>|<contacting> [it|this|that] [to|with] @",
        "said [yes|you|they|it] [you|they|it] could|can .. @ but .. not|no", "<consents> for|to|with @ is|are [now] <undone>", "not ready|willing|prepared for @|them|anyone to <get>",
        "want out of [the|this|that] sharing|<consents>|@", "never wanted|want|asked [for] [to] [that|it|this|my] [<thing>] [to] [be] <shared>", "not want .. going|sent|given|getting|passed|forwarded [back] to|with @",
        "not want .. @ .. to <get>|<share>", "not want .. <sharing> .. @", "want|like|need @ left|kept|taken|cut|pulled out|off",
        "no|any [more] <consents> for|to|with|from @", "you have no <consents>|right|okay|business to <share>|<get>",
        "you have no <consents>|okay [any|now|left|from]", "no right to <share>",
        // It is no longer so.
        "no longer okay|comfortable|fine|cool|happy|willing|interested|in|good [with|in|to] [you] [@|them|<sharing>|<share>|that|this|it]",
        "no longer wish|care|feel to <share>", "no longer has|have|give|gave [my|any|you|them|@] [<consents>|okay|right]",
        "@ no longer has|have|gets|get|needs|need|is|can|may", "no more <contacting>|<sharing>|updates|calls [<thing>|stuff|word] from|to|with|about|for @",
        "no more <sharing> [<thing>] [$|please|period|now|at|with|to]", "@ no more", "~ no more @", "~ not @ any more|longer", "~ no @ any more|longer",
        "done|finished|through [with] [you|your] <sharing>|@ <sharing>|knowing|getting|having", "done|finished|through with you|your <sharing>",
        "not give my consent|permission any more|longer", "not giving|granting [you|them|@] [my|any] <consents> any|now|at", "not agreeing|consenting|authorizing|allowing|okaying [to|with] [that|this|it|@|sharing] any|now [more]", "not approve|agree|okay|allow|permit of|to|with [you] sharing|@",
        "not allow @", "not agree to @ any more|longer", "not agree to @",
        // Regret.
        "should not|never have [ever] said yes|okay|you", "should not|never have agreed|consented|let|allowed|okayed|signed|shared|given|told|approved",
        "wish i had not|never [ever] agreed|said|let|allowed|okayed|signed|shared|given|told|consented|approved",
        "regret [ever] saying|agreeing|giving|sharing|letting|signing|telling|allowing|consenting|approving",
        "mistake saying|to|agreeing|letting|giving|signing|telling|sharing [say|let|agree|give|share|tell|sign|have] [yes|@|you|them|to|said|agreed|told] [@|<share>|<get>]",
        "never|not meant|mean|wanted|intend for you|them|@ to", "never|not meant|mean|intend [for] that|it to be <shared>",
        "never|not meant|mean|intend|wanted to <share>|consent|authorize", "never|not meant|mean|intend to say yes|you|they|okay",
        "did not want that|it|this|any|my [of] [that|it|information] <shared>", "never okayed|approved|authorized|permitted|signed|allowed [that|it|this|you|@]",
        "reconsidered|reconsidering|reconsider|rethinking|rethink|rethought @|sharing|<consents>", "reconsidered|reconsidering|reconsider [the|my|this|that] sharing|<consents>",
        "doubts|doubt about @|sharing|this|that|it|letting|telling|giving", "second|third thoughts about|on @|sharing|letting|telling|giving|the|my",
        "on second thought|thoughts no|not", "^ [<polite>] on second thought|thoughts $", "second thoughts on @",
        // Dropping it by name.
        "never mind [on|with|about] [<sharing>] [it|that] [to|with] @|sharing", "never mind <sharing>", "forget about @|sharing|<sharing>",
        "do not bother|worry [with|about] @|<sharing>", "no to|on|for @", "@ is [now] a no", "@ is [now] off limits", "@ is [now] out $", "no now for @", "a no now|for|on|to [for|to|on] @",
        "~ no @ please|sharing|stuff", "answer [for|on|about|to] [@|that|all|those] is [now] [a] no now|for|any|on", "everything|all|anything|whatever i [have] approved|agreed|said|okayed|signed|gave|allowed [yes] [to] <undone>", "@ gets|get nothing", "~ @ out $", "@ stays|stay out", "none of @ business|concern", "none of my @ business|concern",
        "in my @ business", "@ in my business", "no contact|communication|talking|sharing with|to @", "do|does not need|want|like @ <getting>|<get>|in|involved|included|contacted|notified|informed|told",
        "deal is off", "@ has|have no business|right|reason|need|claim", "@ has|have [got] no business",
        "@ does|do not <get> to <get>", "@ does|do not get [to] [any|it|this|that|my|<get>]", "@ does|do not need [to] [any|it|this|that|my|<get>|anything]",
        "@ does|do not have [my] <consents>|right|business", "@ does|do not belong in", "without telling|involving|notifying|billing|contacting|informing @",
        "no need to <share> @|them|anyone",

        // Spanish.
        "ya no <es_share>", "ya no le|les <es_share> [nada] [a|con] [@]", "no le|les|se|lo|la <es_share>", "no <es_share> nada|eso|esto|mi|la|mas|lo",
        "ya no quiero <es_share>", "quiero|quisiera|deseo|puede retirar|cancelar|quitar|revocar [mi|el|la|los|mis] [permiso|consentimiento|autorizacion|permisos]",
        "retiro|quito|cancelo|revoco|anulo [mi|el|la|los|mis] [permiso|consentimiento|autorizacion|permisos]", "no quiero que [mi] @", "ya no quiero que",
        "no quiero estar en @", "no quiero que me tengan en", "quite|quiten|saque|saquen|elimine|borre a @|me", "quite|quiten|saque|saquen @",
        "saqueme|quiteme|borreme de @|sus|su", "saque|quite mi nombre [de]", "deje|dejen|mantenga a @ fuera|afuera", "deje|dejen|mantenga @ fuera|afuera",
        "cancele|cancelen|retire|anule|quite|olvide [lo|el|la|mi|todo] [de|del] [el|mi|la] [permiso] [de|del] [el|mi] permiso|consentimiento|autorizacion|@", "cancele|cancelen|retire|anule todo",
        "cancele|anule|retire [el|mi] permiso|consentimiento", "deshaga|deshagan eso|todo|lo", "ya no estoy de acuerdo", "quitelo|cancelelo todo|ya|no",
        "mejor no <es_share>", "mejor no lo <es_share>", "ya no tienen|tiene mi|permiso", "no tienen|tiene mi permiso",
        "prefiero que [mi] @ no", "que @ no sepa|se|lo|reciba|vea", "nadie debe|puede saber|ver|tener",
    ]
);

table!(
    /// Keeping something from somebody: negated sharing that [`super::NEGATIVE_SHARING`] has no verb for.
    FORBID, "forbid", [
        "do not [you] [dare|even|ever|be|go|keep|start|please] [to] <contacting>|<contact> [it|that|this|me|us|anything|stuff|my] [information|name|stuff|records] \
         [over|up|by|past] [to|with|at|through|in|into|on|from] @ [updated|posted|informed|in|back]",
        "do not [you] dare <share>", "do not be <sharing>", "do not go|keep <sharing>|telling|around",
        "want|have|let|need you [guys|all|people] <contacting> [to|with|through|at] @", "not want you <contacting>|<sharing> [it|that|this|anything] [to|with|through|at|out] [@]",
        "not want it|that|this|these|those|any|anything|everything|my|the|all|stuff|none|nothing [of] [<det>] [<thing>|stuff|business] [to] go|going|get|getting|be|being|reach|reaching|end|ending [back|up|out] \
         to|with|at|in|anywhere|out|around|<shared> [@|anywhere|anyone|anybody|there|people]",
        "not want [<det>] [<thing>|stuff|business] <shared>|out|anywhere", "not want it|that|this back at|to|with @",
        "do not let [<det>] [<thing>] [of] [it|this|that] get|go|leave|reach|out [back|out|to|over|this|the] [to|out|call|@|room] [@]",
        "do not let anyone|anybody|nobody|people|them|@ <get>", "do not let @ in|near|at|get",
        "make|be sure [that] [it|this|that|they|@|anyone|none] [of] [this|that|it|them] does|do|can not <get>|go|leave [<thing>|about|to] [to|about] [@]",
        "make|be sure [that] nobody|nothing|no [one] <get>|gets|goes|sees|receives|knows|leaves [<thing>|about|to] [to|about] [@]",
        "under no circumstances <share>|<contact>",
        "not think i want|like @|them|you|anyone|anybody|this|that|it|my [to] [be] <getting>|<sharing>|<get>|<share>|<shared>|involved|information",
        "make|be sure [that] @|they|nobody|anyone never <get>|gets|goes|sees|receives|hears|knows|finds", "better|best not <share>",
        "keep your hands|paws off my|of|it|that", "none [of] [that|this|it|my] [<thing>] gets|goes|is|leaves|should <shared>|out|anywhere|be [<shared>]",
        "nothing [to] going|go|sent|shared|passed [on|to|with|out] [to|with] [@|anyone|anybody]", "not under any circumstances", "nothing [else|more] goes|gets|leaves|is to|out|<shared>",
        "<share> nothing [else|more] [to|with] @|anyone|anybody|nobody", "nothing to|for|from|about @",
        "better|happier|prefer|appreciate|rather [it] [if] @|they|you|nobody|them did|do|could|would|had not <get>|<share>|have|<contact>|go",
        "rather|prefer [that] @|they|them|nobody|none not [be] [<sharing>|<share>|<get>|<getting>|<contact>|go]",
        "rather|prefer [that] you not [be] <sharing>|<share>|<get>|<getting>|<contact>|go",
        "rather|prefer [that] nobody <get>|gets|got|knew|saw|had", "rather|prefer @ did|do|would|does not",
        "rather|prefer keep|keeping [<det>] [<thing>] [to] [myself|private]", "rather|prefer [to] [if] [you] leave|left|keep|kept @",
        "mind not <sharing>|<contacting>", "mind if you do|did not <share>",
        "you|they can|may|must not <share> [<det>] [<thing>] [any|no] [more|longer]", "they can|may|must not <share> @",
        "@|they|you is|are not allowed to <share>|<get>", "nobody <share>|tells|sends|gives [<thing>|@] [<thing>|to]", "nobody gets|sees [to] [<get>] [<det>] <thing>|@",
        "nobody|none [of] [them|you] <share>|tells|gets|can|should|may @|have|get|see|know|share|send|tell", "no one gets|sees|knows|hears|should|can|may [<get>|about|<thing>]",
        "not a soul|person|word|thing", "do not bring|loop|get @ in|into|involved",
        "uncomfortable|uneasy|unhappy|upset|bad|weird|nervous with|about @|them|that|it|this|sharing|letting <getting>|being|@|<sharing> [shared]",
        "not comfortable|okay|cool|happy|fine|good|easy with|about [the|this|that|any|your|all] [of] [the|this|your] sharing|<consents>",
        "not comfortable <sharing> [<det>] [<thing>] [<thing>] with|to anyone|anybody|@|them|people", "uncomfortable <sharing>",
        "not comfortable|okay|cool|happy|fine|good|easy with|about|having @ [<sharing>|<getting>|being|in|<contacting>] [shared]",
        "not comfortable|okay|cool|happy|fine|good|easy with|about|having them|you|that|this|people|it <sharing>|<getting>|being|<contacting> [shared]",
        "not trust @ [with] [that|this|it|my]", "not belong|anything to do with @", "not do|run|use|bill|try|check|process|submit @", "not do|run|go|put|send|bill [it|this|that] through @",
        "not share nothing|with|any|it|that", "not send nothing|it|that|any", "keep|keeping [all|everything|it|that|this|all] [of] [it|this|that] to yourself|yourselves",
        "keep .. to myself do not", "not leave|go beyond|past|outside this|the call|room|conversation|program|building",
    ]
);

table!(
    /// Kept out of a file: only for a recipient that is one, for people are also in a hospital.
    IN_SYSTEM, "in system", [
        "not want [me|us|my|to] [name|number|information|stuff|data|records|details] [to] [be] [<shared>|saved|stored|kept] in|on|into @",
        "not [<contact>|enter] me|us|my|it|that|this|anything [name|number|information|stuff|data|records|details] in|on|into @",
        "not <contact> anything|it|that|my|me in|on|into @", "stop <contacting> [me|my|it] in|on|into @", "not want to be in|on @",
        "take|get|pull|keep me|my|it [name|number|information|stuff|data|records|details] out|off [of] @",
    ]
);
