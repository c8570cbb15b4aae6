//! The order of a call as a graph: what is said after what, and what each step proves.

use super::{Elicits, Expecting, Program, Question, ReadBack};
use std::fmt::Write;

/// Where a node stands in [`Graph::nodes`].
pub type NodeId = usize;

/// What a node is for; decides how it is drawn, and what is proved about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// The caller is connected. Exactly one.
    Start,
    /// A line that is only said.
    Line,
    /// A part of the notice, counted from 0.
    Notice(u8),
    /// The acknowledgement question.
    Acknowledge,
    /// A question that elicits nothing about substance use.
    Plain,
    /// The question whether a recipient may receive something.
    Consent,
    /// Full name and "I agree", under a yes.
    Signature,
    /// A question that elicits SUD information. Only behind the gate.
    Sensitive,
    /// The call ends here, or goes to a person.
    End,
}

/// A step of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `question:substance`, `notice:b`; unique.
    pub name: String,
    /// What it is for.
    pub kind: NodeKind,
}

/// What taking an edge proves, or takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// This part of the notice was heard to its end.
    Heard(u8),
    /// The caller said a clear yes to the acknowledgement question: the gate opens.
    Acknowledged,
    /// The caller wants no more of it: the gate closes.
    Withdrawn,
}

/// A way from one step to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// From here. `None`: from every node that is no end.
    pub from: Option<NodeId>,
    /// To here. `None`: back to where it came from.
    pub to: Option<NodeId>,
    /// What happened: "heard to its end", "yes".
    pub label: String,
    /// What that proves.
    pub mark: Option<Mark>,
}

/// A script's steps and the ways between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Every step; the first [`NodeKind::Start`] is where a call begins.
    pub nodes: Vec<Node>,
    /// Every way.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// Adds a step.
    pub fn node(&mut self, name: impl Into<String>, kind: NodeKind) -> NodeId {
        self.nodes.push(Node { name: name.into(), kind });
        self.nodes.len() - 1
    }

    /// Adds a way.
    pub fn edge(&mut self, from: NodeId, to: NodeId, label: &str, mark: Option<Mark>) {
        self.edges.push(Edge { from: Some(from), to: Some(to), label: label.into(), mark });
    }

    /// Adds a way that is open at every step.
    pub fn anywhere(&mut self, to: Option<NodeId>, label: &str, mark: Option<Mark>) {
        self.edges.push(Edge { from: None, to, label: label.into(), mark });
    }

    /// The ways out of `node`: the edge and where it leads.
    pub fn ways_out(&self, node: NodeId) -> impl Iterator<Item = (&Edge, NodeId)> {
        let ended = self.nodes[node].kind == NodeKind::End;
        self.edges
            .iter()
            .filter(move |e| !ended && e.from.is_none_or(|from| from == node))
            .map(move |e| (e, e.to.unwrap_or(node)))
    }

    /// The graph in Graphviz's language.
    pub fn dot(&self) -> String {
        let mut out = String::from(
            "digraph call {\n  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
        );
        for (id, node) in self.nodes.iter().enumerate() {
            let (fill, line) = node.kind.colours();
            let shape = if node.kind == NodeKind::End { ", shape=ellipse" } else { "" };
            let name = quoted(&node.name);
            let _ = writeln!(out, "  n{id} [label={name}, fillcolor=\"{fill}\", color=\"{line}\"{shape}];");
        }
        if self.edges.iter().any(|e| e.from.is_none()) {
            let _ = writeln!(out, "  any [label=\"at any step\", shape=plaintext, fillcolor=\"#ffffff\"];");
        }
        for edge in &self.edges {
            let from = edge.from.map_or("any".into(), |n| format!("n{n}"));
            let to = edge.to.map_or(from.clone(), |n| format!("n{n}"));
            let style = if edge.from.is_none() { ", style=dashed" } else { "" };
            let _ = writeln!(out, "  {from} -> {to} [label={}{style}];", quoted(&edge.text()));
        }
        out.push_str("}\n");
        out
    }

    /// The graph as a picture (SVG), drawn without any other program.
    pub fn svg(&self, title: &str) -> String {
        super::svg::draw(self, title)
    }
}

impl Edge {
    /// The label and what it proves, as drawn.
    pub fn text(&self) -> String {
        match self.mark {
            Some(Mark::Acknowledged) => format!("{}: the gate opens", self.label),
            Some(Mark::Withdrawn) => format!("{}: the gate closes", self.label),
            Some(Mark::Heard(_)) | None => self.label.clone(),
        }
    }
}

impl NodeKind {
    /// Fill and outline.
    pub(super) fn colours(self) -> (&'static str, &'static str) {
        match self {
            NodeKind::Start | NodeKind::End => ("#ffffff", "#57606a"),
            NodeKind::Line => ("#f3f4f6", "#8c959f"),
            NodeKind::Notice(_) | NodeKind::Acknowledge => ("#ddf4ff", "#0969da"),
            NodeKind::Plain => ("#eaf7ee", "#2da44e"),
            NodeKind::Consent | NodeKind::Signature => ("#fff8c5", "#bf8700"),
            NodeKind::Sensitive => ("#ffe7e4", "#cf222e"),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The order of a call of `program`: greeting, recording, the parts of the notice, its question; with a yes the
/// plain questions, the consents with their signatures, the sensitive questions; without one the plain questions
/// only; the closing. What is waited for is called as in `chat --json`: [`Expecting`].
pub fn script_graph(program: &Program) -> Graph {
    let mut graph = Graph::default();
    let start = graph.node("call", NodeKind::Start);
    let greeting = graph.node("greeting", NodeKind::Line);
    let recording = graph.node("recording", NodeKind::Line);
    graph.edge(start, greeting, "connected", None);
    graph.edge(greeting, recording, "said", None);

    let mut last = (recording, None);
    for (number, part) in program.notice.parts.iter().enumerate() {
        let number = number as u8; // at most NOTICE_PARTS_MAX
        let node = graph.node(format!("{}:{}", Expecting::Notice, part.id), NodeKind::Notice(number));
        heard(&mut graph, last, node);
        graph.edge(node, node, "cut short: said again", None);
        last = (node, Some(Mark::Heard(number)));
    }
    let acknowledge = graph.node("acknowledge", NodeKind::Acknowledge);
    heard(&mut graph, last, acknowledge);
    graph.edge(acknowledge, acknowledge, "unclear: asked again", None);

    let closing = graph.node("closing", NodeKind::Line);
    let mut here = Ways::from(acknowledge, "a clear yes", Some(Mark::Acknowledged));
    questions(&mut graph, &mut here, &program.plain, "");
    consents(&mut graph, &mut here, program);
    questions(&mut graph, &mut here, &program.sensitive, "");
    here.lead_to(&mut graph, closing);

    let declined = graph.node("declined", NodeKind::Line);
    graph.edge(acknowledge, declined, "no, or no clear yes", Some(Mark::Withdrawn));
    let mut here = Ways::from(declined, "said", None);
    questions(&mut graph, &mut here, &program.plain, " (declined)");
    here.lead_to(&mut graph, closing);

    let ended = graph.node("ended", NodeKind::End);
    graph.edge(closing, ended, "goodbye", None);
    let person = graph.node("person", NodeKind::End);
    let emergency = graph.node("emergency", NodeKind::End);
    graph.anywhere(Some(closing), "enough of these questions", Some(Mark::Withdrawn));
    graph.anywhere(None, "a permission taken back, a question, wait, repeat", None);
    if program.plain.iter().chain(&program.sensitive).any(|q| q.read_back != ReadBack::Never) {
        graph.anywhere(None, "an answer is read back, right or wrong", None);
    }
    if program.recipients.iter().any(|r| r.on_request) {
        graph.anywhere(None, "a permission that is asked about on request", None);
    }
    graph.anywhere(Some(person), "asks for a person", None);
    graph.anywhere(Some(emergency), "danger", None);
    graph.anywhere(Some(ended), "hangs up, or stays silent", None);
    graph
}

fn heard(graph: &mut Graph, (from, mark): (NodeId, Option<Mark>), to: NodeId) {
    graph.edge(from, to, "heard to its end", mark);
}

/// Questions, one after the other.
fn questions(graph: &mut Graph, here: &mut Ways, asked: &[Question], suffix: &str) {
    for question in asked {
        let kind = match question.elicits {
            Elicits::None => NodeKind::Plain,
            Elicits::Sud => NodeKind::Sensitive,
        };
        let node = graph.node(format!("{}{suffix}", Expecting::Question(question.id.clone())), kind);
        here.lead_to(graph, node);
        *here = Ways::from(node, "answered or skipped", None);
    }
}

/// What all consents share, then each consent and, under a yes, its signature.
fn consents(graph: &mut Graph, here: &mut Ways, program: &Program) {
    let mut asked = program.recipients.iter().filter(|r| !r.on_request).peekable();
    if asked.peek().is_some() {
        let shared = graph.node("consents", NodeKind::Line);
        here.lead_to(graph, shared);
        *here = Ways::from(shared, "said", None);
    }
    for recipient in asked {
        let consent = graph.node(Expecting::Consent(recipient.id.clone()).to_string(), NodeKind::Consent);
        here.lead_to(graph, consent);
        if !program.consents.sign {
            *here = Ways::from(consent, "yes, no or deferred", None);
            continue;
        }
        let signature =
            graph.node(Expecting::Signature(recipient.id.clone()).to_string(), NodeKind::Signature);
        graph.edge(consent, signature, "yes", None);
        *here = Ways::from(consent, "no or deferred", None);
        here.0.push((signature, "signed, refused or deferred", None));
    }
}

/// The open ends of the graph that is built: the next node follows by each of these ways.
struct Ways(Vec<(NodeId, &'static str, Option<Mark>)>);

impl Ways {
    fn from(node: NodeId, label: &'static str, mark: Option<Mark>) -> Ways {
        Ways(vec![(node, label, mark)])
    }

    fn lead_to(&self, graph: &mut Graph, node: NodeId) {
        for (from, label, mark) in &self.0 {
            graph.edge(*from, node, label, *mark);
        }
    }
}
