//! Many replays, counted and grouped by cause; and the same for machines: JSON, JUnit XML, Markdown.

use super::{Cause, Ending, Mode, Replayed, Stopped};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _};

/// Of one call no more differences are kept.
const DIFFERENCES_MAX: usize = 40;
/// A summary for people names no more calls of one cause.
const NAMED_MAX: usize = 20;

/// A call in which something decisive differs.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its place among the calls, which is the order in which they are told.
    pub order: u64,
    /// What the replay found.
    pub replayed: Replayed,
    /// What it came to.
    pub recorded: Ending,
    /// What it would come to, where that was asked.
    pub foreseen: Option<Ending>,
}

/// What came of all calls.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    same: Vec<(u64, String)>,
    findings: Vec<Finding>,
    unplayed: Vec<Unplayed>,
    what_if: u64,
    exact: u64,
    otherwise: u64,
    entries: u64,
}

/// A call that could not be replayed to the end; what was replayed of it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unplayed {
    order: u64,
    call_id: String,
    why: String,
    /// Whether it is not what was written.
    is_fault: bool,
}

impl Verdict {
    /// Counts one replay. `foreseen` is asked only of calls that differ.
    pub fn add(
        &mut self,
        order: u64,
        mut replayed: Replayed,
        recorded: impl FnOnce() -> Ending,
        foreseen: impl FnOnce() -> Option<Ending>,
    ) {
        match replayed.mode {
            Mode::Exact => self.exact += 1,
            Mode::WhatIf => self.what_if += 1,
        }
        self.entries += replayed.compared;
        if replayed.differs() {
            replayed.differences.truncate(DIFFERENCES_MAX);
            self.findings.push(Finding { order, replayed, recorded: recorded(), foreseen: foreseen() });
            return;
        }
        self.otherwise += u64::from(!replayed.differences.is_empty());
        // What was passed over is not as recorded: nobody knows what it was.
        let (how, unreadable) = match (replayed.first_unread, replayed.stopped) {
            (Some(first @ Stopped::Unreadable { is_fault: true, .. }), _) => ("not compared", Some(first)),
            (_, Some(stopped @ Stopped::Unreadable { .. })) => ("not replayable", Some(stopped)),
            (first, _) => ("not compared", first),
        };
        let Some(Stopped::Unreadable { entry, why, is_fault, .. }) = unreadable else {
            self.same.push((order, replayed.call_id));
            return;
        };
        let why = match how {
            "not replayable" => format!("not replayable from entry {entry}: it {why}"),
            _ if replayed.unread > 1 => {
                format!(
                    "{} entries cannot be compared, the first is entry {entry}: it {why}",
                    replayed.unread
                )
            }
            _ => format!("entry {entry} cannot be compared: it {why}"),
        };
        match is_fault {
            true => self.damaged(order, replayed.call_id, why),
            false => self.unplayed(order, replayed.call_id, why),
        }
    }

    /// Counts a call that could not be replayed at all.
    pub fn unplayed(&mut self, order: u64, call_id: String, why: String) {
        self.unplayed.push(Unplayed { order, call_id, why, is_fault: false });
    }

    /// Counts a call that could not be replayed because it is not what was written.
    pub fn damaged(&mut self, order: u64, call_id: String, why: String) {
        self.unplayed.push(Unplayed { order, call_id, why, is_fault: true });
    }

    /// How many calls are not what was written.
    pub fn faults(&self) -> usize {
        self.unplayed.iter().filter(|call| call.is_fault).count()
    }

    /// Takes in what another thread counted.
    pub fn join(&mut self, other: Verdict) {
        self.same.extend(other.same);
        self.findings.extend(other.findings);
        self.unplayed.extend(other.unplayed);
        self.what_if += other.what_if;
        self.exact += other.exact;
        self.otherwise += other.otherwise;
        self.entries += other.entries;
    }

    /// Puts everything in the order of the calls.
    pub fn sort(&mut self) {
        self.same.sort();
        self.findings.sort_by_key(|finding| finding.order);
        self.unplayed.sort();
    }

    /// Whether a call differs in something decisive.
    pub fn differs(&self) -> bool {
        !self.findings.is_empty()
    }

    /// The calls that differ.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The calls that could not be replayed to the end, and why.
    pub fn unreplayed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unplayed.iter().map(|call| (call.call_id.as_str(), call.why.as_str()))
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.same.len() + self.findings.len() + self.unplayed.len()
    }

    /// The calls that differ, by cause, the most frequent first.
    pub fn groups(&self) -> Vec<(String, Vec<&Finding>)> {
        let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            let name = finding.replayed.cause.as_ref().map_or("unknown", |cause| cause.name.as_str());
            groups.entry(name).or_default().push(finding);
        }
        let mut groups: Vec<_> = groups.into_iter().map(|(name, all)| (name.to_owned(), all)).collect();
        groups.sort_by_key(|(_, all)| std::cmp::Reverse(all.len()));
        groups
    }

    /// One line over all.
    pub fn headline(&self) -> String {
        let mut line = format!(
            "{} calls, {} entries: {} as recorded, {} differ, {} not replayable to the end",
            self.calls(),
            self.entries,
            self.same.len(),
            self.findings.len(),
            self.unplayed.len(),
        );
        if self.what_if > 0 {
            let _ = write!(
                line,
                "\nwhat-if: {} of them did not run on this script, and are judged as if they had",
                self.what_if
            );
        }
        if self.otherwise > 0 {
            let _ = write!(line, "\n{} calls differ only in what decides nothing", self.otherwise);
        }
        line
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = self.headline() + "\n";
        for (name, group) in self.groups() {
            let _ = write!(out, "\n{name}: {} {}\n", group.len(), calls(group.len()));
            for because in because(&group) {
                let _ = writeln!(out, "  because: {because}");
            }
            for finding in group.iter().take(NAMED_MAX) {
                let _ = writeln!(out, "  {}", finding.replayed.call_id);
                let _ = writeln!(out, "    {}", finding.replayed.first.as_deref().unwrap_or(""));
                if let Some(foreseen) = &finding.foreseen {
                    let _ = writeln!(out, "    {}", forecast(&finding.recorded, foreseen));
                }
            }
            if group.len() > NAMED_MAX {
                let _ = writeln!(out, "  and {} more", group.len() - NAMED_MAX);
            }
        }
        if !self.unplayed.is_empty() {
            out.push('\n');
        }
        for Unplayed { call_id, why, .. } in self.unplayed.iter().take(NAMED_MAX) {
            let _ = writeln!(out, "{call_id}: {why}");
        }
        if self.unplayed.len() > NAMED_MAX {
            let _ = writeln!(out, "and {} more that could not be replayed", self.unplayed.len() - NAMED_MAX);
        }
        out
    }

    /// For machines.
    pub fn json(&self) -> Value {
        let call = |finding: &&Finding| {
            let mut value = json!(finding.replayed);
            value["recorded"] = json!(finding.recorded);
            value["foreseen"] = json!(finding.foreseen);
            value
        };
        let groups: Vec<Value> = self
            .groups()
            .iter()
            .map(|(name, group)| {
                json!({
                    "cause": name,
                    "because": because(group),
                    "calls": group.iter().map(call).collect::<Vec<_>>(),
                })
            })
            .collect();
        let unplayed: Vec<Value> =
            self.unplayed.iter().map(|call| json!({"call_id": call.call_id, "why": call.why})).collect();
        json!({
            "candor_replay": 1,
            "calls": self.calls(),
            "entries": self.entries,
            "same": self.same.len(),
            "differ": self.findings.len(),
            "differ_in_nothing_decisive": self.otherwise,
            "exact": self.exact,
            "what_if": self.what_if,
            "groups": groups,
            "not_replayable": unplayed,
        })
    }

    /// For a forge: a summary of a check.
    pub fn markdown(&self) -> String {
        let title = match (self.differs(), self.what_if > 0, self.faults()) {
            (true, true, _) => "calls would differ",
            (true, false, _) => "calls differ from what was recorded",
            (false, _, 1..) => "calls are not what was written",
            (false, _, 0) => "nothing decisive differs",
        };
        let mut out = format!("## Replay: {title}\n\n{}\n\n", self.headline().replace('\n', "  \n"));
        if self.differs() {
            out.push_str("| cause | calls | because |\n|---|---|---|\n");
            for (name, group) in self.groups() {
                let because: Vec<String> = because(&group).iter().map(|b| cell(b)).collect();
                let _ = writeln!(out, "| {} | {} | {} |", cell(&name), group.len(), because.join("<br>"));
            }
        }
        for (name, group) in self.groups() {
            let _ = write!(out, "\n### {name}\n\n| call | first divergence | would end |\n|---|---|---|\n");
            for finding in group.iter().take(NAMED_MAX) {
                let first = cell(finding.replayed.first.as_deref().unwrap_or(""));
                // Where nothing was foreseen, the recorded call goes on with other words.
                let ends = finding.foreseen.as_ref().map(|f| forecast(&finding.recorded, f));
                let ends = ends.unwrap_or_else(|| "as it did".into());
                let _ = writeln!(out, "| `{}` | {first} | {} |", finding.replayed.call_id, cell(&ends));
            }
            if group.len() > NAMED_MAX {
                let _ = writeln!(out, "\nand {} more.", group.len() - NAMED_MAX);
            }
        }
        if !self.unplayed.is_empty() {
            out.push_str("\n### Not replayable to the end\n\n");
            for Unplayed { call_id, why, .. } in self.unplayed.iter().take(NAMED_MAX) {
                let _ = writeln!(out, "* `{call_id}`: {}", cell(why));
            }
            if self.unplayed.len() > NAMED_MAX {
                let _ = writeln!(out, "\nand {} more.", self.unplayed.len() - NAMED_MAX);
            }
        }
        out
    }

    /// For CI: JUnit XML, a test case for each call. What cannot be replayed is skipped, which is no success; what is
    /// not what was written is an error.
    pub fn junit(&self) -> String {
        let mut cases: Vec<(u64, String)> = Vec::with_capacity(self.calls());
        let case = |id: &str| format!("  <testcase classname=\"replay\" name=\"{}\"", xml(id));
        for (order, id) in &self.same {
            cases.push((*order, case(id) + "/>\n"));
        }
        for Unplayed { order, call_id, why, is_fault } in &self.unplayed {
            let why = xml(why);
            let inside = match is_fault {
                true => format!("<error type=\"not what was written\" message=\"{why}\"/>"),
                false => format!("<skipped message=\"{why}\"/>"),
            };
            cases.push((*order, format!("{}>{inside}</testcase>\n", case(call_id))));
        }
        for finding in &self.findings {
            let replayed = &finding.replayed;
            let cause = replayed.cause.as_ref().map_or("unknown", |cause| cause.name.as_str());
            let first = replayed.first.as_deref().unwrap_or("");
            let mut body = String::new();
            for difference in replayed.differences.iter().filter(|d| d.kind.is_decisive()) {
                let side = |shown: &Option<super::Shown>| {
                    shown.as_ref().map_or("nothing".to_owned(), |shown| shown.words.clone())
                };
                let _ = writeln!(
                    body,
                    "entry {} at {} ms, {}: recorded: {}; now: {}",
                    difference.entry,
                    difference.at_ms,
                    difference.kind.name(),
                    side(&difference.recorded),
                    side(&difference.replayed),
                );
            }
            let text = format!(
                "{}>\n    <failure type=\"{}\" message=\"{}\">{}</failure>\n  </testcase>\n",
                case(&replayed.call_id),
                xml(cause),
                xml(first),
                xml(&body),
            );
            cases.push((finding.order, text));
        }
        cases.sort_by_key(|(order, _)| *order);
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
            self.calls(),
            self.findings.len(),
            self.faults(),
            self.unplayed.len() - self.faults(),
        );
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n<testsuite name=\"candor replay\" {counts}>\n"
        );
        cases.iter().for_each(|(_, text)| out.push_str(text));
        out.push_str("</testsuite>\n</testsuites>\n");
        out
    }
}

/// Everything that is said to have brought a group about, once.
fn because(group: &[&Finding]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for cause in group.iter().filter_map(|finding| finding.replayed.cause.as_ref()) {
        let Cause { because, .. } = cause;
        let new = because.iter().filter(|b| !all.contains(b)).cloned().collect::<Vec<_>>();
        all.extend(new);
    }
    all.truncate(8);
    all
}

/// How a call would end, beside how it did.
fn forecast(recorded: &Ending, foreseen: &Ending) -> String {
    let mut moved = Vec::new();
    if recorded.gate_opened != foreseen.gate_opened {
        let gate = |opened: bool| if opened { "opened" } else { "never opened" };
        moved.push(format!("gate {} \u{2192} {}", gate(recorded.gate_opened), gate(foreseen.gate_opened)));
    }
    for (recipient, then) in &recorded.consents {
        let now = foreseen.consents.iter().find(|(of, _)| of == recipient).map(|(_, decision)| *decision);
        if now != Some(*then) {
            let word = |decision: Option<_>| {
                decision.map_or("not decided".to_owned(), |d| super::difference::word(&d))
            };
            moved.push(format!("consent {recipient} {} \u{2192} {}", word(Some(*then)), word(now)));
        }
    }
    for (recipient, now) in &foreseen.consents {
        if !recorded.consents.iter().any(|(of, _)| of == recipient) {
            moved.push(format!("consent {recipient} not decided \u{2192} {}", super::difference::word(now)));
        }
    }
    if recorded.outcome != foreseen.outcome {
        let word = |outcome| super::difference::word(&outcome);
        moved.push(format!("outcome {} \u{2192} {}", word(recorded.outcome), word(foreseen.outcome)));
    }
    match moved.is_empty() {
        true => "forecast: the same gate, consents and outcome".into(),
        false => format!("forecast: {}", moved.join("; ")),
    }
}

fn calls(count: usize) -> &'static str {
    if count == 1 { "call" } else { "calls" }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

/// Text within XML; characters that XML cannot hold at all are left out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
