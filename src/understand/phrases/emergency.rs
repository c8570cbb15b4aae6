//! Danger to life, now. In doubt it is one.

use super::table;

table!(
    /// Danger in words that need no tense.
    EMERGENCY, "emergency", [
        "overdosing", "overdozing|overdoze", "over dosing|dozing", "am overdose", "od ing", "oding", "am overdosed", "having|have an overdose",
        "took|taken an overdose", "i think i overdosed", "^ overdose $",
        "^ [an] overdose [help|please|now]", "overdose right now",
        "took|taken|used|did|drank|swallowed|ate|shot|had way too much|many",
        "took|taken|used|did|drank|swallowed|ate|shot too much|many",
        "took|taken|swallowed|ate .. [a] whole bottle", "took|taken|swallowed .. everything|all|bunch",
        "took|swallowed|drank bleach|poison", "can not breathe|breath|breathe|stop bleeding|wake",
        "can not [even|really|hardly|barely] breathe", "can barely|hardly breathe",
        "trouble|difficulty|hard|problem|struggling [to] breathing|breathe", "not breathing",
        "stopped breathing", "is not breathing", "short of breath", "gasping for",
        "chest pain|pains|hurts|is|feels", "my chest", "pain in my chest", "heart attack",
        "heart is stopping|racing", "having a stroke|seizure|heart", "unconscious", "unresponsive",
        "not responding", "not waking", "passed out", "will not wake [up]", "can not wake",
        "would not wake", "turning|turned blue", "he|she is blue", "lips are blue", "bleeding",
        "convulsing", "collapsed", "choking", "seizing", "seizures right now",
        "am having seizures|seizure", "having seizures|seizure", "had a seizure", "have a seizure $|now|right|coming|and",
        "shaking uncontrollably",
        "kill|killing|hurt|hurting|harm|harming|cut|cutting|shoot|hang|drown myself",
        "kill|killing himself|herself|themselves", "hurt|hurting himself|herself",
        "end|ending my [own] life", "end|ending it all", "end it tonight|now|today",
        "take|taking my [own] life", "commit|committing suicide", "suicide", "suicidal", "want to die",
        "going to die", "ready to die", "wish i was|were dead|gone", "better off dead",
        "better off without me", "better off if i", "do not want to live|exist|wake",
        "do not want to be here|alive|around", "do not want to go on", "not want to be alive|here",
        "no reason to live", "no reason to go on", "nothing to live for", "can not go on",
        "can not do this any more", "can not take it any more", "tired of living", "tired of being alive",
        "no point in living", "i am dying $|here|help|please|right|now|and|i|in", "think i am dying", "he|she is dying", "someone is dying",
        "about|going to jump", "jump off a|the|this bridge|roof|building|balcony", "ambulance",
        "paramedic|paramedics", "call 911|nine", "nine one one", "911", "need 911",
        "^ [it|this] [is] [an] emergency [$|please|help|now]", "it is an emergency",
        "this is an emergency", "have an emergency", "medical emergency", "an emergency right|now",
        "emergency please|help", "^ help $", "^ help help", "^ [please|god] help me [please] [now] $",
        "i need help right now", "somebody help", "send help",
        "going to kill|hurt|shoot|stab me|him|her|them|you|someone|somebody",
        "want to kill|hurt|shoot him|her|them|someone|somebody", "has a gun|knife", "have a gun|knife",
        "with a gun|knife", "trying to kill", "hitting|beating me", "in danger", "not safe",
        "being attacked|hurt|beaten", "poisoned", "friend|<kin>|baby is dying", "use it on myself|me", "feel|felt like ending it", "just want [to] end it $", "miss me if|when i", "can not stay awake|conscious",
        "can not keep my eyes open", "barely|hardly breathing", "swallowed a|the|my [whole|entire|full] bottle", "took|taken a|the|my [whole|entire|full] bottle [of]",
        "throwing|threw|coughing|vomiting|puking|vomited|peeing|spitting [up] blood", "blood everywhere", "drank|swallowed|drinking [some|a] [hand|rubbing] \
         bleach|sanitizer|antifreeze|cleaner|detergent|gasoline", "shaking .. seeing|hallucinating|hearing", "going|about to pass|black out", "passing out right|now|$",
        "everyone|everybody|world|family would be better off", "do not want to wake up", "want it all to end", "slit|slitting|cut|cutting my wrists|wrist|throat",
        "on the ledge|bridge|roof|tracks", "say|saying goodbye to everyone|everybody|my", "not responsive|moving|conscious", "stopped moving", "gray|grey|blue lips|face", "foaming",
        "gasping", "gurgling", "need|get|want narcan|naloxone now|here|please|$", "is|are od ing|oding", "se esta muriendo|ahogando", "no despierta|responde", "sobredosis", "no quiero seguir|estar viviendo|vivo|viva|aqui",
        "quitarme la vida", "acabar con todo|mi", "lastimarme|cortarme", "overdosed on", "think .. overdosed", "just overdosed",
        "od right now", "sobredosis", "no puedo respirar", "no puede respirar", "no respira", "ambulancia",
        "quiero morir|morirme|matarme", "me quiero morir|matar", "matarme", "suicidio", "suicidarme",
        "no quiero vivir", "tome|tomado demasiado|demasiadas|muchas", "dolor de|en pecho",
        "dolor de|en el pecho", "me duele el pecho", "emergencia", "me estoy muriendo", "convulsiones",
        "ayudenme", "auxilio", "hacerme dano", "inconsciente", "me tome todo|todas",
    ]
);

table!(
    /// Danger in the past tense: an emergency unless it is plainly long ago.
    EMERGENCY_PAST, "emergency", [
        "i|he|she|they|somebody|someone|friend|son|daughter|wife|husband|brother|sister|mom|dad|\
         boyfriend|girlfriend \
         [have|has|just|think|might|may] [have|has] overdosed|od|oded|ods",
        "overdosed", "od on",
    ]
);

table!(
    /// Marks of a time gone by, or of somebody long dead.
    PAST, "past", [
        "ago",
        "last \
         year|month|summer|winter|spring|fall|week|time|january|february|march|april|may|june|july|\
         august|september|october|november|december|christmas",
        "in 2000|2010|2011|2012|2013|2014|2015|2016|2017|2018|2019|2020|2021|2022|2023|2024|2025|2026",
        "in nineteen", "in twenty|two", "used to", "history of", "when i was", "in the past",
        "back in|when|then", "once before", "twice before", "times before", "before that", "one time",
        "a few|couple times", "years before", "died|dead from|of|in", "and died", "died [last|in|from|of]", "passed away", "lost my .. to",
        "previously", "as a kid|teenager|child", "that was", "was in the hospital|icu", "woke up in",
        "survived", "once", "twice", "narcan me", "years back", "hace",
    ]
);

table!(
    /// Just before danger: it is not so.
    NOT_NOW, "not now", [
        "not", "no", "never", "without", "deny", "not having", "not having any", "do not have",
        "do not have any", "no more", "never had", "never felt", "not feeling", "not thinking about|of",
        "not planning", "not going to", "not an", "not in", "never been", "not have", "not have any",
        "not had", "not ever", "not want to", "not be", "is not", "what happens if i|you|someone|somebody",
        "in case of", "in case of an", "for", "to prevent", "not trying to", "not been", "do you have",
        "do you treat|help", "not a", "not really", "would never",
    ]
);
