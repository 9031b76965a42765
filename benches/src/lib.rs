//! What the benches share.
//!
//! - [`step`]: one step of an actor, ready to be timed again and again;
//! - [`subjects`]: the systems that both checkers explore;
//! - [`engine`]: the checkers, behind one function that counts;
//! - [`measure`]: how fast each is, one beside the other in the same run, and how much memory each takes;
//! - [`order`]: what it saves to put steps in order, and what it costs;
//! - [`packed`]: a specification beside a loop that is written for it alone;
//! - [`clocks`]: our clocks and those of other crates, doing the same;
//! - [`yardsticks`]: systems that others have explored, among them the Paxos example that comes with stateright;
//! - [`consensus`]: our replicated logs and those of other crates, driven in the same way;
//! - [`report`]: the same in Markdown, with the bars that the project has set itself.
//!
//! The benches themselves are in `benches/`: `steps`, `clocks`, `checker`, `consensus` and `packed` are criterion's, `report` prints the comparison. All of
//! them are `cargo xtask bench`; the comparison alone is `cargo xtask bench --report`.

pub mod clocks;
pub mod consensus;
pub mod engine;
pub mod measure;
pub mod order;
pub mod packed;
pub mod report;
pub mod step;
pub mod subjects;
pub mod yardsticks;
