//! Counts of systems with crashes, delayed writes and timers, derived by hand.

mod support;

use support::{Puppet, Script, count, puppets};
use synod_actor::{Cx, Event, NodeId};
use synod_checker::{Environment, Limit};

const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);

fn environment() -> Environment {
    Environment::default()
}

/// Does nothing.
struct Idle;
impl Script for Idle {
    fn on(_: &mut Puppet, _: Event<Puppet>, _: &mut Cx<'_, Puppet>) {}
}

#[test]
fn crashes_have_budgets() {
    let idle = |nodes, environment| count(puppets::<Idle>(nodes).environment(environment));
    // Both up, or either stopped. With a budget of two also both, in two ways.
    assert_eq!(idle(2, environment().crash_stop(1)), (3, 2, 1));
    assert_eq!(idle(2, environment().crash_stop(2)), (4, 4, 2));
    assert_eq!(idle(2, environment().crash_stop(3)), (4, 4, 2));
    // Both up, either down, and both up again.
    assert_eq!(idle(2, environment().crash_recovery(1)), (4, 4, 2));
    // Up -> down -> up again -> stopped after that
    //    -> stopped
    assert_eq!(idle(1, environment().crash_recovery(1).crash_stop(1)), (5, 4, 3));
}

/// When asked, n0 sends 5 to n1, writes 1, sends 6. n1 does not care.
struct WriteBetween;
impl Script for WriteBetween {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        if let Event::Request(_) = event {
            cx.send(N1, 5);
            synod_actor::Actor::persist(puppet, 1, cx);
            cx.send(N1, 6);
        }
    }
}

#[test]
fn a_synchronous_disk() {
    // a: pending -> c: {5,6} -> c5: {5} or c6: {6} -> c0: {}
    assert_eq!(count(puppets::<WriteBetween>(2).request(N0, 0)), (5, 5, 3));
}

#[test]
fn a_delayed_disk() {
    // a: pending -> b: {5}, to write 1 and then send 6 -> c: {5,6}, written -> c5 or c6 -> c0
    //               b -> b0: {}, to write 1 and then send 6 -> c6
    let delayed = environment().delayed_disk();
    assert_eq!(count(puppets::<WriteBetween>(2).request(N0, 0).environment(delayed)), (7, 8, 4));
}

#[test]
fn a_crash_loses_what_waits_for_the_disk() {
    // One crash left: the 7 states and 8 steps of `a_delayed_disk`, and a crash from each.
    // Down: a', b' {5} and b0' {} (nothing written, 6 never sent), c', c5', c6', c0' (written). Deliveries: 1 from b', and 4
    // among the c'. A restart from each.
    // Up again: a", from which all goes on as from a, so another b" and b0" that still have to write; the restarted b' and b0',
    // that have forgotten; the c" which are those after a restart too. 1 + 2 + 2 + 4 states. The 8 steps, and a delivery
    // after the restart of b'.
    let crashing = environment().delayed_disk().crash_recovery(1).crash_only(&[N0]);
    let system = puppets::<WriteBetween>(2).request(N0, 0).environment(crashing);
    assert_eq!(count(system), (7 + 7 + 9, (8 + 7) + (5 + 7) + (8 + 1), 6));
}

/// n0 writes 1 and then, at the next request, only indicates: which must wait for the write all the same.
struct WriteThenTell;
impl Script for WriteThenTell {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Request(1) => synod_actor::Actor::persist(puppet, 1, cx),
            Event::Request(request) => cx.indicate(request),
            _ => {}
        }
    }
}

#[test]
fn effects_of_a_later_event_wait_too() {
    // (1 pending?, 2 pending?, disk queue): a (y,y,-) -> b (n,y,w) -> c (n,y,-) -> e (n,n,-)
    //                                                   b -> d (n,n,wi) -> e
    //                                       a -> f (y,n,-) -> g (n,n,w) -> e
    let delayed = environment().delayed_disk();
    let system = puppets::<WriteThenTell>(1).request(N0, 1).request(N0, 2).environment(delayed);
    assert_eq!(count(system), (7, 8, 3));
}

/// At the start, n0 sends 1 to n1. When asked, n1 sends 2 to n0, which answers with 3.
struct AskBack;
impl Script for AskBack {
    fn on(_: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start if cx.me() == N0 => cx.send(N1, 1),
            Event::Request(_) => cx.send(N0, 2),
            Event::Receive(_, 2) => cx.send(N1, 3),
            _ => {}
        }
    }
}

#[test]
fn nothing_is_left_of_what_was_meant_for_a_stopped_node() {
    // While n1 runs: 1 in flight or delivered, times request pending, 2 in flight, 3 in flight, 3 delivered. 4
    // deliveries of 1, 2 * 3 other steps.
    // Stopped: with 2 in flight to n0, or without. A stop from each of the 8, and the delivery of 2, whose answer is lost.
    let stopping = environment().crash_stop(1).crash_only(&[N1]);
    let system = puppets::<AskBack>(2).request(N1, 0).environment(stopping);
    assert_eq!(count(system), (8 + 2, 4 + 6 + 8 + 1, 4));
}

/// Sets timers 1 and 2, and notes which fire.
struct TwoTimers;
impl Script for TwoTimers {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        let soon = std::time::Duration::ZERO..std::time::Duration::from_secs(1);
        match event {
            Event::Start => {
                cx.set(1, soon.clone());
                cx.set(3, soon.clone());
                cx.set(2, soon.clone());
                cx.set(1, soon); // replaces it
                cx.cancel(3);
                cx.cancel(4); // is not set
            }
            Event::Timeout(timer) => puppet.heard.push(timer),
            _ => {}
        }
    }
}

#[test]
fn asynchronous_timers() {
    let timeouts = |limit| count(puppets::<TwoTimers>(1).environment(environment().timeouts(limit)));
    assert_eq!(timeouts(Limit::Never), (1, 0, 0));
    assert_eq!(timeouts(Limit::Budget(0)), (1, 0, 0));
    // {1,2}[] -> {2}[1], {1}[2]
    assert_eq!(timeouts(Limit::Budget(1)), (3, 2, 1));
    // ... -> {}[1,2], {}[2,1]
    assert_eq!(timeouts(Limit::Budget(2)), (5, 4, 2));
    assert_eq!(timeouts(Limit::Unbounded), (5, 4, 2));
}

/// n0 sends a message to n1 and sets a timer.
struct Patience;
impl Script for Patience {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start if cx.me() == N0 => {
                cx.send(N1, 1);
                cx.set(1, std::time::Duration::ZERO..std::time::Duration::from_secs(1));
            }
            Event::Timeout(timer) => puppet.heard.push(timer),
            _ => {}
        }
    }
}

#[test]
fn synchronous_timers_wait_for_messages() {
    // The message is in flight (m) or not (-), the timer is armed (a) or has fired (f): ma -> -a, mf -> -f
    let asynchronous = environment().timeouts(Limit::Unbounded);
    assert_eq!(count(puppets::<Patience>(2).environment(asynchronous)), (4, 4, 2));
    // ma -> -a -> -f
    assert_eq!(count(puppets::<Patience>(2).environment(environment().synchronous())), (3, 2, 2));
    // One crash of n1 left: ma -> -a -> -f, and a crash from each.
    // n1 down, so its message is not waited for: ma -> mf, -a -> -f, and a restart from each of the 4.
    // n1 up again: ma -> -a -> -f, mf -> -f.
    let crashing = environment().synchronous().crash_recovery(1).crash_only(&[N1]);
    assert_eq!(count(puppets::<Patience>(2).environment(crashing)), (3 + 4 + 4, (2 + 3) + (2 + 4) + 3, 4));
}

/// Sets a timer, sends 1 to itself, and writes when it arrives.
struct Busy;
impl Script for Busy {
    fn on(puppet: &mut Puppet, event: Event<Puppet>, cx: &mut Cx<'_, Puppet>) {
        match event {
            Event::Start => {
                cx.set(1, std::time::Duration::ZERO..std::time::Duration::from_secs(1));
                cx.send(cx.me(), 1);
            }
            Event::Receive(_, msg) => synod_actor::Actor::persist(puppet, msg, cx),
            Event::Timeout(timer) => puppet.heard.push(timer),
            _ => {}
        }
    }
}

#[test]
fn synchronous_timers_wait_for_local_work() {
    // Own message, write, timeout: one after the other.
    let patient = environment().delayed_disk().synchronous();
    assert_eq!(count(puppets::<Busy>(1).environment(patient)), (4, 3, 3));
    // The timer may fire before the own message is handled, before the write is durable, or after.
    let asynchronous = environment().delayed_disk().timeouts(Limit::Unbounded);
    assert_eq!(count(puppets::<Busy>(1).environment(asynchronous)), (6, 2 + 2 + 3, 3));
}
