//! Clients that nobody here wrote hold a conversation: `botframework-directlinejs`, and one of Rasa's REST channel.

use crate::chat_house::*;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Reads the notice by its buttons, acknowledges it, gives a name, and ends; prints what it was told.
const DIRECT_LINE: &str = r#"
global.XMLHttpRequest = require("./xhr.js");
global.WebSocket = global.WebSocket || class {};
const { DirectLine } = require("botframework-directlinejs");
const line = new DirectLine({ domain: process.argv[2], token: "begin", webSocket: false, pollingInterval: 200 });
const from = { id: "caller" };
const post = (text) => new Promise((done, failed) =>
  line.postActivity({ type: "message", from, text }).subscribe(done, failed));
const told = [];
let step = 0;
line.activity$.subscribe(async (activity) => {
  if (activity.type === "endOfConversation") {
    console.log(JSON.stringify(told));
    process.exit(0);
  }
  if (activity.from.id === from.id) return told.push({ me: activity.text });
  const card = (activity.attachments || [])[0];
  told.push({ text: card ? card.content.text : activity.text });
  if (card) await post(card.content.buttons[0].value);
  const actions = (activity.suggestedActions || { actions: [] }).actions;
  if (step === 0 && actions.some((a) => a.value === "/choice affirm")) {
    step = 1;
    await post("/choice affirm");
  } else if (step === 1 && /first and last name|your name/i.test(activity.text || "")) {
    step = 2;
    await post("Jane Doe");
  } else if (step === 2) {
    step = 3;
    await post("/end");
  }
});
setTimeout(() => { console.error("no end:", JSON.stringify(told)); process.exit(1); }, 40000);
"#;

/// Node has no XMLHttpRequest; this much of one is what that client uses.
const XHR: &str = r#"
module.exports = class {
  open(method, url) { Object.assign(this, { method, url, headers: {}, readyState: 1 }); }
  setRequestHeader(name, value) { this.headers[name] = value; }
  getAllResponseHeaders() { return ""; }
  getResponseHeader(name) { return this.answer ? this.answer.headers.get(name) : null; }
  abort() {}
  addEventListener(name, listener) { this["on" + name] = listener; }
  async send(body) {
    try {
      this.answer = await fetch(this.url, { method: this.method, headers: this.headers, body });
      this.status = this.answer.status;
      this.responseText = await this.answer.text();
      this.response = this.responseType === "json" ? JSON.parse(this.responseText || "null") : this.responseText;
      this.readyState = 4;
      if (this.onreadystatechange) this.onreadystatechange({});
      if (this.onload) this.onload({});
    } catch (error) {
      if (this.onerror) this.onerror(error);
    }
  }
};
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_line_client_holds_a_conversation() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules");
    if !modules.join("botframework-directlinejs").is_dir() {
        return eprintln!("SKIPPED: no botframework-directlinejs in target/npm: scripts/test installs it");
    }
    let house = ChatHouse::new().await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("directline-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("xhr.js"), XHR).unwrap();
    std::fs::write(folder.join("client.js"), DIRECT_LINE).unwrap();
    let domain = house.http("/chat/harbor/v3/directline");
    let client = folder.join("client.js");
    let run = move || {
        let mut node = Command::new("node");
        node.env("NODE_PATH", modules)
            .arg(client)
            .arg(domain)
            .stdin(Stdio::null())
            .output()
            .expect("node starts")
    };
    let out = tokio::task::spawn_blocking(run).await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert!(told.to_string().contains("42 CFR Part 2"), "{told}");
    assert!(told.as_array().unwrap().contains(&json!({"me": "Jane Doe"})), "its own words come back: {told}");
    let records = house.records().await;
    assert_eq!(records[0]["disclosure"]["acknowledgement"], "affirmed", "{told:#}");
    assert_eq!(records[0]["questions"][0]["id"], "name");
}

#[tokio::test]
async fn a_client_of_rasas_rest_channel_holds_a_conversation() {
    let house = ChatHouse::new().await;
    let address = house.http("/chat/harbor/webhooks/rest/webhook");
    let post = async |sender: &str, message: &str| {
        let said = json!({"sender": sender, "message": message});
        let answer = house.client.post(&address).json(&said).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let sender = "0af3c8d2b1e94c77";
    let (status, lines) = post(sender, "hi").await;
    let lines = lines.as_array().unwrap();
    assert_eq!((status, lines.len()), (200, 6), "{lines:#?}");
    assert!(lines.iter().all(|line| line["recipient_id"] == sender));
    assert_eq!(lines[5]["buttons"][0]["payload"], "/choice affirm");

    // A yes before the parts were read opens nothing.
    let (_, again) = post(sender, "yes").await;
    let parts: Vec<String> = again
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["buttons"][0]["payload"].as_str())
        .filter(|payload| payload.starts_with("/seen "))
        .map(str::to_owned)
        .collect();
    assert_eq!(parts.len(), 3, "the notice is shown again");
    for seen in &parts {
        assert_eq!(post(sender, seen).await, (200, json!([])));
    }
    let (_, answer) = post(sender, "/choice affirm").await;
    assert!(answer.to_string().contains("name"), "{answer}");
    let (_, answer) = post(sender, "Jane Doe").await;
    assert!(!answer.as_array().unwrap().is_empty());

    // Another sender is another chat, and a name that others can guess is none.
    let (_, other) = post("another-name-nobody-knows", "hi").await;
    assert!(other.to_string().contains("automated assistant"));
    assert_eq!(post("test", "hi").await.0, 400);
    post(sender, "/end").await;
    post("another-name-nobody-knows", "/end").await;
    let records = house.records().await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["disclosure"]["acknowledgement"], "affirmed");
    assert_eq!(records[1]["disclosure"]["acknowledgement"], "none");
}
