//! Everything a caller may ask for besides yes and no.

use super::table;

table!(
    /// Another language.
    LANGUAGE, "language", [
        "en espanol", "espanol [por|please|$]", "^ [in] spanish [please|$]",
        "in \
         spanish|french|portuguese|chinese|mandarin|cantonese|vietnamese|arabic|russian|korean|tagalog|\
         creole|polish|german|italian|hindi",
        "<aux> you speak|habla|have \
         spanish|espanol|french|portuguese|chinese|mandarin|cantonese|vietnamese|arabic|russian|korean|\
         tagalog|creole|polish",
        "habla|hablan|hable espanol", "no hablo|entiendo|hablo [muy|bien|mucho] [bien] [ingles]",
        "no hablo", "speak spanish|french|espanol",
        "do not speak|understand [any|much|good|very] [good|much] english", "no speak english",
        "no english", "my english is|not", "english is not", "interpreter", "translator", "interprete",
        "traductor", "spanish please|speaker", "another language", "different language", "hablo espanol",
        "sign language",
    ]
);

table!(
    /// No recording.
    NO_RECORDING, "no recording", [
        "do not record",
        "do not [ever] [want] [this|you|to|me|my] [call|to|be|voice] [be] record|recorded|recording",
        "do not want .. record|recorded|recording|recordings",
        "stop|quit|end|pause|kill [the|this] recording",
        "turn|shut|switch [the|that|your|this] [recording|recorder|tape|it] off recording|$",
        "turn|shut|switch [the|that|this] recording|recorder|tape off",
        "turn|shut|switch off the|this|that|your recording|recorder|tape", "no recording",
        "not be recorded", "not okay|comfortable with|being .. recording|recorded",
        "without recording|being recorded", "not recording me", "rather not be recorded",
        "not [to] [be] recorded", "object to [the|being|this] recording|recorded", "unrecorded",
        "stop recording", "off the record", "no grabe|graben", "no quiero que .. grabe|graben|grabado",
        "no me grabe|graben", "apague la grabacion",
    ]
);

table!(
    /// Who was told, 42 CFR 2.25.
    ACCOUNTING, "accounting", [
        "who [all] did|have you|they <share>|<shared>|shared|sent|told|given|tell|send|give",
        "who|whom have you <shared>", "who [all] did you",
        "who [else] has [got|seen|received|gotten|had] [<det>] [<det>] \
         [it|that|this|data|information|records|record|file|details|access|answers|everything]",
        "who has access to my|the", "where did you send", "where did|has my|it|the .. go|gone|sent",
        "what did you <share>", "what have you <shared>", "what was <shared>",
        "what did .. get|receive|see", "list of everyone|everybody|who|people|anyone", "accounting of",
        "who was|were .. <shared>|told", "which .. did you <share>", "who already has",
        "who knows about this|me|it", "have you <shared> .. already|yet",
        "did you [already] <share> [it|that|anything|my]", "a quien|quienes", "quien tiene mi|mis",
    ]
);

table!(
    /// A copy.
    ACCESS, "access", [
        "send|give|email|mail|get|show me [<det>] [<det>] \
         copy|file|files|record|records|recording|transcript|chart|notes",
        "copy of my|the|this|that|what|it|everything|all", "copies of my|the|this",
        "see|get|have|view|access|download|obtain|want|request|read|review|hear [a|all] [of] my [own] \
         [medical|whole|entire|call|health|treatment] \
         record|records|file|files|data|chart|recording|transcript|notes",
        "i want the|my recording|records|file|transcript", "want [to] [hear] the recording",
        "access to my|the [own] [medical] records|record|file|data|information",
        "what .. you have on|about me", "what do you have on", "my file please",
        "send my file|records|recording|chart to me", "copia de mi|mis|la", "mi expediente",
        "see what you have", "see|hear|read what .. written|recorded|wrote|saved",
    ]
);

table!(
    /// A correction.
    CORRECTION, "correction", [
        "you|they spelled|wrote|have|got|put|entered|typed|misspelled [down] [my|the|that] \
         name|number|birthday|address|date|information|record|records|it|birth|phone|last|first .. \
         wrong|incorrectly|incorrect|misspelled",
        "you|they spelled|got|wrote|have my|the .. wrong|incorrect|incorrectly", "misspelled my|the",
        "my|the|your record|records|file|chart is|are|has|have .. wrong|incorrect|mistake|error|inaccurate",
        "correct|fix|amend|update|change my|the|that [own] [medical] \
         record|records|file|chart|spelling|name|information|birthday|date|address|mistake|error",
        "there is a|an mistake|error in my", "mistake in my|the", "error in my|the",
        "correction to my|the", "make a correction", "wrong in my|the record|records|file",
        "my name is spelled|spelt wrong", "corregir mi|mis|el", "mi nombre esta mal",
    ]
);

table!(
    /// Erasure.
    DELETION, "deletion", [
        "erase|delete|destroy|wipe|purge|shred [<det>] [<det>] \
         [it|that|this|everything|all|information|data|record|records|file|files|recording|recordings|\
         call|conversation|transcript|answers|name|number|account|me|them|stuff|history]",
        "get rid of my|the|that|it|this|all|everything", "throw away|out my|the|that|it",
        "remove my|the|all|me [of] [my] \
         [data|information|records|record|file|name|number|recording|everything|from]",
        "remove me from", "remove everything", "clear my data|information|record|records|history",
        "forget everything about me", "right to be forgotten",
        "borre|borren|elimine|eliminen|borrar|eliminar",
        "take me off [your|the|of] [system|list|database|records]", "erased|deleted $",
        "be erased|deleted|destroyed",
    ]
);

table!(
    /// Speaking for, or about, somebody else; or not private.
    THIRD_PARTY, "third party", [
        "i am <his> \
         <kin>|lawyer|attorney|doctor|caseworker|counselor|nurse|pastor|probation|parole|employer|boss|\
         social",
        "this is <his> <kin>|lawyer|attorney|doctor|caseworker", "i am [the|a] <kin> of",
        "calling|call|phoning|asking|inquiring|checking|here|reaching for|about|regarding|concerning \
         [my|a|our|another] [loved|adult|older|younger|little|big|best] \
         <kin>|loved|client|patient|somebody|someone|him|her",
        "calling|asking|here for|about|regarding my|our [loved|adult|older|younger|little|big|best] <kin>",
        "calling|speaking|asking|call on behalf", "on behalf of", "on <his> behalf",
        "it|this is for|about my [adult|older|younger|oldest|little|big] <kin>|loved", "not for me",
        "not me it is", "it is not for|about me", "not calling for|about myself", "not the patient",
        "i am calling for someone|somebody|my|a",
        "my <kin> needs|is|has|wants|checked|was|might|will not .. \
         help|treatment|detox|rehab|there|patient|addicted|addict|using|yesterday|today|calling|in",
        "my <kin> needs|wants .. help|treatment|detox|rehab",
        "is my <kin> .. there|patient|okay|treatment", "how is my <kin>", "how is he|she",
        "how is he|she doing", "power of attorney", "legal guardian", "i am <his> guardian",
        "i have guardianship", "is [there] .. a patient",
        "is .. in|at your|the|this facility|program|clinic|center", "is .. a patient|client|resident",
        "do you have a patient|client|person|somebody|someone", "detective", "^ officer",
        "this is officer|detective", "i am a|an attorney|lawyer|detective|investigator|reporter|officer",
        "is on speaker", "have|got you on speaker", "on speakerphone", "is listening", "here with me",
        "can hear you|us", "in the room", "did he|she|they check|come|show in|up", "has he|she checked",
        "llamo por|para mi", "soy su madre|padre|esposa|esposo|hermana|hermano|hija|hijo",
        "es para mi hijo|hija|esposo|esposa|hermano|hermana|madre|padre", "de parte de",
    ]
);

table!(
    /// A caller under eighteen.
    MINOR, "minor", [
        "i am [only|just|a|still|like|about] \
         ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen $",
        "i am [only|just|still|like|about] ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen \
         years|year old",
        "i am [only|just|still|like|about] ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen \
         and|so|do|but|can|is|my|please|now",
        "i am only|just|still nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen",
        "i am [still|only|just] a minor|teenager|kid|child|teen", "i am [still] under eighteen|age",
        "i am underage", "not eighteen yet", "not [yet] eighteen",
        "do not tell my mom|mother|dad|father|parents",
        "i turn sixteen|seventeen|fifteen|eighteen next|in|soon", "i am [still] in high|middle school",
        "tengo diez|once|doce|trece|catorce|quince|dieciseis|diecisiete [anos]", "soy menor",
    ]
);

table!(
    /// A person.
    HUMAN, "human", [
        "talk|speak|chat|talking|speaking|connected|transferred|connect|transfer|through [me] [directly] \
         to|with [a|an|the|some|any|your|one] [real|live|actual|human|different|other] [of] \
         <person>|human|being|somebody|else",
        "get|give|find|put|connect|transfer|want|need|have|like|prefer [me] [on|to|with|through] \
         [a|an|the|some|your] [real|live|actual|human] <person> [please|$|on|instead|now|to]",
        "transfer me", "connect me", "put me through",
        "real|live|actual|human person|human|agent|operator [please|$]",
        "^ [a|an|the] person|human|agent|operator|representative|nurse|counselor|somebody|someone \
         [please] $",
        "^ operator", "^ representative", "^ agent", "^ connect $", "^ connect please $",
        "is there [a|an|some] [real] <person> there|available|$",
        "is there [a|an|some] [real] <person> [that|who] i|we can|could [talk|speak]",
        "is there [a|an|some] [real] <person> to talk|speak",
        "is anybody|anyone|somebody|someone there|real|available",
        "not talking|talk|speaking|speak to a machine|robot|computer|bot",
        "do not want to talk|speak to a|with a machine|robot|computer|bot|recording|this|you",
        "hate talking|machines|robots|talk|speaking", "call me back", "have someone|somebody call",
        "human please", "hablar con una|un|alguien", "una persona [por] [favor]", "un representante",
        "con una persona", "un agente", "quiero una persona",
    ]
);

table!(
    /// Say it again.
    REPEAT, "repeat", [
        "[can|could|will|would] [you] [please] repeat that|it|what|the|yourself|please|this|your|last|$",
        "repeat [that|it|please] $", "^ [please] repeat", "you repeat", "that|it|this repeated",
        "have that|it|this repeated", "say [that|it|this] again", "say [that|it|this] one more",
        "say what you [just] said", "say that over", "say it slower|louder|slowly", "sat it one more",
        "one more time", "another time [please]", "once more", "come again", "again please",
        "^ [say|what] again $", "^ [sorry|i] [am] [sorry] what $", "^ what $", "^ huh $",
        "^ pardon [me] $", "^ [i] [beg] [your] pardon $", "^ excuse me $", "^ sorry $", "^ sorry [i] what",
        "what did you [just] say|ask", "what was|is it [that] you [just] said|say",
        "^ what you [just] said $", "what was that [last|again] [thing|part|you]",
        "what was the|your [last] question", "what is the|your question", "what were you saying|asking",
        "did not [quite|really] hear|catch|get|understand [you|that|it|what|the]",
        "could|can not [quite|really] hear|understand [you|that|it|what]", "i missed that|it|what|the",
        "ask me again", "ask [me] that again", "ask again", "hear that again", "replay [that|what]",
        "do not understand [you|that|the|what|it|$]", "you are breaking up", "speak up", "louder please",
        "slow down", "too fast", "what do you mean", "you lost me", "read [it|that] again", "start over",
        "go back", "tell me again", "run that by me", "repita", "repitalo", "puede repetir", "otra vez",
        "como dijo", "no entendi", "no le escuche|escucho|oi", "mas despacio", "^ mande $", "^ como $",
    ]
);

table!(
    /// Not yet.
    WAIT, "wait", [
        "one|a [quick] moment|second|sec|minute|min [please|$|let|i|while]",
        "just|wait|hold a|one moment|second|sec|minute|min|on|up",
        "^ [<lead>|okay|no|wait] [<lead>] hold|hang on", "hold up", "you hold on",
        "hold|hang on a|one|please|let|i|$",
        "^ [okay|no|please|just|stop] wait [please|$|up|let|i|one|for]",
        "^ [<lead>] wait a|one|for|up|let", "^ [please] wait",
        "give me a|one|some [quick|few|couple|more] moment|second|sec|minute|minutes|time|seconds|min",
        "let me find|get|grab|look|check|think|pull|go|step|turn|close|put|write", "let me see $",
        "i need a|one moment|second|minute|sec|little", "be right back", "brb", "bear with me",
        "i am looking for it|my", "i am getting my|it", "un momento", "espere", "un segundo", "un minuto",
        "somebody is at the door", "someone is at the door", "another call",
    ]
);

table!(
    /// No more questions.
    STOP, "stop", [
        "enough of|with these|this|the|your|all", "^ enough $", "enough questions", "that is enough",
        "i have had enough", "do not want to answer these|any|more|your|those|this|questions|anything|all",
        "do not want to answer any more",
        "not answer|answering any|these|more|your|those [more] [questions]",
        "not going to answer these|any|more|your|those", "stop asking|questioning",
        "^ [<lead>] [<lead>] [<lead>] stop this|it|now|here|please|right|$",
        "^ [please|actually|okay|wait|yes|no|just] stop [<lead>|$]",
        "^ [please|actually|okay|wait|yes|no|just] stop it|that|this $",
        "i want|need|like to|you to stop $",
        "want to stop [here|now|this|please|answering|there|the|talking|$]",
        "let us stop [here|now|this|please|there|$]", "no more questions|of",
        "done answering|with|talking|here", "i am done $", "quit asking|this|it",
        "do not ask [me] [any|anything|about|more|that|these|those]",
        "do not want to talk|speak|discuss [about] [this|that|it|any|anything]",
        "do not want to do this|any|that", "do not want to continue|go|proceed|keep",
        "not comfortable answering|with these|talking", "too personal",
        "rather not continue|talk|go|do|discuss", "i quit", "these questions are too",
        "no quiero contestar", "no quiero responder", "no mas preguntas", "basta", "pare", "ya basta",
        "no quiero hablar", "no quiero seguir", "do not feel like answering|talking",
    ]
);

table!(
    /// Not this question.
    SKIP, "skip", [
        "skip [it|that|this|one|the|to|$]", "^ [i] [will] [want] [to] [please] pass [on|please|$]",
        "^ pass", "next question|one|please", "^ [no|okay|please|just] next $", "not that one",
        "not this one", "move on", "moving on",
        "rather not say|answer|talk|tell|get|discuss|share|disclose|give",
        "prefer not to [say|answer|talk|tell|discuss|share|disclose|give|$]", "prefer not $",
        "^ [i] [would] rather not $", "do not want to answer|say|share|tell|discuss|disclose|give",
        "no comment", "not going to answer|say|tell", "none of your business", "will not answer|say",
        "can we skip|move", "do not have to answer|tell", "not comfortable saying|sharing",
        "that is private|personal", "it is private|personal", "siguiente [pregunta]", "paso",
        "prefiero no decir|contestar|responder", "leave that one", "ask me something else",
        "i decline [to]",
    ]
);

table!(
    /// The end.
    GOODBYE, "goodbye", [
        "goodbye|bye [now|bye|$|then|thanks|thank|everyone]", "good bye", "bye bye", "hang up",
        "hanging up",
        "have a good|great|nice|wonderful|lovely|blessed day|night|evening|one|weekend|afternoon",
        "see you [later|soon]", "got to go", "need to go $", "have to go", "got to run",
        "talk to you later", "talk later", "end the|this call", "take care", "good night", "i am leaving",
        "later $", "adios", "hasta luego|manana|pronto", "que tenga buen|buena", "nos vemos",
        "i will call [you] [back] later|tomorrow|again|back", "call [you] back later",
    ]
);

table!(
    /// The form of a question.
    QUESTION, "question", [
        "^ [<ask>] [<ask>] [<ask>] <wh> \
         [exactly|else|all|kind|sort|type|much|many|long|often|come|about|information|data|part] \
         <aux>|happens|if|would|about|else|kind|sort|time|much|many|long|come|part|gets|sees|knows|owns|\
         runs|for|to",
        "^ [<ask>] [<ask>] [<ask>] <aux> [not] <pronoun>", "^ [<ask>] [<ask>] why|how|who|when|where $",
        "^ [<ask>] [<ask>] why not $", "what for", "how come",
        "i have [a|another|some|one] question|questions", "question for you", "quick question",
        "i [just] wonder|wondered", "i was|am [just] wondering", "want|like|need to ask|know", "can i ask",
        "tell me more|about|what|who|how|why", "explain [that|this|it|what|how|why|the|to]", "what if",
        "what happens", "what about", "i do not know what", "who is this", "what is this", "who are you",
        "am i talking|speaking", "are you a|an|real|human",
        "is this a|an|being|call|the|safe|confidential|private|free|real|recorded",
        "que es|pasa|significa|hace", "quien es", "por que", "para que", "como se", "cuanto cuesta",
        "es usted", "does that|yes|this|it|no",
    ]
);

table!(
    /// Beginnings like a question's that tell something.
    NO_QUESTION, "telling", [
        "^ [<ask>] would rather", "^ [<ask>] <wh> i|he|she|we|they", "^ [<ask>] have [a|no|some|had|been]",
        "^ [<ask>] can not", "^ [<ask>] do not", "^ [<ask>] might be", "^ [<ask>] may i not", "^ may the",
        "^ [<ask>] was [a|using|in|on]", "^ [<ask>] will not", "^ [<ask>] must",
        "^ may [a|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth]",
    ]
);

table!(
    /// Talk that tells of substance use or of the need of treatment.
    TELLS_SUD, "substance", [
        "<drug>",
        "drink|drinking|drinks|drunk|drank \
         too|a|heavily|every|again|problem|daily|all|about|alcohol|since|for|and|at|$",
        "i drink|drank", "been drinking", "drinking", "detox", "detoxing", "rehab",
        "relapse|relapsed|relapsing", "sober|sobriety", "withdrawal|withdrawals", "withdrawing from",
        "addict|addicted|addiction|addictions", "alcoholic|alcoholism", "overdose|overdosed|overdosing",
        "been|am|was|started|stopped|quit|stop|keep using",
        "i use|used every|daily|again|today|yesterday|last|too", "get|getting|got|been clean",
        "clean for|since", "needle|needles",
        "injecting|inject|snort|snorting|smoke|smoking [crack|it|meth|heroin|fentanyl]", "high $",
        "getting|get|got high", "substance|substances", "intensive|outpatient|inpatient|residential",
        "treatment for", "need|want|looking|seeking|get|getting into|for [some|a|some] treatment",
        "need|want treatment", "mat program|clinic", "twelve step", "aa|na meeting|meetings", "hungover",
        "blackout|blackouts|blacked", "shooting up", "shoot up", "cold turkey", "habit", "desintoxicacion",
        "rehabilitacion", "adiccion", "adicto|adicta", "tomando", "bebiendo",
    ]
);
