//! Yes and no. A yes is a whole utterance made of known pieces; a no needs only a sign.

use super::table;

table!(
    /// Pieces that are a clear yes to any yes-or-no question.
    AFFIRM, "affirm", [
        "<yes>", "of course", "yes indeed", "totally", "agreed", "approved", "by all means", "you bet",
        "you got it", "for sure", "sure thing", "please do", "with pleasure", "all good", "very well",
        "[please] go ahead", "[please] go for it", "go right ahead", "[please] carry on",
        "[please] proceed", "[please] continue", "[please] go on", "do it", "let us do it|that|this",
        "let us continue|proceed|begin|start", "let us keep going", "let us go ahead",
        "i [<very>] [do] agree|consent|accept|approve|authorize [it|that|this|you|to] [it|that|this]",
        "i do [$|thanks|please]", "we can do that",
        "i give|grant [you|them|@] [<det>] permission|consent|approval|authorization|okay",
        "you have [<det>] permission|consent|approval|authorization|okay", "that is [<very>] <good>",
        "that would be [<very>] <good>", "that will be [<very>] <good>", "it is [<very>] <good>",
        "that is [<very>] <good> with|by me", "it is [<very>] <good> with|by me",
        "this is [<very>] <good>", "sounds|sound [<very>] <good>", "that sounds [<very>] <good>",
        "that works [for] [me]", "works for me", "fine|okay with|by me",
        "@ is [<very>] fine|okay|alright [with] [me] [too]",
        "i am [<very>] okay|fine|good|comfortable|happy|cool with that|it|this|@|sharing",
        "i am [<very>] okay|fine|comfortable|happy with|about sharing [<thing>] [with] [@|them]",
        "i would like that|it", "i would like to $", "i would love that|it", "i would love to $",
        "i would like you to $", "i want to $", "i want that|it", "i want you to $",
        "i would appreciate that", "i am happy to $", "happy to $", "i would be happy|glad|delighted to $", "let us go on|ahead", "i am ready", "[my|the] answer is yes",
        "the answer to that is yes|affirmative", "i say yes", "i would say yes", "i would have to say yes",
        "i am saying yes", "i said yes", "i vote yes", "it is a yes", "it is yes", "that is a yes",
        "that is affirmative", "it is affirmative", "a [big|definite|clear|firm|hard] yes",
        "that is a [big|definite|clear|firm|hard|solid] yes", "you can|may|could",
        "you can|may do that|so|it", "you are allowed to", "you are welcome to",
        "yes|yeah i am|would|can|have|did|was", "yes|yeah i do [like] [that|it|this]",
        "that is okay|fine with|by me", "i have agreed", "that would be [<very>] nice|helpful",
        "i can confirm|verify [that|it]", "absolutely|totally|completely|exactly correct|right", "correct it is",
        "confirmed|confirm|verified|accepted|agreeable|acceptable|permitted", "that|it is confirmed|verified|accepted|approved|agreed|acceptable",
        "[yes] [i] [am] positive", "i concur", "i second that", "i am [<very>] [all] for it|that", "i am in [<very>] agreement [with] [that|you|this|it]",
        "i am on board [with] [that|this|it]", "count me in", "i am in $", "let us go $", "let us go with yes", "you may proceed|continue|go [on|ahead]",
        "that|it|this will work", "that|it|this will be [<very>] <good>", "sounds like a plan", "hell|heck|damn yes|yeah|right",
        "roger [that]", "ten four", "aye [aye]", "you know it", "undoubtedly|unquestionably|indubitably|assuredly|positively",
        "[my|the] answer|response [to|on|for] [that|this|it|the] [question|one] is|would|will [be] [a|an] [<very>] yes|affirmative",
        "i have to say yes|affirmative [to|on] [that|this] [one]", "i [will|would] [have] [to] go with yes|affirmative",
        "i will|would say yes|affirmative|so [to|on] [that|this] [one]", "yes|affirmative on|to|for that|this|it [one|question]", "yes|affirmative on that one",
        "put me down for [a] yes", "yes|affirmative is [my|the] answer|response", "yes [it|that|this|you|they|there|we|he|she] is|are|was|were|do|does|will|would|can|did|have|has",
        "it|that|this [most] certainly|sure|definitely|absolutely|surely|indeed is|does|was", "indeed it is", "^ [that] it is $",
        "yes [that] is so", "consider it done", "green light", "thumbs up", "i am game", "you have got it", "you have my yes|word|agreement",
        "works [just] fine", "^ agree $", "^ do that|so $", "that|it would|will be [a] yes|affirmative", "[the|my] answer [to|on] [that|this|it] is a big|definite|clear|firm|hard|solid|resounding|strong|absolute|enthusiastic yes", "a resounding|strong|absolute|enthusiastic yes", "i would [<very>] like|love that|it", "agree completely|totally|entirely", "can agree with|to that|this|it|you", "i answer|respond|pick|choose|select|vote yes|affirmative",
        "i would answer|respond yes|affirmative", "i am going to say|go [with] yes|affirmative", "going with yes", "let us say|go [with] yes", "put|mark|choose|select|consider|record [that|it|me] [down] [as|for] [a] yes|affirmative",
        "that|it gets a yes [from|for] [me]", "[a] yes from me", "my vote is [a] yes", "[the|my] answer is [<very>] [a] yes|affirmative", "it is a deal", "deal", "done deal", "make it so", "do so", "you betcha|bet",
        "good to go", "good|cool by|with me", "cool beans", "fire away", "amen", "hear hear", "i would be [<very>] okay|fine|good|comfortable|happy|cool with that|it|this", "i can live with that|it|this",
        "you heard right|correctly", "okay dokey|dokie", "oui|hai|jawohl", "yuh|yurp|yessum|yus|yass|aye", "yes siree|indeedy", "yeah|yes it|that sure|certainly|definitely is|does", "sure is|does", "it does",
        "yes [i] do|would [like|want|love] [to|that|it]", "i [<very>] [do] agree|concur with you|that|this|it [statement|completely|totally]", "i agree [that] that|it|this is [<very>] <true>",
        "to the best of my knowledge yes", "certainly so|is|can|do", "please [do] yes", "in agreement", "that is my yes", "it is all good", "100 percent", "one hundred percent",
        // Spanish.
        "si", "si claro", "claro", "claro que si", "por supuesto", "adelante", "de acuerdo",
        "estoy de acuerdo", "acepto", "correcto", "asi es", "es correcto", "exacto", "efectivamente", "si se puede", "si quiero continuar|seguir", "podemos seguir|continuar", "si como no", "como no", "si esta bien", "me parece bien", "esta bien|bueno conmigo", "le autorizo", "si autorizo", "si lo autorizo", "si estoy de acuerdo", "si doy permiso", "doy permiso", "si puede|pueden [compartirlo|compartirla|compartir|seguir|continuar]", "si le doy permiso", "vale", "si dale", "si acepto", "si adelante", "esta bien", "si esta bien",
        "doy mi consentimiento", "doy mi permiso", "le doy permiso", "tiene mi permiso", "si por favor",
        "si entiendo y acepto", "si senor|senora|senorita", "como si", "dale", "lo autorizo", "autorizo",
        "si puede", "puede compartirla|compartirlo|compartir", "si quiero", "siga", "siga por favor",
    ]
);

table!(
    /// Alone a yes only where the question itself asks whether something is okay.
    OKAY, "okay", [
        "okay", "alright", "all right", "very good", "bueno",
    ]
);

table!(
    /// A yes to the notice's question "do you understand, and may we go on?".
    NOTICE_AFFIRM, "notice", [
        "i [<very>] [do] understand [that|this|it|everything|all|you] [of] [that|it|this]", "understood",
        "i understood [that|it|everything]", "i [have] heard|read it|that|everything|you", "i get it",
        "i got that", "[that] makes [<very>] sense", "that is clear", "all clear", "clear",
        "i acknowledge [that|it|this|everything]", "acknowledged", "i follow [you]", "i am following [you]", "i have understood", "loud and clear",
        "crystal clear", "i am aware [of] [that|it|this]", "i have got it|that", "got it", "gotcha",
        "i believe|think [that] what you [just] said is|was [<very>] <true>", "that|this|it appears|looks|sounds [to] [be] [like] [<very>] [a] <true>|<good>", "i feel|think|believe [like] [that] [that|it|this] is [<very>] [a] <true>|<good>", "seems [<very>] <true>", "as far as i know [that] [it|that] [is] [yes|<true>]", "that|this|it seems [<very>] [to] [be] [a|the] <true>|<good>", "i believe [that] [that|it|this] is [<very>] [<true>|so]", "i think [that] [that|it|this] is [<very>] <true>",
        "we can go on|ahead|continue|proceed", "let us move on|forward", "you can go on|ahead|continue", "it is okay|fine to go on|ahead|continue|proceed", "i am ready to go|continue|start", "entiendo",
        "si entiendo", "entendido", "he entendido", "[si] entendi", "si he entendido", "lo he entendido", "comprendo", "si comprendo", "comprendido", "si sigamos", "sigamos", "si lo entiendo", "le he entendido", "me queda claro", "queda claro", "esta claro", "si continue|continuemos", "continue", "continuemos", "lo entiendo", "le entiendo",
    ]
);

table!(
    /// "It is true": a yes to a statement; callers also give permission with it.
    TRUTH, "truth", [
        "that|this|it [all] [statement|information|one|answer|fact] is|was|sounds [<very>] [<very>] [a|the|an] [<very>] <true> \
         [statement|information|fact|one|answer|assertion]",
        "that|this|it is the truth|case", "it is for sure", "it is so", "it is certain|certainly", "it is certainly so",
        "the|your|my|all|everything [of] [that] [statement|information|answer|fact|assertion|claim] is|was [<very>] <true>",
        "that will|would be <true>", "that|it rings true", "is [<very>] [much] <true>", "<very> [<very>] <true>", "true|correct|accurate|affirmative|valid|truthful|factual|exact|confirmed", "for sure true",
        "those|these [facts|statements|answers] are [<very>] <true>", "true that|enough|indeed|dat", "i know [that] the|this|your|that statement|answer|information is <true>", "i am telling|assuring you [that] that|this|it is [<very>] [a|the] <true> [statement|fact]", "so|how true", "ture|tru", "i am [<very>] sure|certain|positive|confident [that] that|it|this is [<very>] <true>",
        "i would [have] [to] [say|agree] [that] [that|it|this] [is] [<very>] <true>", "i [have|must|can|will] [to] say [that] [that|it|this] [is] [<very>] <true>", "i accept that|it|this as [a] <true>|fact",
        "[i] [would] consider|mark|call|deem that|it|this [as] [to] [be] [a] <true>|fact", "going with <true>", "you speak the truth", "you are telling the truth", "you got [it|that]", "that|it happens to be <true>",
        "that|it|this one is <true>", "factually|absolutely|totally|completely|entirely|100|undoubtedly|indeed <true>", "[yes] indeed that is <true>", "i find that|it|this <true>", "sounds about right", "it|that has been confirmed|verified",
        "that|it|this [most] certainly|definitely|surely|absolutely|undoubtedly|truly is|was [a] [<true>]", "what you have said|stated is <true>", "your|the|that|this information|facts|statement|assertion|assessment checks out|is <true>",
        "exactly [right|so|correct]", "right you are", "you are [<very>] right|correct", "you have got [it|that] right", "you got [it|that] right",
        "<true> is [my|the] response|answer", "facts", "fact", "that|it is a [known|true|proven] fact", "that is it", "that is how it is",
        "i confirm [that|it|this]", "i [can|do|will] [<very>] confirm|verify|attest [that|it|this] [is|to] [<true>|that|it]",
        "i want you to know it is a [true] statement", "a true|correct|accurate statement", "such is the case", "that is so",
        "[that|it] makes sense [as] [well]", "spot on", "right on", "i agree with the truth of what you [just] said",
        "i know [that] [that|it|this] is|to [be] [<very>] <true>", "i know it|that to be <true>", "that is what i want", "precisely",
        "what|everything you [just|have] [just] said|told|say|stated [me] is|was [<very>] <true>",
        "i agree with what you [just] said", "i find that to be <true>", "that|it checks out", "that|it is on point|target",
        "you|that hit the nail on the head", "<true> statement|information", "most definitely|certainly|assuredly",
    ]
);

table!(
    /// Words that point at what the agent said: they report nobody.
    POINTS, "points", [
        "what|everything|all [that] you [just|have] [just] said|told|say|mean [me]",
    ]
);

table!(
    /// Pieces that change nothing beside a yes.
    HARMLESS, "harmless", [
        "please", "thanks", "thank you [so|very] [much]", "thanks a lot", "sir", "maam", "miss", "then",
        "now", "so", "and", "a lot", "with|to that|it|this", "for|from|by|with|to me", "to you", "too", "also",
        "today", "right now", "okay", "alright", "all right", "fine", "i [do] understand [that|this|it]",
        "understood", "i am sure", "for sure", "sure thing", "totally", "completely", "very much", "just",
        "actually", "hello", "hi", "hey", "that", "is fine", "is okay", "of course",
        "good", "great", "perfect", "cool", "por favor", "gracias", "muchas gracias", "senor", "senora",
        "senorita", "entiendo", "that is [<very>] <true>", "it is [<very>] <true>", "exactly", "correct",
        "you are right", "is [<very>] <true>", "as my answer", "that is it", "that is how it is",
        "it is <true>", "that is what i want", "true", "all of that|it", "after all", "i guess not so bad",
        "in that case", "go", "again", "right away", "as well", "for now",
    ]
);

table!(
    /// Pieces that only say what the yes is to.
    TAIL, "tail", [
        "[to] <share> [<det>] [<det>] <thing> [<thing>] [over] [with|to] [@|<everybody>] [and|or] [@] \
         [and|or] [@]",
        "[to] <share> [with|to] @|<everybody> [and|or] [@] [and|or] [@]", "to share",
        "<sharing> [<det>] [<det>] <thing> [<thing>] [over] [with|to] [@|<everybody>] [and|or] [@] \
         [and|or] [@]",
        "<sharing> [with|to] @|<everybody> [and|or] [@] [and|or] [@]", "sharing",
        "[with|to|for] @ [and|or] [with|to] [@] [and|or] [@]", "with|to everybody|everyone",
        "with|to all of them", "to continue|proceed", "to go on|ahead", "to keep going", "to them",
        "with them", "to do that|it|so", "they can|may <get> [<det>] [<thing>]", "the information",
        "my information", "with all of that", "to talk|speak to|with @",
        "let them|@ <get> [<det>] [<thing>] [<thing>]", "to your|the question|questions", "for that|this",
        "con @", "con mi @",
    ]
);

table!(
    /// Permission in so many words.
    GRANT, "grant", [
        "you|they|@ can|may|could [also|still|just] [go] [ahead] [and] <share>|<get> [<det>] [<det>] \
         [<thing>] [<thing>] [over] [with|to] [@|<everybody>] [and|or] [with|to] [@] [and|or] [@] \
         [after] [all]",
        "[please] go ahead and <share> [<det>] [<det>] [<thing>] [<thing>] [over] [with|to] \
         [@|<everybody>] [and|or] [@] [and|or] [@] [after] [all]",
        "you have permission to <share> [<det>] [<thing>] [with|to] [@|<everybody>]",
        "i [do] agree|consent to <share>|<sharing> [<det>] [<thing>] [<thing>] [with|to] [@|<everybody>]",
        "it is okay|fine|alright to <share> [<det>] [<thing>] [<thing>] [with|to] [@|<everybody>]",
        "i want|like|allow you to <share> [<det>] [<thing>] [<thing>] [with|to] [@|<everybody>]",
        "i would like you to <share> [<det>] [<thing>] [<thing>] [with|to] [@|<everybody>]",
        "i allow|authorize|permit you to <share> [<det>] [<thing>] [<thing>] [with|to] [@|<everybody>]",
        "i give [you|them|@] [<det>] permission|consent to <share>|<get> [<det>] [<thing>] [<thing>] \
         [with|to] [@|<everybody>]",
        "let @|them <get> [<det>] [<thing>] [<thing>] [after] [all]",
        "@ can|may|could <get> [<det>] [<thing>] [<thing>] [after] [all]",
        "you can|may|could talk|speak to|with @", "i authorize @",
        "puede compartir [la|mi] [informacion] con @",
    ]
);

table!(
    /// Half-hearted: never a yes.
    WEAK, "weak", [
        "i guess [so]", "i suppose [so]", "whatever", "uhhuh", "mmhmm", "maybe", "perhaps", "probably",
        "possibly", "if i have|must [to]", "if you say so", "if you want", "if you like", "i think so",
        "kind of", "sort of", "might as well", "fine", "i do not know", "do not know", "not sure",
        "it depends", "depends", "either", "could [maybe] be", "might be", "i am unsure", "hard to say",
        "who knows", "no idea", "no clue", "not a clue", "not certain", "can not decide|say|tell",
        "could not tell you", "as you wish", "up to you", "i do not care", "do not care", "meh",
        "let me think", "i will think", "quizas", "tal vez", "supongo", "no se", "a lo mejor",
        "not [too|to] sure", "have not a clue", "have not the foggiest", "seems", "appears", "i believe",
        "i think", "torn", "mixed feelings", "make up my mind", "drawing a blank", "not confident",
        "do not have", "have no", "any idea", "a clue",
    ]
);

table!(
    /// A refusal in so many words.
    DENY, "deny", [
        "i decline|refuse|object|disagree|oppose", "i [would] [have] [to] [must] decline|refuse|disagree",
        "i disagree", "do not agree|consent|accept|approve|authorize|permit|allow|give",
        "do not want|like|wish|feel|need|care for|to", "do not want|like|wish",
        "would not want|like|agree", "would rather not", "rather not",
        "rather you|they|we do|did|would not", "rather you|they not", "would prefer not", "prefer not",
        "prefer you|they do|did not",
        "absolutely|certainly|definitely|probably|surely|really|hell|heck|please|preferably|obviously not",
        "absolutely|certainly|definitely|probably|surely|of course|hopefully not",
        "not \
         really|yet|today|now|happening|interested|comfortable|okay|fine|cool|good|willing|ready|going|\
         allowed|necessary|at|that|a|my|for|this|in|on|like|happy|right|true|correct|accurate|factual|\
         the|what|proper|with|to",
        "not right now", "not a chance", "never", "no way", "no thanks", "no thank you",
        "hell|heck|hells no", "hell|heck nah", "a no", "a hard|firm|definite no",
        "say|said|saying|meant no", "is no", "please no",
        "do not <share>|do|proceed|continue|go|bother|think|believe|feel|let", "will not", "i do not",
        "i am not", "i can not", "can not be", "could not be", "you can|may not", "they can|may not",
        "is not|false|wrong|incorrect|inaccurate|fake|invalid|untrue|negative",
        "be|was|are false|wrong|incorrect|inaccurate|fake|invalid", "negative", "invalid", "incorrect", "inaccurate",
        "wrong", "false", "untrue", "nothing doing", "a negative", "it is not", "that is not",
        "i [will|would] pass", "^ pass", "skip [it|that|this]", "forget it", "leave it", "not comfortable",
        "uncomfortable", "no deal", "no good", "no dice", "no sir|maam", "denied", "nuhuh", "i oppose",
        "against it|that", "opt out", "^ [please|no] do not $", "please do not", "would not", "is a lie",
        "is bad", "nothing", "none", "nobody", "^ [please] stop", "seems not", "i think not",
        "thumbs down", "ill pass", "hard pass", "erroneous", "mistaken", "bogus", "nonsense", "refused|declined|rejected|disapproved",
        "by no means", "no can do", "not on your life", "over my dead body", "fat chance", "out of the question", "count me out",
        "i am out $", "i am afraid not", "i doubt it|that", "does not work|fly|sit", "no siree|sir|maam", "i say|vote|choose no",
        "my answer|response [to|on] [that] is [a] no|negative|false", "i am against", "against my wishes|will", "it is a no", "not so", "not the case",
        "no bueno", "not having", "i reject", "disagree", "disapprove", "i would like to decline", "thanks but no", "does not sound",
        "has no|not", "that does not", "it does not", "should not", "must not", "keep it private", "no gracias", "no quiero", "no acepto",
        "no estoy de acuerdo", "no autorizo", "no doy", "mejor no", "de ninguna manera", "para nada",
        "nunca", "prefiero que no", "no me parece", "no deseo", "no por ahora", "ahora no", "claro que no", "por supuesto que no", "no lo autorizo", "no le doy", "no estoy seguro de eso no", "todavia no", "que no", "ni hablar", "no lo comparta|compartan", "no puede|pueden", "prefiero no",
    ]
);

table!(
    /// The whole of what was said is a no.
    DENY_WHOLE, "no", [
        "no|nope|nah|nay|nuhuh|negative|never $", "no|nope|nah thanks|thank|please|sir|maam|gracias $",
        "no|nope|nah thank you [so] [very] [much] $", "no way $", "not really $",
        "[no|nope|nah] [i] [think] that is all|it|everything [thanks|thank] [you] $",
        "[no|nope|nah] nothing [else|more] [thanks|thank] [you] $",
        "[no|nope] i am good|fine|okay|done|all|set|alright [set] [good] [thanks|thank] [you] $",
        "no|nope|nah i do|did|have|am|would|will|can not $", "[no] that will be all $",
        "[no] not right now|today|yet $", "[no] not at all $", "absolutely|definitely|certainly not $",
        "[no] nada mas $", "[no] es todo [gracias] $", "no gracias $",
        "[okay] thanks|thank [you] [so|very] [much] $", "all done|set|good $", "no more $",
    ]
);

table!(
    /// A yes by its words and a no by its tone.
    TURNED, "turned", [
        "^ yeah right $", "as if", "sure hope", "in your dreams",
    ]
);

table!(
    /// Turns of phrase with a negative word that refuse nothing.
    IDIOM, "idiom", [
        "no \
         problem|worries|problems|objection|objections|doubt|biggie|matter|wonder|kidding|issue|issues|\
         trouble|rush|hurry",
        "not a problem", "do not mind", "would not mind", "no idea|clue",
        "do not know|understand|remember|recall|care", "do not [really] know",
        "not [too|to|really|quite|so] sure|certain|confident", "not a clue",
        "have not [a|the|got] clue|foggiest|idea", "why not",
        "can not decide|tell|say|hear|complain|wait|make", "could not tell|hear|agree|understand|care|be",
        "not wrong|false|incorrect|untrue", "for sure", "do not disagree", "i can not disagree",
        "do not have [a|any|an|that|the|enough] [problem|problems|objection|answer|clue|idea|information]",
        "have no idea|clue|problem|problems|objection|objections|earthly|knowledge|doubt|issue|opinion",
        "did not [quite|really] hear|catch|get|understand|know", "not bad", "no no problem", "you know",
        "como no", "no es problema", "no hay problema", "no importa", "no me importa", "no se", "no entiendo",
        "not only", "maybe not", "why should i not", "or not", "do not worry", "do not see why not",
        "not that i know", "not going anywhere", "not to worry", "is not it", "are not you", "do not you",
        "never mind", "never heard",
    ]
);

table!(
    /// A plain yes, anywhere.
    YES_CUE, "yes", [
        "yes|yeah|yep|yup|affirmative", "sure", "okay", "go ahead", "i agree|consent|accept",
        "that is [<very>] <good>", "it is [<very>] <good>", "of course", "fine", "si", "claro", "adelante",
        "de acuerdo", "acepto",
    ]
);

table!(
    /// A plain no, anywhere.
    NO_CUE, "no", [
        "no|nope|nah|nay|nuhuh|nada|negatory|nein|nyet|nix",
    ]
);

table!(
    /// Where danger was asked about: the caller is safe.
    SAFE, "safe", [
        "i am [<very>] safe|fine|okay|good|alright", "i feel safe|fine|okay", "i am not in danger",
        "not in [any] danger", "estoy bien", "no danger", "nobody is in danger",
    ]
);
