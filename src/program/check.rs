//! The proof: no sensitive question and no consent can be reached unless the whole notice was heard and then
//! acknowledged.
//!
//! The graph is walked together with what the caller has heard and said: a state is a node and the set of marks
//! earned on the way to it. Every state that can be reached is visited, so this is no sampling.

use super::graph::{Graph, Mark, NodeId, NodeKind};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
};

/// What the walk showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// How many steps the graph has.
    pub nodes: usize,
    /// How many pairs of a step and what is known there can be reached; all were visited.
    pub states: usize,
    /// How many ways were taken between them.
    pub ways: usize,
    /// How many parts the notice has.
    pub notice_parts: usize,
    /// To each sensitive question, one of the shortest routes there.
    pub routes: Vec<Route>,
}

/// The way to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The names of the steps, the first to the last.
    pub steps: Vec<String>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.steps.join(" > "))
    }
}

/// Where the proof fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hole {
    /// A call cannot begin.
    #[error("the graph has no start")]
    NoStart,
    /// There is no notice to hear.
    #[error("the graph has sensitive questions but no notice")]
    NoNotice,
    /// A sensitive question, a consent or a signature can be reached without the notice.
    #[error("`{question}` can be reached {missing}: {route}")]
    Sensitive {
        /// Which question.
        question: String,
        /// What is missing there.
        missing: &'static str,
        /// How it is reached.
        route: Route,
    },
    /// The notice can be acknowledged before it was heard.
    #[error("the notice can be acknowledged before all of it was heard: {route}")]
    Unheard {
        /// How.
        route: Route,
    },
    /// A question is never asked.
    #[error("`{question}` can never be reached")]
    Unreachable {
        /// Which.
        question: String,
    },
    /// A call cannot end.
    #[error("from `{step}` no way leads to an end")]
    Endless {
        /// Where.
        step: String,
    },
}

/// A node, the parts of the notice heard (a bit each), and whether the gate is open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    node: NodeId,
    heard: u64,
    open: bool,
}

/// Walks every state of `graph`. All holes come back, each once.
pub fn prove(graph: &Graph) -> Result<Proof, Vec<Hole>> {
    let Some(start) = graph.nodes.iter().position(|n| n.kind == NodeKind::Start) else {
        return Err(vec![Hole::NoStart]);
    };
    let whole = whole_notice(graph);
    let walk = Walk::over(graph, State { node: start, heard: 0, open: false });
    let mut holes = Vec::new();
    if whole == 0 && graph.nodes.iter().any(|n| n.kind == NodeKind::Sensitive) {
        holes.push(Hole::NoNotice);
    }
    let mut routes = Vec::new();
    for (node, step) in graph.nodes.iter().enumerate() {
        let reached: Vec<State> = walk.order.iter().copied().filter(|s| s.node == node).collect();
        let question = step.name.clone();
        match (step.kind, reached.first()) {
            (NodeKind::Sensitive | NodeKind::Plain | NodeKind::Consent | NodeKind::Signature, None) => {
                holes.push(Hole::Unreachable { question });
            }
            (NodeKind::Sensitive | NodeKind::Consent | NodeKind::Signature, Some(shortest)) => {
                let unheard = reached.iter().find(|s| s.heard & whole != whole);
                let shut = reached.iter().find(|s| !s.open);
                let missing = match (unheard, shut) {
                    (Some(state), _) => Some((state, "without the whole notice heard")),
                    (None, Some(state)) => Some((state, "without the notice acknowledged")),
                    (None, None) => None,
                };
                match missing {
                    Some((state, missing)) => {
                        holes.push(Hole::Sensitive { question, missing, route: walk.route(graph, *state) });
                    }
                    None if step.kind == NodeKind::Sensitive => routes.push(walk.route(graph, *shortest)),
                    None => {}
                }
            }
            _ => {}
        }
    }
    let early = walk
        .ways
        .iter()
        .find(|(from, mark)| *mark == Some(Mark::Acknowledged) && from.heard & whole != whole);
    if let Some((from, _)) = early {
        holes.push(Hole::Unheard { route: walk.route(graph, *from) });
    }
    holes.extend(endless(graph, &walk));
    if !holes.is_empty() {
        return Err(holes);
    }
    Ok(Proof {
        nodes: graph.nodes.len(),
        states: walk.order.len(),
        ways: walk.ways.len(),
        notice_parts: whole.count_ones() as usize,
        routes,
    })
}

/// A bit for each part of the notice.
fn whole_notice(graph: &Graph) -> u64 {
    let parts = graph.nodes.iter().filter_map(|n| match n.kind {
        NodeKind::Notice(part) => Some(bit(part)),
        _ => None,
    });
    parts.fold(0, |all, one| all | one)
}

/// A notice has at most [`super::NOTICE_PARTS_MAX`] parts; the modulus keeps a foreign graph from overflowing.
fn bit(part: u8) -> u64 {
    1 << (part % 64)
}

/// Steps that can be reached and from which no end can.
fn endless(graph: &Graph, walk: &Walk) -> Vec<Hole> {
    let reached: BTreeSet<NodeId> = walk.order.iter().map(|s| s.node).collect();
    let mut ending: BTreeSet<NodeId> =
        reached.iter().copied().filter(|&n| graph.nodes[n].kind == NodeKind::End).collect();
    loop {
        let more: Vec<NodeId> = reached
            .iter()
            .copied()
            .filter(|n| !ending.contains(n) && graph.ways_out(*n).any(|(_, to)| ending.contains(&to)))
            .collect();
        if more.is_empty() {
            break;
        }
        ending.extend(more);
    }
    reached.difference(&ending).map(|&n| Hole::Endless { step: graph.nodes[n].name.clone() }).collect()
}

/// Every state that can be reached, breadth first, so that the first visit is by a shortest route.
struct Walk {
    order: Vec<State>,
    came_from: BTreeMap<State, State>,
    ways: Vec<(State, Option<Mark>)>,
}

impl Walk {
    fn over(graph: &Graph, start: State) -> Walk {
        let mut walk = Walk { order: Vec::new(), came_from: BTreeMap::new(), ways: Vec::new() };
        let mut seen = BTreeSet::from([start]);
        let mut waiting = VecDeque::from([start]);
        while let Some(state) = waiting.pop_front() {
            walk.order.push(state);
            for (edge, to) in graph.ways_out(state.node) {
                walk.ways.push((state, edge.mark));
                let next = match edge.mark {
                    Some(Mark::Heard(part)) => State { node: to, heard: state.heard | bit(part), ..state },
                    Some(Mark::Acknowledged) => State { node: to, open: true, ..state },
                    Some(Mark::Withdrawn) => State { node: to, open: false, ..state },
                    None => State { node: to, ..state },
                };
                if seen.insert(next) {
                    walk.came_from.insert(next, state);
                    waiting.push_back(next);
                }
            }
        }
        walk
    }

    fn route(&self, graph: &Graph, to: State) -> Route {
        let mut steps = vec![graph.nodes[to.node].name.clone()];
        let mut here = to;
        while let Some(&before) = self.came_from.get(&here) {
            steps.push(graph.nodes[before.node].name.clone());
            here = before;
        }
        steps.reverse();
        Route { steps }
    }
}
