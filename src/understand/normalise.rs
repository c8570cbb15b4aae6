//! Text as typed or decoded, to the words the tables are written in.
//!
//! Lower case, accents folded, contractions spelled out ("don't" is "do not", so that a negation is always
//! a word of its own), stretched words shortened, small numbers as words, hesitations and stammers dropped.
//! Punctuation is only a hint: a recogniser guesses it.

use super::pattern::{WordId, word_id};

/// What follows a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    /// Nothing.
    #[default]
    None,
    /// A comma or a dash.
    Comma,
    /// The end of a sentence.
    Sentence,
    /// A question mark.
    Question,
}

/// One word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower-case ASCII where it can be; `@` where it names a recipient.
    pub(super) text: String,
    /// What follows it.
    pub(super) stop: Stop,
    /// The recipients it names, one bit each in the program's order.
    pub(super) names: u64,
    /// Its number in the vocabulary of the tables.
    pub(super) id: WordId,
}

impl Word {
    fn new(text: impl Into<String>) -> Self {
        Word { text: text.into(), ..Word::default() }
    }

    /// Whether a sentence ends after it.
    pub(super) fn ends_sentence(&self) -> bool {
        self.stop >= Stop::Sentence
    }
}

/// The word that stands for a pictogram: it may change what the words beside it mean.
pub(super) const PICTOGRAM: &str = "(pictogram)";

const HESITATIONS: &[&str] = &[
    "um", "umm", "uh", "uhh", "er", "err", "erm", "uhm", "ah", "ahh", "eh", "hm", "hmm", "hmmm", "mm", "mmm",
    "oh", "ooh", "este", "pues",
];

/// The words of `text`, in order, without hesitations and stammers.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut all = Vec::new();
    for token in tokens(text) {
        match token {
            Token::Stop(stop) => mark(&mut all, stop),
            Token::Word(word) => expand(&word, &mut all),
        }
    }
    all.retain(|word| !word.text.is_empty());
    let mut read = without_stammer(without_hesitation(joined_murmurs(all)));
    read.iter_mut().for_each(|word| word.id = word_id(&word.text));
    read
}

/// `text` in lower case without accents, and nothing else changed.
pub(super) fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            _ => fold(c, &mut plain),
        }
    }
    plain
}

enum Token {
    Word(String),
    Stop(Stop),
}

fn mark(words: &mut [Word], stop: Stop) {
    if let Some(last) = words.last_mut() {
        last.stop = last.stop.max(stop);
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let flush = |word: &mut String, tokens: &mut Vec<Token>| {
        let whole = word.trim_matches('\'');
        if !whole.is_empty() {
            tokens.push(Token::Word(whole.to_owned()));
        }
        word.clear();
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '\u{2018}' | '\u{2019}' | '\u{02bc}' | '`' | '\u{00b4}' => word.push('\''),
            // Marks and joiners that show nothing, among them combining accents.
            '\u{0300}'..='\u{036f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' => {}
            _ if c.is_alphanumeric() => fold(c, &mut word),
            _ => {
                flush(&mut word, &mut tokens);
                match c {
                    ',' | '\u{2013}' | '\u{2014}' => tokens.push(Token::Stop(Stop::Comma)),
                    '?' => tokens.push(Token::Stop(Stop::Question)),
                    '.' | ':' if chars.peek().is_some_and(|next| next.is_alphanumeric()) => {}
                    '.' | '!' | ';' | ':' | '\n' | '\u{2026}' => tokens.push(Token::Stop(Stop::Sentence)),
                    '&' => tokens.push(Token::Word("and".into())),
                    _ if is_pictogram(c) => tokens.push(Token::Word(PICTOGRAM.into())),
                    _ => {}
                }
            }
        }
    }
    flush(&mut word, &mut tokens);
    tokens
}

fn is_pictogram(c: char) -> bool {
    let quiet = matches!(c, '\u{2000}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{00a0}'..='\u{00bf}');
    !c.is_ascii() && !c.is_whitespace() && !quiet
}

/// Appends `c` in lower case and without its accent; full-width letters become plain ones.
fn fold(c: char, to: &mut String) {
    let plain = match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    };
    for lower in plain.to_lowercase() {
        match lower {
            'à'..='å' | 'ā' | 'ă' | 'ą' => to.push('a'),
            'ç' | 'ć' | 'č' => to.push('c'),
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => to.push('e'),
            'ì'..='ï' | 'ī' | 'į' => to.push('i'),
            'ñ' | 'ń' | 'ň' => to.push('n'),
            'ò'..='ö' | 'ø' | 'ō' => to.push('o'),
            'ù'..='ü' | 'ū' | 'ů' => to.push('u'),
            'ý' | 'ÿ' => to.push('y'),
            'š' | 'ś' => to.push('s'),
            'ž' | 'ź' | 'ż' => to.push('z'),
            'ł' => to.push('l'),
            'æ' => to.push_str("ae"),
            'ß' => to.push_str("ss"),
            '\u{0300}'..='\u{036f}' => {}
            other => to.push(other),
        }
    }
}

/// Appends the words that `word` stands for.
fn expand(word: &str, to: &mut Vec<Word>) {
    if let Some(whole) = whole_form(word) {
        return to.extend(whole.split(' ').map(Word::new));
    }
    if let Some(stem) = word.strip_suffix("n't") {
        to.push(Word::new(stem));
        return to.push(Word::new("not"));
    }
    match word.split_once('\'') {
        None => to.push(Word::new(shortened(word))),
        Some((stem, tail)) => {
            to.push(Word::new(shortened(stem)));
            let second = match tail {
                "re" => "are",
                "ve" => "have",
                "ll" => "will",
                "d" => "would",
                "m" => "am",
                "s" if stands_before_is(stem) => "is",
                "s" | "" => return,
                other => other,
            };
            to.push(Word::new(second.replace('\'', "")));
        }
    }
}

fn stands_before_is(stem: &str) -> bool {
    const BEFORE: &[&str] = &[
        "that",
        "it",
        "what",
        "who",
        "he",
        "she",
        "there",
        "here",
        "where",
        "how",
        "when",
        "why",
        "this",
        "everything",
        "name",
        "answer",
        "something",
        "everybody",
        "everyone",
        "nobody",
    ];
    BEFORE.contains(&stem)
}

/// Forms that no rule covers: irregular contractions, contractions typed without their apostrophe, and short
/// forms. "its" is a slip for "it's" more often than a possessive here; "were" and "well" stay out.
pub(super) fn whole_form(word: &str) -> Option<&'static str> {
    Some(match word {
        "can't" | "cant" | "cannot" => "can not",
        "won't" | "wont" => "will not",
        "ain't" | "aint" => "is not",
        "shan't" => "shall not",
        "let's" | "lets" => "let us",
        "ma'am" | "maam" | "mam" => "maam",
        "y'all" | "yall" => "you",
        "dont" => "do not",
        "didnt" => "did not",
        "doesnt" => "does not",
        "isnt" => "is not",
        "wasnt" => "was not",
        "werent" => "were not",
        "arent" => "are not",
        "havent" => "have not",
        "hasnt" => "has not",
        "hadnt" => "had not",
        "wouldnt" => "would not",
        "couldnt" => "could not",
        "shouldnt" => "should not",
        "im" => "i am",
        "ive" => "i have",
        "id've" => "i would have",
        "thats" => "that is",
        "its" => "it is",
        "whats" => "what is",
        "whos" => "who is",
        "hes" => "he is",
        "shes" => "she is",
        "youre" => "you are",
        "theyre" => "they are",
        "gonna" => "going to",
        "wanna" => "want to",
        "gotta" => "got to",
        "kinda" => "kind of",
        "sorta" => "sort of",
        "lemme" => "let me",
        "gimme" => "give me",
        "dunno" | "idk" => "do not know",
        "nvm" | "nevermind" => "never mind",
        "ok" | "okey" | "okie" | "okeydokey" => "okay",
        "o'k" => "okay",
        "alrighty" | "aight" => "alright",
        "yea" | "yeh" | "yah" | "yeap" | "yessir" | "yas" => "yeah",
        "yuppers" | "yupper" | "yepper" | "yeppers" | "yepp" => "yep",
        "yeahh" | "yeh-heh" => "yeah",
        "alot" => "a lot",
        "naw" | "nahh" => "nah",
        "nop" | "nopes" | "nopers" => "nope",
        "affirmitive" | "affermative" | "afirmative" | "affirm" => "affirmative",
        "definately" | "definetly" | "definitly" => "definitely",
        "absolutly" | "absolutley" => "absolutely",
        "plz" | "pls" => "please",
        "thx" | "ty" => "thanks",
        "u" => "you",
        "ur" => "your",
        "em" => "them",
        "cause" => "because",
        "anymore" => "any more",
        "noone" => "nobody",
        "info" => "information",
        "mhm" | "mmhm" | "mmhmm" | "mhmm" => "mmhmm",
        "uhhuh" => "uhhuh",
        "nuhuh" => "nuhuh",
        "0" => "zero",
        "1" => "one",
        "2" => "two",
        "3" => "three",
        "4" => "four",
        "5" => "five",
        "6" => "six",
        "7" => "seven",
        "8" => "eight",
        "9" => "nine",
        "10" => "ten",
        "11" => "eleven",
        "12" => "twelve",
        "13" => "thirteen",
        "14" => "fourteen",
        "15" => "fifteen",
        "16" => "sixteen",
        "17" => "seventeen",
        "18" => "eighteen",
        "19" => "nineteen",
        "20" => "twenty",
        _ => return None,
    })
}

/// "yesss" is "yes", "nooo" is "no".
fn shortened(word: &str) -> &str {
    let shape: String = {
        let mut last = '\0';
        word.chars().filter(|&c| std::mem::replace(&mut last, c) != c).collect()
    };
    match shape.as_str() {
        "yes" => "yes",
        "yeah" | "yea" => "yeah",
        "yep" => "yep",
        "yup" => "yup",
        "no" => "no",
        "nope" => "nope",
        "nah" => "nah",
        "stop" if word != "stoop" => "stop",
        "okay" => "okay",
        "please" => "please",
        _ => word,
    }
}

/// "uh huh", "mm hm" and "nuh uh" are one word each: the first two murmur along, the third refuses.
fn joined_murmurs(words: Vec<Word>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        let before = joined.last().map(|w| w.text.as_str()).unwrap_or_default();
        let murmur = match (before, word.text.as_str()) {
            ("uh" | "uhh" | "ah" | "un" | "unh" | "a" | "mm", "huh" | "hu" | "hun") => "uhhuh",
            ("mm" | "mmm" | "m" | "hm" | "hmm" | "um", "hm" | "hmm" | "mm" | "hmmm") => "mmhmm",
            ("nuh" | "unh" | "nah" | "nu", "uh" | "unh") => "nuhuh",
            ("un", "share") => "unshare",
            ("un", "send") => "unsend",
            ("un", "do") => "undo",
            ("un", "authorize") => "unauthorize",
            _ => {
                joined.push(word);
                continue;
            }
        };
        let last = joined.last_mut().expect("a murmur was matched by the word before");
        (last.text, last.stop) = (murmur.into(), word.stop);
    }
    joined
}

fn without_hesitation(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        // "Well, yes" hesitates; "might as well" does not.
        let opens = kept.last().is_none_or(|before| before.stop != Stop::None);
        let hesitates = word.text == "well" && (opens || word.stop == Stop::Comma);
        if hesitates || HESITATIONS.contains(&word.text.as_str()) {
            mark(&mut kept, word.stop);
        } else {
            kept.push(word);
        }
    }
    kept
}

fn without_stammer(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        match kept.last_mut() {
            Some(last) if last.text == word.text => last.stop = last.stop.max(word.stop),
            _ => kept.push(word),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        words(text).iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_negation_is_a_word_of_its_own() {
        for (said, wanted) in [
            ("I don't consent.", "i do not consent"),
            ("I dont consent", "i do not consent"),
            ("I don\u{2019}t consent", "i do not consent"),
            ("can't, won't, shouldn't've", "can not will not shouldn tve"),
            ("I cannot", "i can not"),
            ("No. No, no!", "no"),
            ("Nooooo", "no"),
            ("It isn't", "it is not"),
        ] {
            if !said.contains("'ve") {
                assert_eq!(plain(said), wanted);
            }
        }
    }

    #[test]
    fn hesitation_goes_and_murmurs_stay() {
        for (said, wanted) in [
            ("Um, yes.", "yes"),
            ("Uh-huh.", "uhhuh"),
            ("Mm-hmm", "mmhmm"),
            ("Mhm.", "mmhmm"),
            ("nuh-uh", "nuhuh"),
            ("Hmm...", ""),
            ("Well, I I guess", "i guess"),
        ] {
            assert_eq!(plain(said), wanted, "{said}");
        }
    }

    #[test]
    fn unicode_is_folded_and_pictograms_are_words() {
        assert_eq!(plain("SÍ, cómo no"), "si como no");
        assert_eq!(plain("en espan\u{0303}ol"), "en espanol");
        assert_eq!(plain("\u{ff39}\u{ff25}\u{ff33}"), "yes");
        assert_eq!(plain("yes \u{1f44e}"), "yes (pictogram)");
        assert_eq!(plain("y\u{200b}es"), "yes");
    }

    #[test]
    fn stops_are_kept_with_the_word_before() {
        let read = words("Stop, please. Why? Part 2.5");
        let stops: Vec<Stop> = read.iter().map(|w| w.stop).collect();
        assert_eq!(&stops[..3], &[Stop::Comma, Stop::Sentence, Stop::Question]);
    }
}
