//! A picture of a graph, drawn by hand: steps in layers from top to bottom, after Sugiyama, Tagawa and Toda (1981).
//!
//! Ways that are open at every step would hide the picture; they stand in a panel beside it.

use super::graph::{Edge, Graph, NodeId, NodeKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

const LAYER: f64 = 74.0;
const BOX_HEIGHT: f64 = 34.0;
const CHAR: f64 = 7.6;
const LABEL_CHAR: f64 = 6.2;
const GAP: f64 = 60.0;
const MARGIN: f64 = 28.0;
const ROW: f64 = 34.0;
const SWEEPS: usize = 200;

/// The graph as an SVG document under `title`.
pub(super) fn draw(graph: &Graph, title: &str) -> String {
    let plan = Plan::of(graph);
    let panel = Panel::of(graph);
    let top = MARGIN + 44.0;
    let left = MARGIN + panel.width + GAP / 2.0;
    let width = left + plan.width + MARGIN;
    let height = (top + plan.layers.len() as f64 * LAYER).max(top + panel.height) + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\">\n\
         <title>{t}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#57606a\"/></marker></defs>\n\
         <text x=\"{MARGIN}\" y=\"{y}\" font-size=\"18\" font-weight=\"600\">{t}</text>\n",
        t = escaped(title),
        y = MARGIN + 14.0,
    );
    panel.draw(&mut out, MARGIN, top);
    let _ = writeln!(out, "<g transform=\"translate({left:.1} {top:.1})\">");
    plan.draw(graph, &mut out);
    out.push_str("</g>\n</svg>\n");
    out
}

/// A place in a layer: a step, or a bend of a way that passes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Step(NodeId),
    Bend { edge: usize, layer: usize },
}

/// Where everything goes.
struct Plan {
    layers: Vec<Vec<Place>>,
    x: BTreeMap<Place, f64>,
    /// Half the room each place needs: its box, or the label of the way to it where that stands above it.
    room: BTreeMap<Place, f64>,
    /// For each drawn edge, by its number in the graph: the places it runs through, downwards.
    runs: BTreeMap<usize, Vec<Place>>,
    /// Which of them point upwards.
    upward: BTreeSet<usize>,
    width: f64,
}

impl Plan {
    fn of(graph: &Graph) -> Plan {
        let drawn: Vec<(usize, NodeId, NodeId)> = graph
            .edges
            .iter()
            .enumerate()
            .filter_map(|(i, e)| Some((i, e.from?, e.to?)))
            .filter(|(_, from, to)| from != to)
            .collect();
        let steps: BTreeSet<NodeId> = drawn.iter().flat_map(|(_, from, to)| [*from, *to]).collect();
        let upward = upward(&steps, &drawn);
        let down = |&(i, from, to): &(usize, NodeId, NodeId)| {
            if upward.contains(&i) { (i, to, from) } else { (i, from, to) }
        };
        let downward: Vec<(usize, NodeId, NodeId)> = drawn.iter().map(down).collect();
        let layer = layers_of(&steps, &downward);
        let deepest = layer.values().copied().max().unwrap_or(0);
        let mut layers = vec![Vec::new(); deepest + 1];
        for (&step, &depth) in &layer {
            layers[depth].push(Place::Step(step));
        }
        let mut runs = BTreeMap::new();
        for &(edge, from, to) in &downward {
            let mut run = vec![Place::Step(from)];
            for (depth, passed) in layers.iter_mut().enumerate().take(layer[&to]).skip(layer[&from] + 1) {
                let bend = Place::Bend { edge, layer: depth };
                passed.push(bend);
                run.push(bend);
            }
            run.push(Place::Step(to));
            runs.insert(edge, run);
        }
        let room = layers.iter().flatten().map(|p| (*p, half_width(graph, *p))).collect();
        let mut plan = Plan { layers, x: BTreeMap::new(), room, runs, upward, width: 0.0 };
        plan.make_room(graph);
        plan.order();
        plan.place(graph);
        plan
    }

    /// Where several ways leave a step, their labels stand above the steps they lead to, side by side.
    fn make_room(&mut self, graph: &Graph) {
        let labels = self
            .runs
            .iter()
            .filter(|(_, run)| self.branches(run[0]))
            .map(|(edge, run)| (run[1], label_half_width(&graph.edges[*edge].text())));
        for (place, half) in labels.collect::<Vec<_>>() {
            let room = self.room.entry(place).or_default();
            *room = room.max(half);
        }
    }

    fn branches(&self, from: Place) -> bool {
        self.runs.values().filter(|run| run[0] == from).count() > 1
    }

    fn neighbours(&self) -> BTreeMap<Place, (Vec<Place>, Vec<Place>)> {
        let mut found: BTreeMap<Place, (Vec<Place>, Vec<Place>)> = BTreeMap::new();
        for pair in self.runs.values().flat_map(|run| run.windows(2)) {
            found.entry(pair[0]).or_default().1.push(pair[1]);
            found.entry(pair[1]).or_default().0.push(pair[0]);
        }
        found
    }

    /// Fewer crossings: every layer is sorted by the mean position of its neighbours above, then below, again.
    fn order(&mut self) {
        let neighbours = self.neighbours();
        for sweep in 0..SWEEPS {
            let downwards = sweep % 2 == 0;
            let count = self.layers.len();
            for step in 0..count {
                let depth = if downwards { step } else { count - 1 - step };
                let position: BTreeMap<Place, f64> = self
                    .layers
                    .iter()
                    .flat_map(|l| l.iter().enumerate().map(|(i, p)| (*p, i as f64)))
                    .collect();
                let key = |place: &Place| {
                    let (above, below) = neighbours.get(place).cloned().unwrap_or_default();
                    let beside = if downwards { above } else { below };
                    mean(beside.iter().map(|p| position[p])).unwrap_or(position[place])
                };
                self.layers[depth].sort_by(|a, b| key(a).total_cmp(&key(b)));
            }
        }
    }

    /// Straight lines: every layer moves towards the mean of its neighbours, and nothing overlaps.
    fn place(&mut self, graph: &Graph) {
        let neighbours = self.neighbours();
        for layer in &self.layers {
            let mut at = 0.0;
            for place in layer {
                let half = self.room[place];
                self.x.insert(*place, at + half);
                at += 2.0 * half + GAP;
            }
        }
        for sweep in 0..SWEEPS {
            let count = self.layers.len();
            for step in 0..count {
                let depth = if sweep % 2 == 0 { step } else { count - 1 - step };
                let layer = &self.layers[depth];
                let wish: Vec<f64> = layer
                    .iter()
                    .map(|p| {
                        let (above, below) = neighbours.get(p).cloned().unwrap_or_default();
                        mean(above.iter().chain(&below).map(|n| self.x[n])).unwrap_or(self.x[p])
                    })
                    .collect();
                let mut placed: Vec<f64> = Vec::new();
                for (i, place) in layer.iter().enumerate() {
                    let least = match i {
                        0 => f64::MIN,
                        _ => placed[i - 1] + self.room[&layer[i - 1]] + GAP + self.room[place],
                    };
                    placed.push(wish[i].max(least));
                }
                let shift = mean(wish.iter().zip(&placed).map(|(w, p)| w - p)).unwrap_or(0.0);
                for (place, x) in layer.iter().zip(placed) {
                    self.x.insert(*place, x + shift);
                }
            }
        }
        let left = self.x.iter().map(|(p, x)| x - self.room[p]).fold(f64::MAX, f64::min);
        self.x.values_mut().for_each(|x| *x -= left);
        let loops = graph.edges.iter().filter(|e| e.from.is_some() && e.from == e.to);
        let right = |node: NodeId| self.x[&Place::Step(node)] + half_width(graph, Place::Step(node));
        let looped =
            loops.filter_map(|e| Some(right(e.from?) + 34.0 + e.text().chars().count() as f64 * LABEL_CHAR));
        let boxes = self.x.iter().map(|(p, x)| x + self.room[p]);
        self.width = looped.chain(boxes).fold(0.0, f64::max);
    }

    fn point(&self, place: Place) -> (f64, f64) {
        let depth = match place {
            Place::Bend { layer, .. } => layer,
            step => self.layers.iter().position(|l| l.contains(&step)).unwrap_or(0),
        };
        (self.x[&place], depth as f64 * LAYER + BOX_HEIGHT / 2.0)
    }

    fn draw(&self, graph: &Graph, out: &mut String) {
        let mut labels = String::new();
        for (edge, run) in &self.runs {
            self.draw_run(&graph.edges[*edge], self.upward.contains(edge), run, out, &mut labels);
        }
        for edge in graph.edges.iter().filter(|e| e.from.is_some() && e.from == e.to) {
            let step = Place::Step(edge.from.expect("only edges from a step are left"));
            let (x, y) = self.point(step);
            let x = x + half_width(graph, step);
            let _ = writeln!(
                out,
                "<path d=\"M{x:.1} {a:.1} C{r:.1} {a:.1} {r:.1} {b:.1} {e:.1} {b:.1}\" fill=\"none\" stroke=\"#57606a\" marker-end=\"url(#tip)\"/>",
                a = y - 7.0,
                b = y + 7.0,
                r = x + 32.0,
                e = x + 1.0,
            );
            let text = escaped(&edge.text());
            let _ = writeln!(
                labels,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"#57606a\">{text}</text>",
                x + 30.0,
                y + 4.0
            );
        }
        out.push_str(&labels);
        for place in self.x.keys() {
            if let Place::Step(node) = place {
                let (x, y) = self.point(*place);
                draw_box(out, graph.nodes[*node].kind, &graph.nodes[*node].name, x, y);
            }
        }
    }

    fn draw_run(&self, edge: &Edge, upward: bool, run: &[Place], out: &mut String, labels: &mut String) {
        let points: Vec<(f64, f64)> = run.iter().map(|p| self.point(*p)).collect();
        let last = points.len() - 1;
        let (start, end) = (
            (points[0].0, points[0].1 + BOX_HEIGHT / 2.0),
            (points[last].0, points[last].1 - BOX_HEIGHT / 2.0),
        );
        let mut path = format!("M{:.1} {:.1}", start.0, start.1);
        let mut here = start;
        for (i, &point) in points.iter().enumerate().skip(1) {
            let to = if i == last { end } else { point };
            let middle = (here.1 + to.1) / 2.0;
            let _ =
                write!(path, " C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}", here.0, to.0, to.0, to.1);
            here = to;
        }
        let tip = if upward { "marker-start" } else { "marker-end" };
        let (colour, weight) = if edge.mark.is_some() { ("#0969da", "1.8") } else { ("#57606a", "1.2") };
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{weight}\" {tip}=\"url(#tip)\"/>"
        );
        let text = edge.text();
        if text.is_empty() {
            return;
        }
        // In the first stretch, on white, so that the line does not strike it out.
        let next = if last == 1 { end } else { points[1] };
        let (x, y) = match self.branches(run[0]) {
            true => (next.0, start.1 + (next.1 - start.1) * 0.55),
            false => ((start.0 + next.0) / 2.0, (start.1 + next.1) / 2.0 + 2.0),
        };
        let half = label_half_width(&text);
        let _ = writeln!(
            labels,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"15\" fill=\"#ffffff\" fill-opacity=\"0.9\"/><text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"{colour}\" text-anchor=\"middle\">{}</text>",
            x - half,
            y - 9.0,
            2.0 * half,
            y + 2.5,
            escaped(&text),
        );
    }
}

/// The edges that lead back to a step the walk is still inside of; turned around they make no circle.
fn upward(steps: &BTreeSet<NodeId>, edges: &[(usize, NodeId, NodeId)]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let (mut inside, mut done) = (BTreeSet::new(), BTreeSet::new());
    for &root in steps {
        // An explicit stack of (step, how many of its edges were taken): a script may be long.
        let mut stack = if done.contains(&root) { Vec::new() } else { vec![(root, 0)] };
        while let Some((step, taken)) = stack.pop() {
            inside.insert(step);
            let Some(&(edge, _, to)) = edges.iter().filter(|(_, from, _)| *from == step).nth(taken) else {
                inside.remove(&step);
                done.insert(step);
                continue;
            };
            stack.push((step, taken + 1));
            if inside.contains(&to) {
                found.insert(edge);
            } else if !done.contains(&to) {
                stack.push((to, 0));
            }
        }
    }
    found
}

/// How deep each step stands: one below the deepest step that leads to it.
fn layers_of(steps: &BTreeSet<NodeId>, downward: &[(usize, NodeId, NodeId)]) -> BTreeMap<NodeId, usize> {
    let mut layer: BTreeMap<NodeId, usize> = steps.iter().map(|s| (*s, 0)).collect();
    // Without circles the longest way has fewer edges than there are steps.
    for _ in 0..steps.len() {
        for (_, from, to) in downward {
            let below = layer[from] + 1;
            let depth = layer.get_mut(to).expect("every end of an edge is a step");
            *depth = (*depth).max(below);
        }
    }
    layer
}

/// The ways that are open at every step, and what the colours mean.
struct Panel {
    rows: Vec<(String, Option<(NodeKind, String)>)>,
    width: f64,
    height: f64,
}

const LEGEND: [(NodeKind, &str); 5] = [
    (NodeKind::Line, "said"),
    (NodeKind::Notice(0), "notice"),
    (NodeKind::Plain, "plain question"),
    (NodeKind::Consent, "consent and signature"),
    (NodeKind::Sensitive, "sensitive question: only behind the gate"),
];

impl Panel {
    fn of(graph: &Graph) -> Panel {
        let row = |e: &Edge| (e.text(), e.to.map(|n| (graph.nodes[n].kind, graph.nodes[n].name.clone())));
        let rows: Vec<_> = graph.edges.iter().filter(|e| e.from.is_none()).map(row).collect();
        let wide = |text: &str| text.chars().count() as f64 * LABEL_CHAR + 40.0;
        let widest = rows.iter().map(|(text, _)| wide(text)).chain(LEGEND.map(|(_, text)| wide(text)));
        let height = (2 + LEGEND.len()) as f64 * ROW + rows.len() as f64 * 2.0 * ROW;
        let width = widest.fold(220.0, f64::max);
        Panel { rows, width, height }
    }

    fn draw(&self, out: &mut String, x: f64, y: f64) {
        let heading = |out: &mut String, text: &str, y: f64| {
            let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-weight=\"600\">{text}</text>");
        };
        heading(out, "Colours", y + 14.0);
        let mut at = y + ROW;
        for (kind, text) in LEGEND {
            let (fill, line) = kind.colours();
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"22\" height=\"16\" rx=\"4\" fill=\"{fill}\" stroke=\"{line}\"/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\">{text}</text>",
                at - 8.0,
                x + 32.0,
                at + 4.0,
            );
            at += ROW * 0.75;
        }
        if self.rows.is_empty() {
            return;
        }
        at += ROW * 0.6;
        heading(out, "At any step", at);
        at += ROW * 0.8;
        for (text, target) in &self.rows {
            let _ =
                writeln!(out, "<text x=\"{x:.1}\" y=\"{at:.1}\" font-size=\"12\">{}</text>", escaped(text));
            at += ROW * 0.75;
            match target {
                Some((kind, name)) => {
                    let half = name.chars().count() as f64 * CHAR / 2.0 + 12.0;
                    let _ = writeln!(
                        out,
                        "<path d=\"M{:.1} {:.1}h18\" stroke=\"#57606a\" fill=\"none\" marker-end=\"url(#tip)\"/>",
                        x + 4.0,
                        at - 3.0
                    );
                    draw_box(out, *kind, name, x + 26.0 + half, at - 3.0);
                }
                None => {
                    let _ = writeln!(
                        out,
                        "<text x=\"{:.1}\" y=\"{at:.1}\" font-size=\"12\" fill=\"#57606a\">then on from the same step</text>",
                        x + 4.0
                    );
                }
            }
            at += ROW * 1.1;
        }
    }
}

fn draw_box(out: &mut String, kind: NodeKind, name: &str, x: f64, y: f64) {
    let half = name.chars().count() as f64 * CHAR / 2.0 + 12.0;
    let (fill, line) = kind.colours();
    let round = if matches!(kind, NodeKind::Start | NodeKind::End) { BOX_HEIGHT / 2.0 } else { 6.0 };
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BOX_HEIGHT}\" rx=\"{round}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"1.4\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        x - half,
        y - BOX_HEIGHT / 2.0,
        2.0 * half,
        y + 4.5,
        escaped(name),
    );
}

fn half_width(graph: &Graph, place: Place) -> f64 {
    match place {
        Place::Step(node) => graph.nodes[node].name.chars().count() as f64 * CHAR / 2.0 + 12.0,
        Place::Bend { .. } => 6.0,
    }
}

fn label_half_width(text: &str) -> f64 {
    text.chars().count() as f64 * LABEL_CHAR / 2.0 + 3.0
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
