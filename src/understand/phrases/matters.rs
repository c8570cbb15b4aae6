//! What the dialogue treats apart: who calls for whom, who listens, threats, intoxication, odd recipients.

use super::table;

table!(
    /// A threat to the people of the program: theirs to hear, before any other rule.
    THREAT, "threat", [
        "going to|will|come|coming|could|might|ought [just] [to] [come] [down|over|in] [there] [and] shoot|kill|hurt|stab|bomb|burn|beat \
         you|your|everybody|everyone|all|up|down|the [people|staff|place|all|building|office|clinic|whole] [people|place|$]",
        "come|coming|drive|driving [on] [down|over|in|up|by] [there|here] and shoot|kill|hurt|stab|beat|burn [all] [of] you|your|everybody|everyone|someone|it",
        "shoot|blow|burn up|down|the|this|your [your] place|building|clinic|office|program|facility", "come|coming down there with a|my gun|knife|bat",
        "you people|all are|will [all] [be] dead|pay|sorry|regret", "you are [all] dead", "kill|shoot|hurt you people|guys|all|staff", "kick your ass",
        "put a bullet in you|your|one", "i know where you work|live", "i have a bomb", "bomb threat", "there is a bomb",
        "voy a matarlos|dispararles|matarte|matarlo", "los voy a matar",
    ]
);

table!(
    /// A child abused or neglected.
    ABUSE, "abuse", [
        "hits|beats|hit|hitting|beating|beat|hurts|hurt|hurting|abuses|abused|abusing|molests|molested|molesting|touches|touched|touching|rapes|raped|raping|choked|\
         burns|burned|slapped|slaps|punched|punches|starves|starving|locks [up|on] my|the|our|his|her|a|their [little|own|step] [old] \
         kid|kids|child|children|son|daughter|baby|boy|girl|stepson|stepdaughter|niece|nephew|grandson|granddaughter|toddler|infant",
        "child|kid|kids|baby|children is|are|was|were|being [being|getting] abused|hurt|hit|beaten|molested|neglected|starved",
        "child abuse|neglect", "abuse|abuses|abused|abusing children|kids|minors", "i hit|beat|hurt|shook my kid|kids|child|children|son|daughter|baby",
        "le pega|pegan a mi|los|las hijo|hija|nino|nina|hijos|ninos", "abusa de mi hijo|hija", "maltrata a mi|los|las",
    ]
);

table!(
    /// Drunk, high or confused now.
    CAPACITY, "capacity", [
        "i am [<very>] [still|kind|little|a] [of|bit] [<very>] drunk|wasted|hammered|plastered|stoned|buzzed|loaded|intoxicated|tipsy|smashed|faded|tripping|nodding \
         [right|now|as|and|on|off|out|so|$]",
        "i am [<very>] [still|kind|little] [of|bit] [<very>] high [right|now|and|as|so|$]", "i am [<very>] messed|fucked|lit up [right|now|$]",
        "i am [<very>] out of it [right|now|$]", "drunk|high|wasted|loaded|stoned|tipsy right now|here", "drunk|high as [we|a|i|hell|fuck] [speak|talk|kite]",
        "currently|presently [<very>] drunk|high|intoxicated|impaired|wasted", "i am [<very>] [totally] confused [right|now|about|and|$] [now|where|what|who|$]",
        "i have had too much to drink [tonight|today|now|$]", "had [a] few too many [tonight|$]", "i [just|have] [just] been drinking [all|tonight] day|night|morning|tonight|today",
        "i just shot up|used|smoked [some|a|and]", "i am on [something|shrooms|acid|molly|xanax|a] [something|trip|nod|bender] right now", "i am on a bender|trip",
        "can not [even|really] think straight|clearly|right", "not thinking straight|clearly", "can not [even|really] see|talk|walk straight",
        "do not know [even] where|who i am", "do not [even] know what day [it|is]", "do not know what i am saying|doing|signing", "can not remember my [own] name",
        "not in my right mind", "not sober right|now|enough", "not in any|no condition|shape|state to", "room is spinning", "i am hallucinating|seeing things",
        "hearing voices", "yesh|yeshh|yessh|shure|okaysh|alrigh|yeash", "estoy borracho|borracha|drogado|drogada|tomado|tomada|mareado|confundido|confundida|pedo",
        "no puedo pensar [bien|claro]", "no se donde estoy",
    ]
);

table!(
    /// Just before: then, or somebody else, or only at times.
    CAPACITY_NOT, "not now", [
        "not", "never", "when|whenever|if|while|after|because|every|until|unless|since|then|once|like|say|said|says|think|thinks|told|where|time|times",
        "when i am|get", "not [<very>] drunk|high",
    ]
);

table!(
    /// Police, courts and lawyers that want something.
    LEGAL, "legal demand", [
        "i am|is [a|an|the] detective|officer|sergeant|lieutenant|deputy|sheriff|trooper|investigator|marshal|prosecutor [with|from|for|at|in|of|$|<det>]",
        "i am a|an|the detective|investigator|prosecutor|deputy|sheriff", "i am detective|officer|sergeant|deputy", "^ detective|sergeant|deputy", "^ [hello|hi|yes|good|yeah] [morning|afternoon|evening] [this|i] [is|am] detective|officer|deputy|sergeant|sheriff", "subpoena|subpoenas|subpoenaed",
        "have|got|serving|serve|with [a|an|the] [search|arrest|bench] warrant for|to|$", "search warrant", "have|got|with [a|an|the] court order [for|to|that|requiring|$]",
        "court order for|to release|requiring|compelling", "i am [a|an|the] [defense|district|prosecuting|city|county|state|assistant] [district] attorney|lawyer|prosecutor|paralegal",
        "attorney|lawyer representing|for|on behalf", "representing .. in|client|defendant|plaintiff", "district attorney|attorneys office", "on behalf of my client",
        "i represent", "law office|firm|offices of", "from the police|sheriff|prosecutor|courthouse|fbi|dea|court|public|district [department|defender|attorney|office]",
        "with the police|sheriff|fbi|dea|prosecutor|drug|us department|office|task|marshals", "police|sheriff department [here|calling|$]", "law enforcement",
        "i am from ice|immigration|the fbi|dea", "legal process|demand|proceeding|discovery", "deposition|depositions", "i am with the police|fbi|dea",
        "soy policia|detective|abogado|abogada|oficial|fiscal", "orden judicial|del juez|de cateo", "citatorio",
    ]
);

table!(
    /// Not a demand: the caller's own trouble with the law.
    LEGAL_OWN, "own case", [
        "my lawyer|attorney|officer|judge|probation|parole", "court ordered|mandated", "arrested", "i have a warrant out|on", "warrant out for me|my", "got a subpoena|warrant", "warrant for my",
        "i was subpoenaed", "police brought|took|arrested|picked", "ordered to treatment|rehab",
    ]
);

table!(
    /// Authority for the patient.
    REPRESENTATIVE, "representative", [
        "power of attorney for|over|of|on|$", "i have|hold|got [the|a|medical|legal|durable|healthcare|full] [medical|legal|durable] power of attorney",
        "i am [<his>|my|a|the] [mothers|fathers|sons|daughters|husbands|wifes|brothers|sisters|moms|dads|uncles|aunts|legal|court] [appointed|legal] \
         guardian|conservator|proxy|representative|poa",
        "i am [<his>|my|the] [<kin>] [legal] guardian|conservator", "i am [the] [legal] guardian|conservator of|for", "i have [legal|full] guardianship|conservatorship|custody [of|over|for]",
        "health|healthcare care|medical proxy|surrogate [for]", "i am [<his>] health|healthcare|medical|personal|legal [care] proxy|surrogate|agent|representative",
        "i [make|sign] [all] <his> medical|health|legal decisions", "i make [all] [the|<his>] [medical|health|legal] decisions for", "i sign for <his>|my|him", "legally responsible for my|him|her",
        "authorized to|representative speak|act|sign|for [on|for] [behalf|him|her|my]", "tengo [el] [un] poder notarial|legal", "soy su|el|la tutor|tutora|representante|apoderado",
    ]
);

table!(
    /// Somebody else can hear.
    COMPANY, "company", [
        "on speaker|speakerphone", "speaker phone", "<kin>|friend|someone|somebody|everyone|people|nurse|lawyer is|are [sitting|standing|right|here|also|just|still] \
         [right|here|next|there] [here|next] listening|beside|with|hearing|to [in|me|us|too]",
        "<kin>|friend|someone|somebody is [right|sitting|standing] here [too|with|listening|next|$]", "is|are listening [in|too|to|with|$]", "listening in",
        "can hear you|us|me|this|everything", "is|are in the room|car [with] [me]", "is|are [also] on the line|phone|call [with] [me|too]", "in the room with me", "[right] here next to|beside me|us", "next to|beside me [right|listening|here|now|$]",
        "sitting|standing [right] next to|beside me", "here with me|us", "not alone", "i am with my <kin>", "other people|person here|around|listening",
        "en altavoz|bocina", "esta escuchando|oyendo", "esta aqui conmigo", "no estoy solo|sola",
    ]
);

table!(
    /// Whether or how somebody else is a patient.
    INQUIRY, "inquiry", [
        "is|are [there] .. a|an [current|former] patient|client|resident", "is|was my <kin> .. there|patient|okay|treatment|here|inside|alright|program|in|with|doing|still|alive",
        "is <kin>|he|she [still] [staying] there|okay|alright|in|at [there|your|the|treatment|rehab|detox]", "how is my <kin>", "how is he|she [doing|$]",
        "my <kin> .. checked|admitted|brought|entered|went|came|arrived|enrolled in|there|to|into", "my <kin> .. how is|are he|she|they", "checked in|into .. how|is|and",
        "did|has|have my <kin> [ever] [already] call|check|come|show|called|checked|come|been|arrive|arrived|get|got|talk|talked|contact|contacted|make|made|go|stay|enter",
        "did|has|have .. check|checked|come|been admitted|in [there|to|$]", "did he|she|they [ever] check|come|show|call|get|make [in|up|you|there]", "has he|she|they checked|arrived|called|been",
        "do you have a|any [patient|client|person|somebody|someone|guy|woman|girl|man] [there] named|called|by", "do you have a patient|client", "do you have my <kin>", "have you seen|heard|got [from] my <kin>",
        "looking for my <kin>", "trying to find|reach|locate|see my <kin>", "find out if|whether|about|how|where my|is <kin>", "find out if|whether|about|how|where he|she", "tell me if|whether|how|about|where my <kin>", "tell me if|whether|how|where he|she", "can|could i|you talk|speak|put to|with|me [through|to] [my|to] <kin>", "what room is|are he|she|my", "can i visit my", "when can i see|visit my <kin>", "update on my <kin>",
        "status of|on my <kin>", "is there a patient|client|guy|man|woman|person|somebody|someone [there] [named|called]", "when is|did|does|will .. get|getting|discharged|released|leave out|discharged",
        "esta mi|ahi hijo|hija|esposo|esposa|hermano|hermana|mama|papa", "llamo mi hijo|hija|esposo|esposa|hermano|hermana", "como esta mi|el|ella", "es paciente",
    ]
);

table!(
    /// A complaint.
    COMPLAINT, "complaint", [
        "file|make|lodge|submit|have|register|put|leave|report [in] [a|an|my|another] [formal|official|privacy|hipaa|big] complaint|grievance", "want|like|need|going to complain",
        "complain about|to|on", "report you [to] [to|for|the]", "filing|making|lodging a [formal|privacy] complaint|grievance", "complaint about|against|department|form|line",
        "poner|presentar|hacer|tengo una queja", "quiero quejarme", "quejarme de",
    ]
);

table!(
    /// The whole text of what is being asked.
    FULL_TEXT, "full text", [
        "read|hear|see|say|get|give|tell|recite [me|us|to|it] [me|us] the|all|whole|full|entire|this|your [of] [whole|full|entire|complete|actual|exact] \
         thing|form|text|document|consent|notice|agreement|wording|version|paper|contract|disclosure|policy|it|words",
        "read [me|us] [the] all|everything|whole [of] [it|that|this] [to|word|out] [me|for|$]", "read it [all] [out] to me [all|word|in|completely|fully]", "the [whole|full|entire|complete] text|wording",
        "read [it|that] word for word", "full|entire|whole|complete|long form|text|version|document|notice|consent [please|$]", "read the fine print", "what does the full|whole|entire",
        "lea|leame|leerme|leeme [me] [todo|el|la|lo] completo|todo|entero|completa|texto|documento|formulario", "el texto completo",
    ]
);

table!(
    /// A recipient that no consent here may name.
    SPECIAL, "special recipient", [
        "<share> .. [to|with|for|at] my|the|a|his|her|our|our [drug|family|county|federal|old|new] \
         probation|parole|po|lawyer|attorney|judge|court|courts|employer|boss|job|work|workplace|landlord|school|college|cps|dcf|dcfs|commander|union|licensing|hr|caseworker|judges|courthouse|lawyers|attorneys|bailiff",
        "<share> .. [to|with] probation|parole|court|immigration|cps|social security|work|hr", "<share> .. p o",
        "<share> .. [to|with] the police|cops|army|military|dmv|government|newspaper|press", "mande|manden|envie|envien|comparta|de|diga [lo|la|le|eso|esto|todo|una] .. a|con mi|la|el \
         abogado|abogada|juez|corte|jefe|patron|trabajo|oficial",
        "mandelo|envielo|compartalo|digale a|con mi|la|el abogado|abogada|juez|corte|jefe|patron|trabajo|oficial",
    ]
);

table!(
    /// Everybody who treats the caller.
    EVERYBODY_TREATING, "everybody treating", [
        "everyone|everybody|anyone|anybody|whoever|whomever|all|people|any|those|somebody [of] [the|my] [people|doctors|providers|else|them|one] [who|that] [is|are] \
         treating|treats|treat|treated|sees|helps|helping|seeing me|my", "everyone|everybody|anyone|anybody|whoever|people|those [who|that] [is|are] treating|caring|working|takes|taking|involved|cares|helping \
         for|on|in|with|care me|my|of", "everyone|everybody|anyone|anybody|all involved|in|with|on|of my treatment|care|team|doctors|providers|nurses|case|recovery", "all [of] my|the [treating] doctors|providers|nurses|clinicians|therapists",
        "my whole|entire|full [care|treatment|medical|health] team|staff", "every doctor|provider|nurse|one|clinician i|who|that|of|treating [see|have|treats|sees|my|me]", "all treating providers|doctors",
        "todos los que me|doctores|medicos [atienden|tratan|ven]", "quien me atienda|trate", "todos mis doctores|medicos",
    ]
);
