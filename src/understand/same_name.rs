//! Whether two names are one, as a recogniser hears them.

use super::normalise;

/// Whether `signed` and `known` may be one person's name as a recogniser hears it: case, accents, titles and
/// middle names apart, homophones and small differences of spelling the same. A first name alone is too
/// little where more is known.
pub fn same_name(signed: &str, known: &str) -> bool {
    let (signed, known) = (name_parts(signed), name_parts(known));
    let (Some(signed_first), Some(known_first)) = (signed.first(), known.first()) else { return false };
    if known.len() == 1 {
        return signed.iter().any(|word| sounds_same(word, known_first));
    }
    if signed.len() < 2 || !sounds_same(signed_first, known_first) {
        return false;
    }
    let (short, long) = if signed.len() <= known.len() { (&signed, &known) } else { (&known, &signed) };
    let mut rest = long[1..].iter();
    let in_order = short[1..].iter().all(|word| rest.any(|other| matches_part(word, other)));
    let last_said = short.last().is_some_and(|word| word.chars().count() > 1);
    in_order && last_said
}

/// A full name in one plain form, to be found again by: first and last name, without accents, case, titles and what
/// stands between. `None` for less than two names.
pub fn plain_name(name: &str) -> Option<String> {
    let parts = name_parts(name);
    let [first, .., last] = &parts[..] else { return None };
    Some(format!("{first} {last}"))
}

/// A middle initial stands for any name it begins.
fn matches_part(a: &str, b: &str) -> bool {
    let initial = |a: &str, b: &str| a.chars().count() == 1 && b.starts_with(a);
    sounds_same(a, b) || initial(a, b) || initial(b, a)
}

fn name_parts(name: &str) -> Vec<String> {
    const TITLES: &str = "mr mrs ms miss dr doctor mister jr sr ii iii iv junior senior senor senora";
    const JOINED: &str = "dela o mc mac de la las los del van von der den st san di da dos";
    let folded = normalise::folded(name).replace('\'', "");
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty() && !TITLES.split(' ').any(|t| t == *w));
    let mut parts: Vec<String> = Vec::new();
    let mut open = false;
    for word in words {
        match parts.last_mut().filter(|_| open) {
            Some(last) => last.push_str(word),
            None => parts.push(word.to_owned()),
        }
        // "O Brien" is "OBrien", "de la Cruz" is "delacruz"; not at the beginning: "Van Morrison".
        open = parts.len() > 1 && JOINED.split(' ').any(|j| j == word);
    }
    parts
}

/// First names that sound alike and share too little spelling.
const ALIKE: &[&str] = &[
    "john jon",
    "sean shawn shaun shon",
    "geoff jeff geoffrey jeffrey",
    "catherine kathryn katherine cathryn",
    "sara sarah",
    "megan meghan meagan",
    "lee leigh li",
    "stephen steven stefan",
    "phillip philip",
    "hailey haley hayley",
    "mohammed muhammad mohamed",
    "isaac izaac",
    "leah lia",
    "anne ann an",
    "reed reid read",
    "deborah debra",
];

/// Whether two plain lower-case words sound the same.
pub(super) fn sounds_same(a: &str, b: &str) -> bool {
    if a == b || ALIKE.iter().any(|same| [a, b].iter().all(|w| same.split(' ').any(|s| s == *w))) {
        return true;
    }
    let (key_a, key_b) = (sound(a), sound(b));
    if key_a == key_b && !key_a.is_empty() {
        return true;
    }
    // "Mario" is not "Maria".
    let gender = |w: &str| matches!(w.chars().last(), Some('a' | 'o'));
    let ends_apart = gender(a) && gender(b) && a.chars().last() != b.chars().last();
    let long = a.chars().count().min(b.chars().count()) >= 5;
    long && !ends_apart && skeleton(&key_a) == skeleton(&key_b)
}

/// How a word sounds, coarsely.
fn sound(word: &str) -> String {
    const RULES: &str = "ough>o eigh>i igh>i gh> ph>f ck>k sch>sh tch>ch th>t kn>n wr>r mb>m qu>kw x>ks ow>o oe>o ou>o ee>i ea>i ie>i ey>i ay>e ai>e ei>e oh>o ah>a eh>e uh>u y>i ch>C sh>S z>s";
    let mut rest = word;
    let mut key = String::new();
    while let Some(c) = rest.chars().next() {
        if let Some((from, to)) =
            RULES.split(' ').filter_map(|rule| rule.split_once('>')).find(|(from, _)| rest.starts_with(from))
        {
            key.push_str(to);
            rest = &rest[from.len()..];
            continue;
        }
        let next = rest[c.len_utf8()..].chars().next();
        match c {
            'c' if matches!(next, Some('e' | 'i' | 'y')) => key.push('s'),
            'c' | 'q' => key.push('k'),
            'h' if !key.is_empty() => {}
            other => key.push(other),
        }
        rest = &rest[c.len_utf8()..];
    }
    let mut plain = String::new();
    key.chars().filter(|c| c.is_alphanumeric()).for_each(|c| {
        if !plain.ends_with(c) {
            plain.push(c);
        }
    });
    // A silent "e" at the end.
    if plain.len() > 2 && plain.ends_with('e') {
        plain.pop();
    }
    plain
}

/// The first vowel and the consonants, voiced or not: what a recogniser keeps of a long name.
fn skeleton(key: &str) -> String {
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    let first = key.find(vowel);
    let kept = key.char_indices().filter(|&(at, c)| !vowel(c) || Some(at) == first);
    kept.map(|(_, c)| match c {
        'd' => 't',
        'b' => 'p',
        'v' => 'f',
        'g' => 'k',
        'm' => 'n',
        other => other,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_heard_twice_is_one_and_two_are_two() {
        for (signed, known) in [
            ("Jane Doe", "jane doe"),
            ("Jane Dough", "Jane Doe"),
            ("Jane D Doe", "Jane Doe"),
            ("Jane Doe", "Jane Marie Doe"),
            ("Jane M. Doe", "Jane Marie Doe"),
            ("Jon Smyth", "John Smith"),
            ("Kathryn Lee", "Catherine Leigh"),
            ("Jose Nunez", "José Núñez"),
            ("Conor O Brien", "Conor O'Brien"),
            ("Maria dela Cruz", "María de la Cruz"),
            ("Steven Brown", "Stephen Browne"),
            ("Maria Smith Jones", "Maria Smith-Jones"),
            ("Maria Lopez", "María López García"),
            ("Jane Doe", "Jane"),
            ("Mr. Brian Clark", "Bryan Clarke"),
        ] {
            assert!(same_name(signed, known), "{signed} is {known}");
        }
        for (signed, known) in [
            ("Janet Poe", "Jane Doe"),
            ("Mary Smith", "Jane Smith"),
            ("Jane", "Jane Doe"),
            ("Doe", "Jane Doe"),
            ("Jane Doe", "John Doe"),
            ("Doe Jane", "Jane Doe"),
            ("Jane Poe", "Jane Doe"),
            ("Mario Lopez", "Maria Lopez"),
            ("Martin Hall", "Marvin Hall"),
            ("Tom Hall", "Tim Hall"),
            ("Jane D", "Jane Doe"),
            ("", "Jane Doe"),
            ("Jane Doe", ""),
            ("Robert Brown", "Robert Crown"),
        ] {
            assert!(!same_name(signed, known), "{signed} is not {known}");
        }
    }
}
