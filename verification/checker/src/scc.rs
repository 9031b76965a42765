//! Strongly connected components (Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972), without recursion.

/// A graph whose vertices are numbers.
pub(crate) trait Graph {
    /// Why the walk may stop.
    type Stop;

    /// Whether this vertex belongs to the graph.
    fn inside(&mut self, vertex: u32) -> bool;

    /// Appends what a vertex leads to, inside or not.
    fn successors(&mut self, vertex: u32, into: &mut Vec<u32>);

    /// Called with each component, after those that it leads to. `done` is how many vertices are in one by now.
    ///
    /// # Errors
    /// The walk is to stop, for this reason.
    fn component(&mut self, members: &[u32], done: u64) -> Result<(), Self::Stop>;
}

/// Not visited yet; and, of a lowest index: its component was given away.
const NONE: u32 = u32::MAX;

struct Frame {
    vertex: u32,
    /// What it leads to and is still to be looked at stands in the stack of successors from here on.
    base: usize,
}

/// Hands every component of the graph with vertices below `vertices` to the graph.
///
/// # Errors
/// The graph said so.
pub(crate) fn components<G: Graph>(vertices: u32, graph: &mut G) -> Result<(), G::Stop> {
    let mut index = vec![NONE; vertices as usize];
    let mut low = vec![NONE; vertices as usize];
    let (mut next, mut done) = (0, 0_u64);
    let mut stack: Vec<u32> = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut successors: Vec<u32> = Vec::new();
    for root in 0..vertices {
        if index[root as usize] != NONE || !graph.inside(root) {
            continue;
        }
        let mut enter = Some(root);
        loop {
            if let Some(vertex) = enter.take() {
                (index[vertex as usize], low[vertex as usize]) = (next, next);
                next += 1;
                stack.push(vertex);
                frames.push(Frame { vertex, base: successors.len() });
                graph.successors(vertex, &mut successors);
            }
            let Some(frame) = frames.last() else { break };
            let vertex = frame.vertex as usize;
            if successors.len() > frame.base {
                let to = successors.pop().expect("there is one");
                if index[to as usize] != NONE {
                    if low[to as usize] != NONE {
                        low[vertex] = low[vertex].min(index[to as usize]);
                    }
                } else if graph.inside(to) {
                    enter = Some(to);
                }
                continue;
            }
            frames.pop();
            if let Some(above) = frames.last() {
                let above = above.vertex as usize;
                low[above] = low[above].min(low[vertex]);
            }
            if low[vertex] == index[vertex] {
                let from = stack.iter().rposition(|&other| other as usize == vertex).expect("it is there");
                for &member in &stack[from..] {
                    low[member as usize] = NONE;
                }
                done += (stack.len() - from) as u64;
                graph.component(&stack[from..], done)?;
                stack.truncate(from);
            }
        }
    }
    Ok(())
}
