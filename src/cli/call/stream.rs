//! One media stream as the provider sees it: text messages in, text messages out, time as an argument.
//! No socket and no clock, so that what a provider does can be tested in virtual time.
//! Message shapes: Twilio, "Media Streams: WebSocket messages".

use super::{
    caller::{Move, Plays},
    clip::{Clip, is_audible},
    gauge::{Gauge, Measured},
    playout::Playout,
    script::Utterance,
    turns::Turns,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Arc};

/// Samples in a frame of 20 ms.
pub const FRAME: usize = 160;
/// A message larger than this is no message of the protocol.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Keys are pressed this far apart.
const KEY_GAP: u64 = 250 * 8;

/// Who is on the line.
#[derive(Clone, Debug)]
pub struct Ids {
    /// `AC` and 32 hexadecimal digits.
    pub account: String,
    /// `CA` and 32 hexadecimal digits.
    pub call: String,
    /// `MZ` and 32 hexadecimal digits.
    pub stream: String,
}

/// Something to tell whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notable {
    /// The caller begins to say this.
    Says {
        /// The words.
        caption: String,
        /// Over the agent's speech.
        over: bool,
    },
    /// The caller presses this key.
    Presses(char),
    /// The agent's queued audio was cleared; so much of it was never heard, in milliseconds.
    Cleared(u64),
    /// The provider would have warned.
    Warning(String),
}

/// How the caller ends the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// By hanging up, as the script says.
    HangsUp,
    /// Because the script cannot go on: why.
    Stuck(String),
}

/// The provider's side of a stream, with a caller on it.
pub struct Stream {
    ids: Ids,
    caller: Box<dyn Plays>,
    playout: Playout,
    turns: Turns,
    gauge: Gauge,
    talk: Option<Talk>,
    keys: VecDeque<char>,
    next_key_at: u64,
    frames: u64,
    sequence: u64,
    noise: u32,
    said: Vec<u8>,
    notable: Vec<Notable>,
    leaves: Option<Leaves>,
    notice_lines: Vec<String>,
    marks: u64,
}

/// An utterance on its way.
struct Talk {
    utterance: Utterance,
    sent: usize,
    expecting: Option<String>,
    over: bool,
}

/// What a stream leaves behind.
pub struct Heard {
    /// What the caller heard, mu-law, from the stream's beginning.
    pub agent: Vec<u8>,
    /// What the caller said, likewise.
    pub caller: Vec<u8>,
    /// What was measured.
    pub measured: Measured,
}

impl Stream {
    /// A stream on which `caller` is about to listen.
    pub fn new(ids: Ids, caller: Box<dyn Plays>) -> Stream {
        Stream {
            ids,
            caller,
            playout: Playout::default(),
            turns: Turns::default(),
            gauge: Gauge::default(),
            talk: None,
            keys: VecDeque::new(),
            next_key_at: 0,
            frames: 0,
            sequence: 1,
            noise: 0x2545_f491,
            said: Vec::new(),
            notable: Vec::new(),
            leaves: None,
            notice_lines: Vec::new(),
            marks: 0,
        }
    }

    /// The messages that open the stream.
    pub fn opening(&self, parameters: &std::collections::BTreeMap<String, String>) -> [String; 2] {
        let Ids { account, call, stream } = &self.ids;
        let connected = json!({"event": "connected", "protocol": "Call", "version": "1.0.0"});
        let start = json!({
            "event": "start", "sequenceNumber": "1", "streamSid": stream,
            "start": {
                "accountSid": account, "streamSid": stream, "callSid": call, "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": parameters,
            },
        });
        [connected.to_string(), start.to_string()]
    }

    /// The message that ends it.
    pub fn closing(&mut self) -> String {
        let Ids { account, call, .. } = self.ids.clone();
        self.message("stop", json!({"accountSid": account, "callSid": call}))
    }

    /// 20 ms have passed and it is sample `now`: what is to be sent.
    pub fn tick(&mut self, now: u64) -> Vec<String> {
        self.playout.advance(now);
        let mut out = self.echoes();
        self.move_on(now);
        if let Some(key) = self.key(now) {
            out.push(self.message("dtmf", json!({"track": "inbound_track", "digit": key.to_string()})));
            self.notable.push(Notable::Presses(key));
        }
        let payload = self.frame(now);
        let media = json!({
            "track": "inbound",
            "chunk": (self.frames + 1).to_string(),
            "timestamp": (self.frames * 20).to_string(),
            "payload": STANDARD.encode(&payload),
        });
        self.said.extend_from_slice(&payload);
        self.frames += 1;
        out.push(self.message("media", media));
        out
    }

    /// A text message arrived at sample `now`: what is to be sent back at once.
    pub fn receive(&mut self, now: u64, text: &str) -> Vec<String> {
        if text.len() > MESSAGE_BYTES_MAX {
            self.warn("31951: a message of more than 1 MB".into());
            return Vec::new();
        }
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            self.warn("31951: a message that is not JSON".into());
            return Vec::new();
        };
        if message["streamSid"].as_str() != Some(&self.ids.stream) {
            self.warn("31951: a message without this stream's streamSid, dropped".into());
            return Vec::new();
        }
        match message["event"].as_str() {
            Some("media") => match message["media"]["payload"].as_str().map(|p| STANDARD.decode(p)) {
                Some(Ok(audio)) => self.audio(now, audio),
                _ => self.warn("31951: media without a base64 payload".into()),
            },
            Some("mark") => match message["mark"]["name"].as_str() {
                Some(name) => {
                    self.marks += 1;
                    self.playout.mark(now, name.to_string());
                }
                None => self.warn("31951: a mark without a name".into()),
            },
            Some("clear") => {
                let dropped = self.playout.clear(now) as u64;
                self.turns.cleared(now / 8);
                self.gauge.cleared(now);
                self.notable.push(Notable::Cleared(dropped / 8));
            }
            _ => self.warn("31951: an unknown event".into()),
        }
        self.echoes()
    }

    /// A binary message arrived.
    pub fn receive_binary(&mut self) {
        self.warn("31950: a binary message".into());
    }

    /// An event of the server's live feed arrived.
    pub fn feed(&mut self, now: u64, event: &Value) {
        self.turns.feed(now / 8, event);
        let text = |name: &str| event[name].as_str().unwrap_or_default();
        match text("event") {
            "line" if text("kind") == "notice" => self.notice_lines.push(text("id").to_string()),
            "heard" if event["complete"] == true && self.notice_lines.iter().any(|l| l == text("line")) => {
                self.gauge.notice_heard(now);
            }
            _ => {}
        }
    }

    /// What there is to tell since the last time.
    pub fn notable(&mut self) -> Vec<Notable> {
        std::mem::take(&mut self.notable)
    }

    /// Whether the caller leaves, and how.
    pub fn leaves(&self) -> Option<&Leaves> {
        self.leaves.as_ref()
    }

    /// Whether the caller has nothing more to say.
    pub fn is_done(&self) -> bool {
        self.caller.is_done() && self.talk.is_none()
    }

    /// The last `samples` samples of both sides: caller, agent.
    pub fn latest(&self, samples: usize) -> (&[u8], &[u8]) {
        let tail = |side: &'_ [u8]| side.len().saturating_sub(samples);
        let (said, heard) = (&self.said[..], self.playout.heard());
        (&said[tail(said)..], &heard[tail(heard)..])
    }

    /// Everything that was heard, said and measured.
    pub fn finish(mut self) -> Heard {
        if self.playout.discarded() > 0 {
            self.warn(format!("31931: {} samples beyond ten minutes discarded", self.playout.discarded()));
        }
        Heard { agent: self.playout.heard().to_vec(), caller: self.said, measured: self.gauge.finish() }
    }

    fn message(&mut self, event: &str, body: Value) -> String {
        self.sequence += 1;
        let mut message = json!({
            "event": event, "sequenceNumber": self.sequence.to_string(), "streamSid": self.ids.stream,
        });
        message[event] = body;
        message.to_string()
    }

    fn echoes(&mut self) -> Vec<String> {
        let names = self.playout.echoes();
        names.into_iter().map(|name| self.message("mark", json!({ "name": name }))).collect()
    }

    fn warn(&mut self, what: String) {
        self.gauge.protocol_error(what.clone());
        self.notable.push(Notable::Warning(what));
    }

    fn audio(&mut self, now: u64, audio: Vec<u8>) {
        let length = audio.len() as u64;
        let first = audio.iter().position(|b| is_audible(*b));
        let last = audio.iter().rposition(|b| is_audible(*b));
        let Some(plays_at) = self.playout.audio(now, audio) else { return };
        let audible = first.zip(last).map(|(first, last)| (plays_at + first as u64, plays_at + last as u64));
        self.gauge.audio(now, plays_at, length, audible.map(|(first, _)| first));
        let in_ms = audible.map(|(first, last)| (first / 8, last / 8 + 1));
        self.turns.audio(plays_at / 8, (plays_at + length) / 8, in_ms);
    }

    /// Lets the caller do what its script says, unless it is speaking or pressing keys.
    fn move_on(&mut self, now: u64) {
        if self.talk.is_some() || !self.keys.is_empty() || self.leaves.is_some() {
            return;
        }
        let expecting = self.turns.turn(now / 8).and_then(|turn| turn.expecting);
        match self.caller.poll(now / 8, &self.turns) {
            None => {}
            Some(Move::Say(utterance)) => {
                let over = self.turns.agent_speaks(now / 8);
                self.turns.taken();
                self.notable.push(Notable::Says { caption: utterance.caption.clone(), over });
                self.talk = Some(Talk { utterance, sent: 0, expecting, over });
            }
            Some(Move::Press(keys)) => {
                self.turns.taken();
                self.keys.extend(keys.chars());
            }
            Some(Move::HangUp) => self.leaves = Some(Leaves::HangsUp),
            Some(Move::Stuck(why)) => self.leaves = Some(Leaves::Stuck(why)),
        }
    }

    fn key(&mut self, now: u64) -> Option<char> {
        if now < self.next_key_at {
            return None;
        }
        let key = self.keys.pop_front()?;
        self.next_key_at = now + KEY_GAP;
        Some(key)
    }

    /// The caller's next 20 ms: speech while there is some, comfort noise otherwise.
    fn frame(&mut self, now: u64) -> Vec<u8> {
        let mut frame: Vec<u8> = (0..FRAME).map(|_| self.comfort_noise()).collect();
        let Some(talk) = &mut self.talk else { return frame };
        let clip: Arc<Clip> = Arc::clone(&talk.utterance.clip);
        let piece = &clip.mulaw()[talk.sent..(talk.sent + FRAME).min(clip.mulaw().len())];
        frame[..piece.len()].copy_from_slice(piece);
        let (before, after) = (talk.sent, talk.sent + piece.len());
        talk.sent = after;
        let (onset, end) = (clip.speech().start, clip.speech().end - 1);
        if talk.over && (before..after).contains(&onset) {
            self.gauge.interrupted(now, &talk.utterance.caption);
        }
        if !talk.over && (before..after).contains(&end) {
            self.gauge.spoke(now, &talk.utterance.caption, talk.expecting.take());
        }
        if after == clip.mulaw().len() {
            self.talk = None;
        }
        frame
    }

    /// A line is never quite silent: samples of -8, 0 and 8 by a linear congruential generator.
    fn comfort_noise(&mut self) -> u8 {
        self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [0xff, 0xfe, 0x7f, 0x7e][(self.noise >> 30) as usize]
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
