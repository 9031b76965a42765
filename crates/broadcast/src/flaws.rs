//! Known faults, each a switch at the line that it changes.

/// A known fault of broadcast algorithms. A node has at most one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// Eager reliable broadcast delivers what it receives, and does not relay it.
    DoesNotRelay,
    /// The filter for duplicates lets everything through.
    ForgetsDuplicates,
    /// Lazy reliable broadcast relays what it has when a crash is detected, and forgets what comes later.
    RelaysOnlyOnCrash,
    /// Uniform broadcast delivers at first sight, before it has relayed.
    DeliversBeforeRelaying,
    /// Uniform broadcast delivers on the acknowledgements of half of the nodes.
    AcksOfHalf,
    /// Logged uniform broadcast acknowledges before its copy is durable.
    AcksBeforeDurable,
    /// Messages are delivered as they come, without waiting for the ones before them.
    DeliversEarly,
    /// A message is sent with its own causal past left out.
    ForgetsPast,
    /// A vector clock does not count what was delivered from others.
    CountsOnlyOwn,
    /// Total order over consensus, a log or a counter delivers messages as they come, and does not wait for their place.
    DeliversUnordered,
    /// A new sequencer begins where its own deliveries end, and gives numbers that were given before to other messages.
    NumbersTwiceAfterFailover,
    /// The sequencer numbers a message again that it is sent again after a failover.
    OrdersTwice,
    /// Deliver as soon as there is a number, before a majority has it.
    DeliversUnstable,
    /// Skeen's algorithm delivers a message with a final timestamp although a smaller one may still come.
    SkipsPending,
    /// Skeen's algorithm takes the first proposal for the final timestamp, not the highest.
    FirstProposal,
    /// Lamport's algorithm delivers once a majority was heard from, not everyone.
    HearsMajority,
    /// Plumtree forgets the announcements of a message that it lacks, and grafts nothing.
    NeverGrafts,
    /// Plumtree prunes the link that a message came by first.
    PrunesFirst,
    /// Eager reliable broadcast takes who relays a message for its origin.
    CreditsTheRelay,
    /// Total order over consensus takes it for granted that it has received whatever is decided, and panics.
    ExpectsToHaveReceived,
    /// Lamport's algorithm acknowledges to the origin only, so that the others never hear from each other.
    AcksToOriginOnly,
    /// The coordinator of a view change in Skeen's algorithm settles what it has by itself, and waits for nobody's report.
    SettlesAlone,
    /// A survivor in Skeen's algorithm reports what it has not delivered, and not the final timestamps of what it has.
    ForgetsDelivered,
    /// A survivor in Skeen's algorithm goes on delivering during a view change, and may pass over what it does not have.
    IgnoresTheFloor,
    /// Total order over a log delivers what is committed a second time a second time.
    DeliversRepetitions,
    /// Total order over a log takes it for granted that nothing is committed twice, and panics.
    ExpectsNoRepetition,
    /// Total order over a log appends a message once, and waits for ever if it is lost.
    NeverAppendsAgain,
    /// Total order over a log takes who delivers a message for its origin.
    CreditsTheReceiver,
    /// Consensus over total order broadcasts nothing: each waits for the others' proposals.
    KeepsItsProposal,
    /// Consensus over total order waits for the own proposal to come, and decides that.
    DecidesItsOwn,
    /// Consensus over total order decides whatever comes, not only the first.
    DecidesWhateverComes,
}
