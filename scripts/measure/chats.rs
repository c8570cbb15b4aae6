//! What chats cost: a thousand that wait and a hundred that answer, over real sockets, with a real store.
//!
//! The server is a process of its own, so that its memory is only its own.

#[allow(dead_code)]
#[path = "../../tests/doors/chat_house.rs"]
mod chat_house;

use candor::server::ChatTerms;
use chat_house::{ChatPlan, expecting};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const MEMORY_KB_GOAL: f64 = 40.0;
const REPLY_MS_GOAL: f64 = 50.0;
/// Somebody who types fast sends something this often.
const THINKS: Duration = Duration::from_millis(1_000);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => serve().await,
        idle => {
            let idle = idle.and_then(|n| n.parse().ok()).unwrap_or(1_000);
            let busy = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100);
            let answers = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(30);
            measure(idle, busy, answers).await;
        }
    }
}

/// A server that says where it is, and goes when its input ends.
async fn serve() {
    let terms = ChatTerms { chats_max: 100_000, ..ChatTerms::default() };
    let house = ChatPlan { terms, ..ChatPlan::default() }.open().await;
    println!("{}", house.address);
    let until_closed = || std::io::stdin().read_to_end(&mut Vec::new());
    let _ = tokio::task::spawn_blocking(until_closed).await;
}

async fn measure(idle: usize, busy: usize, answers: usize) {
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut address = String::new();
    let out = server.stdout.take().expect("its output is piped");
    BufReader::new(out).read_line(&mut address).expect("it says where it is");
    let address = address.trim().to_owned();

    // What the first chats bring along is not what one more costs.
    let mut waiting = open(&address, 50).await;
    let before = memory_kb(&server);
    waiting.extend(open(&address, idle).await);
    let after = memory_kb(&server);
    let each = (after - before) / idle as f64;

    let mut talks = Vec::new();
    for page in open(&address, busy).await {
        talks.push(tokio::spawn(talk(page, answers)));
        tokio::time::sleep(THINKS / busy as u32).await;
    }
    let mut took: Vec<f64> = Vec::new();
    for talk in talks {
        took.extend(talk.await.expect("no panic"));
    }
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!("{idle} idle chats: {each:.1} KB each (goal {MEMORY_KB_GOAL}; server {after:.0} KB with them)");
    println!(
        "{busy} busy chats beside them, {} replies: median {:.1} ms, p90 {:.1} ms, p99 {:.1} ms (goal {REPLY_MS_GOAL}), longest {:.1} ms",
        took.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    let good = each <= MEMORY_KB_GOAL && at(0.99) <= REPLY_MS_GOAL;
    drop(waiting);
    drop(server.stdin.take());
    let _ = server.wait();
    std::process::exit(if good { 0 } else { 1 });
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Chats that were shown the notice and wait.
async fn open(address: &str, many: usize) -> Vec<Socket> {
    let mut all = Vec::new();
    for _ in 0..many {
        let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/chat/harbor"))
            .await
            .expect("it connects");
        socket.send(json!({"type": "start"}).to_string().into()).await.expect("it is taken");
        turn(&mut socket).await;
        all.push(socket);
    }
    all
}

/// Answers question after question, and gives how long each reply took, in milliseconds.
async fn talk(mut socket: Socket, answers: usize) -> Vec<f64> {
    let mut took = Vec::new();
    let mut says = json!({"type": "choice", "value": "affirm"});
    for line in ["l3", "l4", "l5"] {
        let seen = json!({"type": "seen", "line": line}).to_string();
        socket.send(seen.into()).await.expect("it is taken");
    }
    for _ in 0..answers {
        let asked = Instant::now();
        socket.send(says.to_string().into()).await.expect("it is taken");
        let events = turn(&mut socket).await;
        took.push(asked.elapsed().as_secs_f64() * 1e3);
        says = match expecting(&events) {
            "question:name" => json!({"type": "text", "text": "Jane Doe"}),
            waits if waits.starts_with("question:") => json!({"type": "choice", "value": "skip"}),
            waits if waits.starts_with("consent:") => json!({"type": "choice", "value": "deny"}),
            waits if waits.starts_with("confirm:") => json!({"type": "choice", "value": "affirm"}),
            "nothing" => break,
            _ => json!({"type": "text", "text": "who is this?"}),
        };
        tokio::time::sleep(THINKS).await;
    }
    took
}

async fn turn(socket: &mut Socket) -> Vec<Value> {
    let mut events = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        let Ok(event) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else {
            continue;
        };
        let last = matches!(event["type"].as_str(), Some("listening" | "ended"));
        events.push(event);
        if last {
            break;
        }
    }
    events
}

/// What the process holds in memory.
fn memory_kb(of: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", of.id())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux says");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}
