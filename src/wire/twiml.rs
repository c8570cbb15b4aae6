//! TwiML: the documents that tell the provider what to do with a call.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml>.

use crate::program::Locale;
use std::fmt::Write as _;

/// The content type of a document.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// A document: verbs, carried out in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    xml: String,
}

/// A stream to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream<'a> {
    /// Where it goes; `wss`, without a query (Twilio strips it).
    pub url: &'a str,
    /// Where the provider reports on the stream.
    pub status: &'a str,
    /// Which document follows when the stream is over.
    pub after: &'a str,
    /// What comes back in `start`; name and value together under 500 characters.
    pub parameters: &'a [(&'a str, &'a str)],
}

/// A person to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial<'a> {
    /// E.164.
    pub number: &'a str,
    /// How long it may ring, in seconds.
    pub ring_s: u32,
    /// Which document follows; it is told whether somebody answered. Also told at the moment somebody does.
    pub after: &'a str,
}

impl Document {
    /// Nothing yet.
    pub fn new() -> Document {
        Document::default()
    }

    /// Connects the caller to a stream, both ways. What follows is carried out when the stream is over.
    pub fn connect(mut self, stream: &Stream<'_>) -> Document {
        self.open("Connect", &[("action", stream.after), ("method", "POST")]);
        self.open("Stream", &[("url", stream.url), ("statusCallback", stream.status)]);
        for (name, value) in stream.parameters {
            self.open("Parameter", &[("name", name), ("value", value)]);
            self.close("Parameter");
        }
        self.close("Stream");
        self.close("Connect");
        self
    }

    /// Goes on with another document.
    pub fn redirect(mut self, url: &str) -> Document {
        self.open("Redirect", &[("method", "POST")]);
        self.text(url);
        self.close("Redirect");
        self
    }

    /// Says something in the provider's voice.
    pub fn say(mut self, text: &str, locale: Locale) -> Document {
        self.open("Say", &[("language", locale.tag())]);
        self.text(text);
        self.close("Say");
        self
    }

    /// Calls a person and connects the caller.
    pub fn dial(mut self, dial: &Dial<'_>) -> Document {
        let ring_s = dial.ring_s.to_string();
        self.open("Dial", &[("action", dial.after), ("method", "POST"), ("timeout", &ring_s)]);
        self.open("Number", &[("statusCallback", dial.after), ("statusCallbackEvent", "answered")]);
        self.text(dial.number);
        self.close("Number");
        self.close("Dial");
        self
    }

    /// Ends the call.
    pub fn hang_up(mut self) -> Document {
        self.xml.push_str("<Hangup/>");
        self
    }

    /// The document as XML.
    pub fn xml(&self) -> String {
        format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>"#, self.xml)
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.xml, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.xml, " {attribute}=\"");
            self.text(value);
            self.xml.push('"');
        }
        self.xml.push('>');
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.xml, "</{name}>");
    }

    /// Text or an attribute's value, escaped; characters that XML 1.0 cannot hold become spaces.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.xml.push_str("&lt;"),
                '>' => self.xml.push_str("&gt;"),
                '&' => self.xml.push_str("&amp;"),
                '"' => self.xml.push_str("&quot;"),
                '\'' => self.xml.push_str("&apos;"),
                // White space in an attribute would be normalised away.
                '\t' | '\n' | '\r' => {
                    let _ = write!(self.xml, "&#{};", u32::from(c));
                }
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.xml.push(' '),
                other => self.xml.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_are_written_as_the_provider_documents_them() {
        let stream = Stream {
            url: "wss://h.example/twilio/media",
            status: "https://h.example/twilio/status",
            after: "https://h.example/twilio/after?a=1&b=2",
            parameters: &[("token", "t\"<"), ("call_id", "c")],
        };
        let dial = Dial { number: "+15550100", ring_s: 25, after: "https://h.example/d" };
        let document =
            Document::new().connect(&stream).redirect("https://h.example/r").say("A & B", Locale::EsUs);
        insta::assert_snapshot!(document.dial(&dial).hang_up().xml(), @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="https://h.example/twilio/after?a=1&amp;b=2" method="POST"><Stream url="wss://h.example/twilio/media" statusCallback="https://h.example/twilio/status"><Parameter name="token" value="t&quot;&lt;"></Parameter><Parameter name="call_id" value="c"></Parameter></Stream></Connect><Redirect method="POST">https://h.example/r</Redirect><Say language="es-US">A &amp; B</Say><Dial action="https://h.example/d" method="POST" timeout="25"><Number statusCallback="https://h.example/d" statusCallbackEvent="answered">+15550100</Number></Dial><Hangup/></Response>"#);
    }

    #[cfg(feature = "runtime")]
    #[test]
    fn the_xml_parses_back() {
        let xml = Document::new().say("<Dial>\"'&\n", Locale::EnUs).hang_up().xml();
        let parsed = roxmltree::Document::parse(&xml).unwrap();
        let verbs: Vec<_> = parsed.root_element().children().map(|n| n.tag_name().name()).collect();
        assert_eq!(verbs, ["Say", "Hangup"]);
        assert_eq!(parsed.root_element().first_child().unwrap().text(), Some("<Dial>\"'&\n"));
    }

    proptest! {
        #[cfg(feature = "runtime")]
        #[test]
        fn no_text_breaks_out_of_its_element(text in ".*") {
            let dial = Dial { number: &text, ring_s: 1, after: &text };
            let xml = Document::new().say(&text, Locale::EnUs).dial(&dial).redirect(&text).xml();
            let parsed = roxmltree::Document::parse(&xml).unwrap();
            let root = parsed.root_element();
            prop_assert_eq!(root.descendants().filter(|n| n.is_element()).count(), 5);
            let kept: String = text.chars().map(|c| if c < ' ' && !"\t\n\r".contains(c) { ' ' } else { c }).collect();
            let dial = root.children().nth(1).unwrap();
            if !kept.contains(['\u{fffe}', '\u{ffff}']) {
                prop_assert_eq!(dial.attribute("action"), Some(kept.as_str()));
            }
        }
    }
}
