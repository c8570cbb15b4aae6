//! The proof refuses every graph that has a way around the notice.

use candor::program::{Edge, Expecting, Graph, Hole, Mark, NodeKind, parse, prove, script_graph};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");

fn graph() -> Graph {
    script_graph(&parse(HARBOR).unwrap())
}

fn at(graph: &Graph, name: &str) -> usize {
    graph.nodes.iter().position(|n| n.name == name).unwrap_or_else(|| panic!("no step {name}"))
}

fn holes(graph: &Graph) -> Vec<String> {
    prove(graph).map_or_else(|holes| holes.iter().map(Hole::to_string).collect(), |_| Vec::new())
}

fn edge(graph: &mut Graph, from: &str, to: &str) {
    let (from, to) = (at(graph, from), at(graph, to));
    graph.edge(from, to, "a slip", None);
}

#[test]
fn the_script_itself_has_no_hole() {
    assert_eq!(holes(&graph()), [""; 0]);
}

#[test]
fn a_way_past_the_notice_is_shown_step_by_step() {
    let mut graph = graph();
    edge(&mut graph, "greeting", "question:substance");
    let found = holes(&graph);
    assert_eq!(
        found[0],
        "`question:substance` can be reached without the whole notice heard: call > greeting > question:substance"
    );
    assert_eq!(found.len(), 4, "the questions after it are open too: {found:#?}");
}

#[test]
fn a_way_past_one_part_of_the_notice_is_a_hole() {
    let mut graph = graph();
    edge(&mut graph, "notice:a", "notice:c");
    let found = holes(&graph);
    assert!(
        found
            .iter()
            .any(|h| h.starts_with("`question:substance` can be reached without the whole notice heard")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|h| h.starts_with("the notice can be acknowledged before all of it was heard")),
        "{found:#?}"
    );
}

#[test]
fn a_part_cut_short_does_not_count_as_heard() {
    let mut graph = graph();
    let b = at(&graph, "notice:b");
    for edge in graph.edges.iter_mut().filter(|e| e.from == Some(b)) {
        edge.mark = None;
    }
    assert!(!holes(&graph).is_empty());
}

#[test]
fn a_way_past_the_acknowledgement_is_a_hole() {
    let mut graph = graph();
    edge(&mut graph, "acknowledge", "question:name");
    let found = holes(&graph);
    let sensitive = "`question:substance` can be reached without the notice acknowledged: call > ";
    assert!(found.iter().any(|h| h.starts_with(sensitive)), "{found:#?}");
    let consent = "`consent:payor` can be reached without the notice acknowledged: call > ";
    assert!(found[0].starts_with(consent), "{found:#?}");
}

#[test]
fn a_caller_who_declined_is_not_asked_for_consents() {
    let mut graph = graph();
    edge(&mut graph, "declined", "consents");
    assert!(holes(&graph)[0].starts_with("`consent:payor` can be reached without the notice acknowledged"));
}

#[test]
fn what_is_waited_for_is_called_as_in_the_conversation() {
    let graph = graph();
    for node in &graph.nodes {
        let awaited = match node.kind {
            NodeKind::Plain => node.name.trim_end_matches(" (declined)"),
            NodeKind::Consent | NodeKind::Signature | NodeKind::Sensitive => node.name.as_str(),
            _ => continue,
        };
        let parsed: Expecting = awaited.parse().unwrap();
        assert_eq!(parsed.to_string(), awaited);
        assert_eq!(parsed.is_yes_no(), node.kind == NodeKind::Consent, "{awaited}");
    }
    for (consent, signature) in [("consent:payor", "signature:payor"), ("consent:crm", "signature:crm")] {
        let (from, to) = (at(&graph, consent), at(&graph, signature));
        assert!(
            graph.edges.iter().any(|e| (e.from, e.to, e.label.as_str()) == (Some(from), Some(to), "yes"))
        );
    }
}

#[test]
fn a_caller_who_withdrew_is_not_led_back() {
    let mut graph = graph();
    edge(&mut graph, "closing", "question:last_use");
    let found = holes(&graph);
    assert!(found.iter().any(|h| h.starts_with("`question:last_use` can be reached without")), "{found:#?}");
}

#[test]
fn a_caller_who_declined_is_not_led_to_the_sensitive_questions() {
    let mut graph = graph();
    edge(&mut graph, "question:dob (declined)", "question:substance");
    let found = holes(&graph);
    assert!(
        found[0].starts_with("`question:substance` can be reached without the notice acknowledged"),
        "{found:#?}"
    );
}

#[test]
fn a_question_nobody_reaches_and_a_call_without_end_are_holes() {
    let mut lost = graph();
    let dob = at(&lost, "question:dob");
    lost.edges.retain(|e| e.to != Some(dob));
    assert!(holes(&lost).contains(&"`question:dob` can never be reached".to_owned()));

    let mut endless = graph();
    endless.edges.retain(|e| e.from.is_some());
    let closing = at(&endless, "closing");
    endless.edges.retain(|e| e.from != Some(closing));
    assert!(holes(&endless).contains(&"from `closing` no way leads to an end".to_owned()));
}

#[test]
fn a_graph_without_start_or_notice_proves_nothing() {
    assert_eq!(prove(&Graph::default()), Err(vec![Hole::NoStart]));
    let mut graph = Graph::default();
    let start = graph.node("call", NodeKind::Start);
    let question = graph.node("question:substance", NodeKind::Sensitive);
    let end = graph.node("ended", NodeKind::End);
    graph.edge(start, question, "yes", Some(Mark::Acknowledged));
    graph.edge(question, end, "answered", None);
    assert_eq!(prove(&graph), Err(vec![Hole::NoNotice]));
}

#[test]
fn the_drawings_hold_every_step_and_every_way() {
    let graph = graph();
    let (dot, svg) = (graph.dot(), graph.svg("A call of <Harbor> & co"));
    assert!(svg.contains("A call of &lt;Harbor&gt; &amp; co"));
    for node in &graph.nodes {
        assert!(dot.contains(&format!("\"{}\"", node.name)), "{}", node.name);
        assert!(svg.contains(&format!(">{}</text>", node.name)), "{}", node.name);
    }
    for Edge { label, .. } in &graph.edges {
        assert!(dot.contains(label.as_str()), "{label}");
        assert!(svg.contains(label.as_str()), "{label}");
    }
    let ways = dot.lines().filter(|l| l.contains(" -> ")).count();
    assert_eq!(ways, graph.edges.len());
}

#[test]
fn a_graph_with_circles_is_drawn_too() {
    let mut graph = graph();
    edge(&mut graph, "closing", "acknowledge");
    edge(&mut graph, "question:dob", "question:name");
    assert!(graph.svg("circles").contains("marker-start"));
}
