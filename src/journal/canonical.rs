//! Canonical JSON, written straight into bytes: no tree is built first, because every entry of every journal is written
//! this way, and once more when it is replayed.

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use serde_json::Error;
use std::{cmp::Ordering, ops::Range};

/// JSON with sorted keys and no white space: the same value has the same bytes everywhere.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut writer = Canonical::default();
    writer.write(value).to_vec()
}

/// Writes canonical JSON again and again, into the same memory.
#[derive(Default)]
pub struct Canonical {
    out: Vec<u8>,
    /// The fields of the objects that are open, those of the innermost last.
    fields: Vec<Field>,
    spare: Vec<u8>,
}

/// Where a field of an object lies in what was written: its key between quotes, a colon and its value.
struct Field {
    key: Range<usize>,
    end: usize,
}

impl Canonical {
    /// `value` as canonical JSON; nothing where it has no form in JSON.
    pub fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> &[u8] {
        self.out.clear();
        self.fields.clear();
        if value.serialize(&mut *self).is_err() {
            self.out.clear();
        }
        &self.out
    }

    fn scalar<T: Serialize>(&mut self, value: T) -> Result<(), Error> {
        serde_json::to_writer(&mut self.out, &value)
    }

    fn open<'a>(&'a mut self, opening: &[u8], closing: &'static [u8]) -> Level<'a> {
        self.out.extend_from_slice(opening);
        let (from, first) = (self.out.len(), self.fields.len());
        Level { writer: self, from, first, sorted: true, closing }
    }

    /// The same under the name of a variant.
    fn variant<'a>(
        &'a mut self,
        name: &str,
        opening: u8,
        closing: &'static [u8],
    ) -> Result<Level<'a>, Error> {
        self.out.push(b'{');
        self.scalar(name)?;
        Ok(self.open(&[b':', opening], closing))
    }
}

/// A list or an object that is being written.
pub struct Level<'a> {
    writer: &'a mut Canonical,
    /// Where its first item begins.
    from: usize,
    /// Its first field.
    first: usize,
    sorted: bool,
    closing: &'static [u8],
}

impl Level<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.writer.out.len() > self.from {
            self.writer.out.push(b',');
        }
        value.serialize(&mut *self.writer)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let writer = &mut *self.writer;
        if writer.out.len() > self.from {
            writer.out.push(b',');
        }
        let start = writer.out.len();
        key.serialize(&mut *writer)?;
        if writer.out.get(start) != Some(&b'"') {
            // A number becomes a key between quotes, as in any JSON of maps.
            let digits = writer.out.split_off(start);
            if !digits.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-') {
                return Err(Error::custom("this is no key of an object"));
            }
            writer.out.push(b'"');
            writer.out.extend_from_slice(&digits);
            writer.out.push(b'"');
        }
        let key = start..writer.out.len();
        if let Some(before) = writer.fields[self.first..].last() {
            self.sorted &= by_key(&writer.out, &before.key, &key) == Ordering::Less;
        }
        writer.fields.push(Field { key, end: 0 });
        writer.out.push(b':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        self.writer.fields.last_mut().ok_or_else(|| Error::custom("a value without a key"))?.end = end;
        Ok(())
    }

    fn close(self) -> Result<(), Error> {
        let Canonical { out, fields, spare } = self.writer;
        if !self.sorted {
            let fields = &mut fields[self.first..];
            fields.sort_by(|one, other| by_key(out, &one.key, &other.key));
            spare.clear();
            for (at, field) in fields.iter().enumerate() {
                // Of two fields of one name the later one counts.
                let again = fields.get(at + 1).is_some_and(|n| by_key(out, &field.key, &n.key).is_eq());
                if !again {
                    spare.extend_from_slice(&out[field.key.start..field.end]);
                    spare.push(b',');
                }
            }
            spare.pop();
            out.truncate(self.from);
            out.extend_from_slice(spare);
        }
        fields.truncate(self.first);
        out.extend_from_slice(self.closing);
        Ok(())
    }
}

/// The order of two keys, by what they say. Only one that is written with an escape must be read for that.
fn by_key(out: &[u8], one: &Range<usize>, other: &Range<usize>) -> Ordering {
    let inner = |key: &Range<usize>| &out[key.start + 1..key.end - 1];
    let (first, second) = (inner(one), inner(other));
    if !first.contains(&b'\\') && !second.contains(&b'\\') {
        return first.cmp(second);
    }
    let read = |key: &Range<usize>| serde_json::from_slice::<String>(&out[key.clone()]).unwrap_or_default();
    read(one).cmp(&read(other))
}

macro_rules! scalars {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(fn $name(self, value: $type) -> Result<(), Error> {
            self.scalar(value)
        })*
    };
}

impl<'a> Serializer for &'a mut Canonical {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Level<'a>;
    type SerializeTuple = Level<'a>;
    type SerializeTupleStruct = Level<'a>;
    type SerializeTupleVariant = Level<'a>;
    type SerializeMap = Level<'a>;
    type SerializeStruct = Level<'a>;
    type SerializeStructVariant = Level<'a>;

    scalars! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f64: f64,
        serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
    }

    // As a number of JSON, which knows one kind of fractions.
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.scalar(f64::from(value))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.scalar(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.out.push(b'{');
        self.scalar(variant)?;
        self.out.push(b':');
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Level<'a>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Level<'a>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Level<'a>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Level<'a>, Error> {
        self.variant(variant, b'[', b"]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Level<'a>, Error> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Level<'a>, Error> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Level<'a>, Error> {
        self.variant(variant, b'{', b"}}")
    }
}

macro_rules! lists {
    ($($kind:ident: $item:ident),*) => {
        $(impl $kind for Level<'_> {
            type Ok = ();
            type Error = Error;

            fn $item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

lists! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}

macro_rules! objects {
    ($($kind:ident),*) => {
        $(impl $kind for Level<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.key(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

objects! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Level<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    #[serde(tag = "is", rename_all = "snake_case")]
    enum Tagged {
        Whole { zebra: Option<u8>, able: f32, list: Vec<Named> },
        Flat(Named),
        Bare,
    }

    #[derive(Serialize)]
    struct Named {
        name: &'static str,
        #[serde(flatten)]
        more: BTreeMap<&'static str, i64>,
        after: (bool, char),
    }

    #[derive(Serialize)]
    enum Plain {
        Unit,
        New(Value),
        Tuple(u8, i8),
        Fields { b: (), a: Option<()> },
    }

    /// Written straight, and by way of a tree, which sorts every object.
    fn same<T: Serialize>(value: T) {
        let tree = serde_json::to_vec(&serde_json::to_value(&value).unwrap()).unwrap();
        let straight = canonical(&value);
        assert_eq!(String::from_utf8(straight).unwrap(), String::from_utf8(tree).unwrap());
    }

    #[test]
    fn what_is_written_straight_is_what_a_sorted_tree_would_be() {
        let named =
            |name| Named { name, more: BTreeMap::from([("zz", -1), ("b", 2)]), after: (true, '\u{e9}') };
        same(Tagged::Whole {
            zebra: None,
            able: 0.1,
            list: vec![named("a \"quoted\"\n\u{1}\u{2028} line"), named("")],
        });
        same(Tagged::Flat(named("n")));
        same(Tagged::Bare);
        same([Plain::Unit, Plain::New(json!({"b": {"d": 1.5, "c": null}, "a": []})), Plain::Tuple(1, -1)]);
        same(Plain::Fields { b: (), a: None });
        same(BTreeMap::from([
            ("a\"b", 1),
            ("a\\c", 2),
            ("a b", 3),
            ("a", 4),
            ("\n", 5),
            ("!", 6),
            ("\u{e9}", 7),
        ]));
        same(BTreeMap::from([(10, "ten"), (9, "nine"), (-1, "less")]));
        same((f64::NAN, 1e300, u64::MAX, i64::MIN, "", 'x', 0.0f32, f32::MAX));
        same(Vec::<u8>::new());
    }

    #[test]
    fn of_two_fields_of_one_name_the_later_counts() {
        #[derive(Serialize)]
        struct Twice {
            #[serde(flatten)]
            one: BTreeMap<&'static str, u8>,
            #[serde(flatten)]
            other: BTreeMap<&'static str, u8>,
        }
        let twice = Twice { one: BTreeMap::from([("b", 1), ("a", 2)]), other: BTreeMap::from([("b", 3)]) };
        assert_eq!(canonical(&twice), br#"{"a":2,"b":3}"#);
        same(twice);
    }
}
