//! What one script changed of another, value by value.

use serde::Serialize;
use toml::{Table, Value};

/// One value that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where, as `notice.parts[b].text.en`; elements of a list that have an `id` are named by it.
    pub place: String,
    /// What stood there; nothing where it is new.
    pub before: Option<String>,
    /// What stands there; nothing where it was taken out.
    pub after: Option<String>,
}

impl Change {
    /// Whether it is within `place`.
    pub fn is_in(&self, place: &str) -> bool {
        self.place.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// Whether something stands elsewhere in its list than it stood.
    pub fn is_order(&self) -> bool {
        self.place.ends_with("(order)")
    }
}

/// What `after` changed of `before`, both the text of a `program.toml`; nothing where one of them is no TOML.
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let (Ok(before), Ok(after)) = (before.parse::<Table>(), after.parse::<Table>()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    tables("", &before, &after, &mut found);
    found
}

fn tables(at: &str, before: &Table, after: &Table, found: &mut Vec<Change>) {
    let new = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(new) {
        let place = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        values(&place, before.get(key), after.get(key), found);
    }
}

fn values(place: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    match (before, after) {
        (Some(one), Some(other)) if one == other => {}
        (Some(Value::Table(one)), Some(Value::Table(other))) => tables(place, one, other, found),
        (Some(Value::Array(one)), Some(Value::Array(other))) if is_named(one) && is_named(other) => {
            lists(place, one, other, found);
        }
        _ => found.push(Change { place: place.into(), before: before.map(text), after: after.map(text) }),
    }
}

/// Two lists whose elements have ids: which are gone, which are new, which changed, and whether their order did.
fn lists(place: &str, before: &[Value], after: &[Value], found: &mut Vec<Change>) {
    let find = |list: &[Value], id: &str| list.iter().find(|v| id_of(v) == Some(id)).cloned();
    let new = after.iter().filter(|v| id_of(v).is_some_and(|id| find(before, id).is_none()));
    for id in before.iter().chain(new).filter_map(id_of) {
        values(&format!("{place}[{id}]"), find(before, id).as_ref(), find(after, id).as_ref(), found);
    }
    let common = |list: &[Value], others: &[Value]| -> Vec<String> {
        let ids = list.iter().filter_map(id_of).filter(|id| find(others, id).is_some());
        ids.map(str::to_owned).collect()
    };
    let (then, now) = (common(before, after), common(after, before));
    if then != now {
        let (before, after) = (Some(then.join(", ")), Some(now.join(", ")));
        found.push(Change { place: format!("{place} (order)"), before, after });
    }
}

fn is_named(list: &[Value]) -> bool {
    list.iter().all(|value| id_of(value).is_some())
}

fn id_of(value: &Value) -> Option<&str> {
    value.get("id")?.as_str()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named_by_their_place() {
        let before = "a = 1\n[[q]]\nid = \"x\"\nt.en = \"old\"\n[[q]]\nid = \"y\"\n[[q]]\nid = \"gone\"\n";
        let after = "a = 1\nb = 2\n[[q]]\nid = \"y\"\n[[q]]\nid = \"x\"\nt.en = \"new\"\n";
        let found = changes(before, after);
        let places: Vec<&str> = found.iter().map(|c| c.place.as_str()).collect();
        assert_eq!(places, ["q[x].t.en", "q[gone]", "q (order)", "b"]);
        assert!(found[0].is_in("q[x]") && found[0].is_in("q") && !found[0].is_in("q[x].t.e"));
        assert!(found[2].is_order());
        assert_eq!(changes(before, before), []);
    }
}
