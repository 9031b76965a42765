//! Counts of systems on all sorts of links, derived by hand.
//!
//! States are written as `{in flight to n1} [what n1 heard]`, with what is left of a budget behind.

mod support;

use support::{Puppet, Script, count, puppets};
use synod_actor::{Cx, Event, NodeId};
use synod_checker::{Environment, Limit, System};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);

fn environment() -> Environment {
    Environment::default()
}

/// n0 sends 1 and 2 to n1, which notes what it hears.
struct TwoMessages;
impl Script for TwoMessages {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start if cx.me() == N0 => {
                cx.send(N1, 1);
                cx.send(N1, 2);
            }
            Event::Receive(_, msg) => puppet.heard.push(msg),
            _ => {}
        }
    }
}

#[test]
fn reliable() {
    // {1,2}[] -> {2}[1] -> {}[1,2]
    //         -> {1}[2] -> {}[2,1]
    assert_eq!(count(puppets::<TwoMessages>(2)), (5, 4, 2));
}

/// With two nodes, of which the second hears 1 before 2, each once.
fn in_order() -> System<Puppet, ()> {
    puppets::<TwoMessages>(2)
        .invariant("in order", |nodes| nodes[1].live.heard.is_sorted_by(|early, late| early < late))
}

#[test]
fn fifo() {
    // {1,2}[] -> {2}[1] -> {}[1,2]
    assert_eq!(count(in_order().environment(environment().fifo())), (3, 2, 2));
}

#[test]
fn a_budget_of_losses() {
    // With one loss left: the 5 states and 4 deliveries of `reliable`, and 4 losses, 2 of them from the first state.
    // With none left: {2}[] -> {}[2] and {1}[] -> {}[1].
    let lossy = environment().lossy(Limit::Budget(1));
    assert_eq!(count(puppets::<TwoMessages>(2).environment(lossy)), (5 + 4, 4 + 4 + 2, 2));
}

#[test]
fn a_budget_of_losses_on_fifo_links() {
    // With one loss left: {1,2}[] -> {2}[1] -> {}[1,2]. From the first two the first message can be lost:
    // {1,2}[] => {2}[] 0 -> {}[2] 0, and {2}[1] => {}[1] 0.
    let lossy = environment().fifo().lossy(Limit::Budget(1));
    assert_eq!(count(in_order().environment(lossy)), (3 + 3, 2 + 2 + 1, 2));
}

#[test]
fn unbounded_loss_is_a_step_only_where_it_matters() {
    let lossy = environment().lossy(Limit::Unbounded);
    // A message that stays in flight is as good as lost.
    assert_eq!(count(puppets::<TwoMessages>(2).environment(lossy.clone())), (5, 4, 2));
    // Each message is in flight, heard or lost: 3 * 3 states, and one more for the two orders of hearing both. A
    // message in flight can be delivered or lost, whatever became of the other: 2 * 3 of each for one message and,
    // for the other, as many.
    let explicit = (10, 12, 2);
    assert_eq!(count(puppets::<TwoMessages>(2).environment(lossy.clone()).deadlock_free()), explicit);
    assert_eq!(count(puppets::<TwoMessages>(2).environment(lossy.clone().synchronous())), explicit);
    let possible = puppets::<TwoMessages>(2).environment(lossy).always_possible("anything", |_, _| true);
    assert_eq!(count(possible), explicit);
}

/// n0 sends 1 to n1, which counts how often it comes, up to twice.
struct OneMessage;
impl Script for OneMessage {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start if cx.me() == N0 => cx.send(N1, 1),
            Event::Receive(_, msg) if puppet.heard.len() < 2 => puppet.heard.push(msg),
            _ => {}
        }
    }
}

#[test]
fn a_budget_of_duplicates() {
    // {1}[] 1 -> {}[1] 1
    //         -> {1}[1] 0 -> {}[1,1] 0
    let duplicating = environment().duplicating(Limit::Budget(1));
    assert_eq!(count(puppets::<OneMessage>(2).environment(duplicating.clone())), (4, 3, 2));
    assert_eq!(count(puppets::<OneMessage>(2).environment(duplicating.fifo())), (4, 3, 2));
}

#[test]
fn unbounded_duplicates() {
    // {1}[] -> {1}[1] -> {1}[1,1] -> itself
    let duplicating = environment().duplicating(Limit::Unbounded);
    assert_eq!(count(puppets::<OneMessage>(2).environment(duplicating.clone())), (3, 3, 2));
    // And from each of them the message can be lost for good: without a budget, or within one.
    let lossy = duplicating.clone().lossy(Limit::Unbounded);
    assert_eq!(count(puppets::<OneMessage>(2).environment(lossy).deadlock_free()), (6, 6, 3));
    let lossy = duplicating.lossy(Limit::Budget(1));
    assert_eq!(count(puppets::<OneMessage>(2).environment(lossy)), (6, 6, 3));
}

/// At each request n0 sends the same to n1, which does not care.
struct Again;
impl Script for Again {
    fn on(_: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        if let Event::Request(_) = event {
            cx.send(N1, 7);
        }
    }
}

#[test]
fn copies_in_flight() {
    // (requests left, copies in flight): (2,0) -> (1,1) -> (0,2) -> (0,1) -> (0,0)
    //                                             (1,1) -> (1,0) -> (0,1)
    // The two requests are the same, so it does not matter which is made first.
    let twice = || puppets::<Again>(2).request(N0, 1).request(N0, 1);
    assert_eq!(count(twice()), (6, 6, 4));
    assert_eq!(count(twice().environment(environment().copies(2))), (6, 6, 4));
    // With one copy: (1,1) -> (0,1), and there is no (0,2).
    assert_eq!(count(twice().environment(environment().copies(1))), (5, 5, 3));
    // With none there are only requests.
    assert_eq!(count(twice().environment(environment().copies(0))), (3, 2, 2));
}

#[test]
fn requests_that_differ_are_told_apart() {
    // (1?, 2?, copies): each of the two requests is made or not, which gives 4, with up to as many copies as were
    // made: 1 + 2 + 2 + 3. A request: 2 from the first, 2 from each of the two in the middle. A delivery: 1 + 1 + 2.
    let system = puppets::<Again>(2).request(N0, 1).request(N0, 2);
    assert_eq!(count(system), (8, 2 + 4 + 4, 4));
    // One of two is made, with the same effect: two steps to one state, from which the message is delivered.
    assert_eq!(count(puppets::<Again>(2).request_one_of(N0, vec![1, 2])), (3, 3, 2));
}

/// A node sends two messages to itself and notes them.
struct Soliloquy;
impl Script for Soliloquy {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Request(_) => {
                cx.send(cx.me(), 1);
                cx.send(cx.me(), 2);
            }
            Event::Receive(_, msg) => puppet.heard.push(msg),
            _ => {}
        }
    }
}

#[test]
fn messages_to_oneself_are_local() {
    // a: request pending -> b: own [1,2] -> c: own [2], heard [1] -> d: heard [1,2].
    assert_eq!(count(puppets::<Soliloquy>(1).request(N0, 0)), (4, 3, 3));
    // No loss and no duplicate touches them.
    let rough = environment().lossy(Limit::Budget(3)).duplicating(Limit::Budget(3));
    assert_eq!(count(puppets::<Soliloquy>(1).request(N0, 0).environment(rough)), (4, 3, 3));
    // A crash of a: e -> restarted, g -> as b -> as c -> as d, without a crash left. A crash of b, c or d: f, since all
    // is forgotten -> restarted, h. 4 + 2 + 5 states; 3 + 3 steps without, 4 crashes, 2 restarts.
    let crashing = environment().crash_recovery(1);
    assert_eq!(count(puppets::<Soliloquy>(1).request(N0, 0).environment(crashing)), (11, 12, 5));
}
