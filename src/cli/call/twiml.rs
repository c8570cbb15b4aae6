//! The document a voice webhook answers with: TwiML, as far as a call to an agent uses it.

use roxmltree::{Document, Node};
use std::collections::BTreeMap;

const DOCUMENT_BYTES_MAX: usize = 64 << 10;

/// One instruction of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Connect the call to a stream, until the other side closes it.
    Connect(Stream),
    /// Go on with the document at this address.
    Redirect(String),
    /// Ring somebody.
    Dial(Dial),
    /// Read this to the caller.
    Say(String),
    /// Play this address to the caller.
    Play(String),
    /// Wait, in seconds.
    Pause(u64),
    /// End the call.
    Hangup,
    /// Refuse the call.
    Reject,
}

/// `<Connect><Stream>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// The WebSocket.
    pub url: String,
    /// What to pass along.
    pub parameters: BTreeMap<String, String>,
    /// Asked for the next document when the stream has ended.
    pub action: Option<String>,
    /// Told when the stream starts and stops.
    pub status_callback: Option<String>,
}

/// `<Dial>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dial {
    /// Whom.
    pub number: String,
    /// Asked for the next document when the dialling has ended.
    pub action: Option<String>,
    /// Told what becomes of the new leg (`<Number statusCallback>`).
    pub status_callback: Option<String>,
    /// How long it may ring, in seconds.
    pub timeout_s: u64,
}

/// The answer is not a document this provider can follow. The other side's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTwiml(String);

/// The instructions of a document, in order.
pub fn parse(document: &str) -> Result<Vec<Verb>, BadTwiml> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(BadTwiml(format!("more than {} KB of TwiML", DOCUMENT_BYTES_MAX >> 10)));
    }
    let tree = Document::parse(document).map_err(|e| BadTwiml(format!("not XML: {e}")))?;
    let root = tree.root_element();
    if root.tag_name().name() != "Response" {
        return Err(BadTwiml(format!("<{}> where TwiML begins with <Response>", root.tag_name().name())));
    }
    root.children().filter(Node::is_element).map(verb).collect()
}

fn verb(node: Node<'_, '_>) -> Result<Verb, BadTwiml> {
    let text = || node.text().unwrap_or_default().trim().to_string();
    match node.tag_name().name() {
        "Connect" => connect(node),
        "Redirect" => Ok(Verb::Redirect(text())),
        "Dial" => Ok(Verb::Dial(dial(node))),
        "Say" => Ok(Verb::Say(text())),
        "Play" => Ok(Verb::Play(text())),
        "Pause" => Ok(Verb::Pause(node.attribute("length").and_then(|s| s.parse().ok()).unwrap_or(1))),
        "Hangup" => Ok(Verb::Hangup),
        "Reject" => Ok(Verb::Reject),
        other => Err(BadTwiml(format!("<{other}>, which this simulated provider does not know"))),
    }
}

fn connect(node: Node<'_, '_>) -> Result<Verb, BadTwiml> {
    let stream = node
        .children()
        .find(|n| n.has_tag_name("Stream"))
        .ok_or_else(|| BadTwiml("<Connect> without <Stream>".into()))?;
    let url = stream.attribute("url").unwrap_or_default().to_string();
    if url.is_empty() {
        return Err(BadTwiml("<Stream> without url".into()));
    }
    if url.contains('?') {
        // The provider's page: query strings are not supported; the handshake fails with error 31920.
        return Err(BadTwiml(format!(
            "<Stream url=\"{url}\"> has a query string, which the provider refuses"
        )));
    }
    let mut parameters = BTreeMap::new();
    for p in stream.children().filter(|n| n.has_tag_name("Parameter")) {
        let (name, value) =
            (p.attribute("name").unwrap_or_default(), p.attribute("value").unwrap_or_default());
        if name.len() + value.len() >= 500 {
            return Err(BadTwiml(format!("<Parameter name=\"{name}\"> of 500 characters or more")));
        }
        parameters.insert(name.to_string(), value.to_string());
    }
    Ok(Verb::Connect(Stream {
        url,
        parameters,
        action: attribute(node, "action"),
        status_callback: attribute(stream, "statusCallback"),
    }))
}

fn dial(node: Node<'_, '_>) -> Dial {
    let number = node.children().find(|n| n.has_tag_name("Number"));
    let said = number.and_then(|n| n.text()).or_else(|| node.text()).unwrap_or_default();
    Dial {
        number: said.trim().to_string(),
        action: attribute(node, "action"),
        status_callback: number.and_then(|n| attribute(n, "statusCallback")),
        timeout_s: node.attribute("timeout").and_then(|s| s.parse().ok()).unwrap_or(30),
    }
}

fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attribute(name).filter(|value| !value.is_empty()).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_in_order() {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?>
            <Response>
              <!-- the agent -->
              <Connect action="/after"><Stream url="wss://v.example.com/twilio/media" statusCallback="/s">
                <Parameter name="token" value="a&amp;b"/><Parameter name="call_id" value="c1"/>
              </Stream></Connect>
              <Say voice="alice">One moment.</Say><Pause length="2"/>
              <Dial timeout="25" action="/dialled"><Number statusCallback="/leg">+15550100</Number></Dial>
              <Dial>+15550101</Dial>
              <Redirect method="POST">/twilio/voice</Redirect><Hangup/>
            </Response>"#;
        let stream = Stream {
            url: "wss://v.example.com/twilio/media".into(),
            parameters: [("token".into(), "a&b".into()), ("call_id".into(), "c1".into())].into(),
            action: Some("/after".into()),
            status_callback: Some("/s".into()),
        };
        let dial = Dial {
            number: "+15550100".into(),
            action: Some("/dialled".into()),
            status_callback: Some("/leg".into()),
            timeout_s: 25,
        };
        let plain = Dial { number: "+15550101".into(), timeout_s: 30, ..Dial::default() };
        assert_eq!(
            parse(document).unwrap(),
            [
                Verb::Connect(stream),
                Verb::Say("One moment.".into()),
                Verb::Pause(2),
                Verb::Dial(dial),
                Verb::Dial(plain),
                Verb::Redirect("/twilio/voice".into()),
                Verb::Hangup,
            ]
        );
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let long = format!(
            "<Response><Connect><Stream url='ws://a'><Parameter name='n' value='{}'/></Stream></Connect></Response>",
            "x".repeat(499)
        );
        for (document, why) in [
            ("hello", "not XML"),
            ("<html/>", "begins with <Response>"),
            ("<Response><Gather/></Response>", "<Gather>"),
            ("<Response><Connect/></Response>", "without <Stream>"),
            ("<Response><Connect><Stream/></Connect></Response>", "without url"),
            ("<Response><Connect><Stream url='wss://a/b?c=d'/></Connect></Response>", "query string"),
            (long.as_str(), "500 characters"),
            (&" ".repeat(DOCUMENT_BYTES_MAX + 1), "more than"),
        ] {
            let told = parse(document).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
        assert_eq!(parse("<Response/>").unwrap(), []);
    }
}
