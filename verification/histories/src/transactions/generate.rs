//! Histories made to order: valid by construction, or with a violation planted.
//!
//! They come from a small database that runs transactions one after the other, or from snapshots of it; who begins and ends
//! when, and what is not known of the end, is drawn at random from a seed.

use crate::value::Value;

use super::history::{Op, Recorded, Status};

/// A generator of random numbers: SplitMix64 (Steele et al., OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The high half of the product: no division, and as even as anybody here needs.
        ((u128::from(self.draw()) * u128::from(limit)) >> 64) as u64
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What the database guarantees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guarantee {
    /// Transactions take effect at once, between their beginning and their end.
    StrictSerializable,
    /// Transactions read from a snapshot taken after they began, and abort if somebody else has written since what they
    /// write.
    StrongSnapshotIsolation,
    /// Each session reads from a replica of its own that gets the transactions of others in causal order, sooner or later.
    Causal,
}

/// What keys hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Registers that are written.
    Registers,
    /// Lists that are appended to.
    Lists,
}

/// What is to be generated.
#[derive(Clone, Debug)]
pub struct Shape {
    /// How many transactions.
    pub transactions: usize,
    /// How many sessions.
    pub sessions: usize,
    /// How many keys are in use at the same time.
    pub keys: usize,
    /// How often a key is written before another takes its place.
    pub writes_per_key: usize,
    /// The most operations in a transaction.
    pub operations: usize,
    /// Of a hundred operations, so many are reads.
    pub reads: u64,
    /// Of a hundred transactions, so many abort.
    pub aborted: u64,
    /// Of a hundred transactions, the end of so many is not known.
    pub indeterminate: u64,
    /// What keys hold.
    pub workload: Workload,
    /// What holds.
    pub guarantee: Guarantee,
    /// Where randomness begins.
    pub seed: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            transactions: 100,
            sessions: 5,
            keys: 5,
            writes_per_key: 32,
            operations: 4,
            reads: 50,
            aborted: 5,
            indeterminate: 2,
            workload: Workload::Lists,
            guarantee: Guarantee::StrictSerializable,
            seed: 1,
        }
    }
}

/// A transaction under way.
struct Running {
    recorded: Recorded,
    /// What it plans: key, and whether it reads.
    plan: Vec<(usize, bool)>,
    /// The number of commits in its snapshot.
    snapshot: usize,
}

/// A key: the values written, with the number of the commit that wrote each.
#[derive(Default)]
struct Cell {
    name: i64,
    written: Vec<(usize, Value)>,
    planned: usize,
}

struct Database<'a> {
    shape: &'a Shape,
    random: Random,
    /// All keys that ever were; those in use are the last of each place.
    cells: Vec<Cell>,
    in_use: Vec<usize>,
    commits: usize,
    next_value: i64,
    clock: u64,
}

impl Shape {
    /// A history of this shape, in the order in which transactions end.
    pub fn generate(&self) -> Vec<Recorded> {
        if self.guarantee == Guarantee::Causal {
            return causal(self);
        }
        let mut database = Database::new(self);
        let mut running: Vec<Option<Running>> = (0..self.sessions.max(1)).map(|_| None).collect();
        // A session whose end is not known never comes back: another takes its place.
        let mut names: Vec<u64> = (0..running.len() as u64).collect();
        let mut next_name = running.len() as u64;
        let mut done = Vec::with_capacity(self.transactions);
        let mut begun = 0;
        while done.len() < self.transactions {
            let at = database.random.below(running.len() as u64) as usize;
            match running[at].take() {
                None if begun < self.transactions => {
                    begun += 1;
                    running[at] = Some(database.begin(names[at]));
                }
                None => {}
                Some(transaction) => {
                    let recorded = database.end(transaction);
                    if recorded.status == Status::Indeterminate {
                        (names[at], next_name) = (next_name, next_name + 1);
                    }
                    done.push(recorded);
                }
            }
        }
        done
    }
}

impl<'a> Database<'a> {
    fn new(shape: &'a Shape) -> Self {
        let mut database = Database {
            shape,
            random: Random::new(shape.seed),
            cells: Vec::new(),
            in_use: Vec::new(),
            commits: 0,
            next_value: 0,
            clock: 0,
        };
        for _ in 0..shape.keys.max(1) {
            let fresh = database.fresh();
            database.in_use.push(fresh);
        }
        database
    }

    fn fresh(&mut self) -> usize {
        self.cells.push(Cell { name: self.cells.len() as i64, ..Cell::default() });
        self.cells.len() - 1
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn begin(&mut self, session: u64) -> Running {
        let count = 1 + self.random.below(self.shape.operations as u64);
        let mut plan = Vec::new();
        for _ in 0..count {
            let place = self.random.below(self.in_use.len() as u64) as usize;
            let key = self.in_use[place];
            let is_read = self.random.percent(self.shape.reads);
            if !is_read {
                self.cells[key].planned += 1;
                if self.cells[key].planned >= self.shape.writes_per_key {
                    self.in_use[place] = self.fresh();
                }
            }
            plan.push((key, is_read));
        }
        let began = self.tick();
        let recorded = Recorded {
            session,
            status: Status::Committed,
            interval: Some((began, None)),
            line: 0,
            ops: Vec::new(),
        };
        Running { recorded, plan, snapshot: self.commits }
    }

    /// Runs a transaction at its end, so that it takes effect just before. (A snapshot may be older.)
    fn end(&mut self, running: Running) -> Recorded {
        let Running { mut recorded, plan, snapshot } = running;
        let isolated = self.shape.guarantee == Guarantee::StrongSnapshotIsolation;
        let snapshot = if isolated { snapshot } else { self.commits };
        let conflict = isolated
            && plan.iter().any(|&(key, is_read)| {
                !is_read && self.cells[key].written.last().is_some_and(|(commit, _)| *commit > snapshot)
            });
        let chance = self.random.below(100);
        let aborts = conflict || chance < self.shape.aborted;
        let unknown = !conflict
            && (self.shape.aborted..self.shape.aborted + self.shape.indeterminate).contains(&chance);
        let takes_effect = !aborts && (!unknown || self.random.percent(50));
        recorded.status = match (aborts, unknown) {
            (true, _) => Status::Aborted,
            (_, true) => Status::Indeterminate,
            _ => Status::Committed,
        };
        let commit = self.commits + 1;
        let mut own: Vec<(usize, Value)> = Vec::new();
        for (key, is_read) in plan {
            let name = Value::Int(self.cells[key].name);
            if is_read {
                recorded.ops.push(self.read(key, name, snapshot, &own));
                continue;
            }
            self.next_value += 1;
            let value = Value::Int(self.next_value);
            own.push((key, value.clone()));
            recorded.ops.push(match self.shape.workload {
                Workload::Registers => Op::Write(name, value),
                Workload::Lists => Op::Append(name, value),
            });
        }
        if recorded.status != Status::Committed {
            recorded.ops.retain(|op| matches!(op, Op::Write(..) | Op::Append(..)));
        }
        if takes_effect {
            self.commits = commit;
            for (key, value) in own {
                self.cells[key].written.push((commit, value));
            }
        }
        let ended = self.tick();
        if let Some((_, end)) = recorded.interval.as_mut()
            && !unknown
        {
            *end = Some(ended);
        }
        recorded
    }

    fn read(&self, key: usize, name: Value, snapshot: usize, own: &[(usize, Value)]) -> Op {
        let committed = self.cells[key].written.iter().filter(|(commit, _)| *commit <= snapshot);
        let mine = own.iter().filter(|(other, _)| *other == key);
        let mut values = committed.map(|(_, value)| value).chain(mine.map(|(_, value)| value));
        match self.shape.workload {
            Workload::Registers => Op::Read(name, values.next_back().cloned()),
            Workload::Lists => Op::ReadList(name, values.cloned().collect()),
        }
    }
}

/// What a transaction depends on (how many of each session), and what it wrote, with the time.
type Committed = (Vec<usize>, Vec<(i64, Value, u64)>);

/// Replicas that get each other's transactions in causal order: each session is a replica.
///
/// Registers only: lists of replicas that differ have no common order.
fn causal(shape: &Shape) -> Vec<Recorded> {
    let mut random = Random::new(shape.seed);
    let sessions = shape.sessions.max(1);
    // What each session has committed: what it depends on (how many of each session), and what it wrote.
    let mut logs: Vec<Vec<Committed>> = vec![Vec::new(); sessions];
    let mut applied = vec![vec![0; sessions]; sessions];
    // The value of each key at each replica, with the time that decides between concurrent writes.
    let mut states: Vec<rustc_hash::FxHashMap<i64, (u64, usize, Value)>> = vec![Default::default(); sessions];
    let mut clocks = vec![0_u64; sessions];
    let mut done = Vec::with_capacity(shape.transactions);
    let mut next_value = 0;
    while done.len() < shape.transactions {
        let me = random.below(sessions as u64) as usize;
        let other = random.below(sessions as u64) as usize;
        // Takes over some of what another session has committed, as far as all that it depends on is here.
        while other != me && applied[me][other] < logs[other].len() {
            let (depends, writes) = &logs[other][applied[me][other]];
            if depends.iter().zip(&applied[me]).any(|(needed, here)| needed > here) {
                break;
            }
            for (key, value, time) in writes {
                clocks[me] = clocks[me].max(*time);
                let entry = states[me].entry(*key).or_insert((0, 0, Value::Nil));
                // At the same time it is the same transaction, which writes the key once more.
                if (entry.0, entry.1) <= (*time, other) {
                    *entry = (*time, other, value.clone());
                }
            }
            applied[me][other] += 1;
        }
        let mut ops = Vec::new();
        let mut writes = Vec::new();
        let depends = applied[me].clone();
        clocks[me] += 1;
        for _ in 0..1 + random.below(shape.operations as u64) {
            let key = random.below(shape.keys.max(1) as u64) as i64;
            if random.percent(shape.reads) {
                ops.push(Op::Read(key.into(), states[me].get(&key).map(|(_, _, value)| value.clone())));
            } else {
                next_value += 1;
                let value = Value::Int(next_value);
                states[me].insert(key, (clocks[me], me, value.clone()));
                writes.push((key, value.clone(), clocks[me]));
                ops.push(Op::Write(key.into(), value));
            }
        }
        logs[me].push((depends, writes));
        applied[me][me] = logs[me].len();
        done.push(Recorded { session: me as u64, status: Status::Committed, interval: None, line: 0, ops });
    }
    done
}

/// A violation to be planted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// Somebody reads a value that nobody wrote.
    GarbageRead,
    /// Somebody reads what a transaction wrote that aborted.
    AbortedRead,
    /// Two transactions read each the initial state of what the other writes.
    WriteSkew,
    /// Two transactions read and write the same version.
    LostUpdate,
    /// Two readers see two writes in opposite orders.
    LongFork,
    /// A reader sees half of a transaction.
    ReadSkew,
    /// Two transactions see each other.
    CircularFlow,
    /// A transaction does not see what its session has written just before.
    StaleSession,
    /// A transaction does not see what had ended before it began.
    StaleRead,
}

impl Violation {
    /// Every violation.
    pub const ALL: [Violation; 9] = [
        Violation::GarbageRead,
        Violation::AbortedRead,
        Violation::WriteSkew,
        Violation::LostUpdate,
        Violation::LongFork,
        Violation::ReadSkew,
        Violation::CircularFlow,
        Violation::StaleSession,
        Violation::StaleRead,
    ];

    /// Adds transactions that break something, on keys of their own and (but for [`Violation::StaleSession`]) in sessions
    /// of their own, after all that was recorded.
    pub fn plant(self, history: &mut Vec<Recorded>, workload: Workload) {
        let (x, y) = (Value::text("planted x"), Value::text("planted y"));
        let end =
            history.iter().filter_map(|one| one.interval).map(|(began, ended)| ended.unwrap_or(began)).max();
        let free = history.iter().map(|one| one.session).max().map_or(0, |session| session + 1);
        let timed = history.iter().all(|one| one.interval.is_some());
        let start = end.unwrap_or(0) + 1;
        let write = |key: &Value, value: i64| match workload {
            Workload::Registers => Op::Write(key.clone(), value.into()),
            Workload::Lists => Op::Append(key.clone(), value.into()),
        };
        let read = |key: &Value, values: &[i64]| match workload {
            Workload::Registers => Op::Read(key.clone(), values.last().map(|value| (*value).into())),
            Workload::Lists => {
                Op::ReadList(key.clone(), values.iter().map(|value| (*value).into()).collect())
            }
        };
        let mut at = 0;
        // Those of one round run at the same time.
        let mut add = |session: u64, status, round: u64, ops: Vec<Op>| {
            let interval =
                timed.then_some((start + 1000 * round + at, Some(start + 1000 * round + 500 + at)));
            at += 1;
            history.push(Recorded { session: free + session, status, interval, line: 0, ops });
        };
        let ok = Status::Committed;
        match self {
            Violation::GarbageRead => add(0, ok, 0, vec![read(&x, &[7])]),
            Violation::AbortedRead => {
                add(0, Status::Aborted, 0, vec![write(&x, 1)]);
                add(1, ok, 0, vec![read(&x, &[1])]);
            }
            Violation::WriteSkew => {
                add(0, ok, 0, vec![read(&x, &[]), write(&y, 1)]);
                add(1, ok, 0, vec![read(&y, &[]), write(&x, 1)]);
            }
            Violation::LostUpdate => {
                add(0, ok, 0, vec![read(&x, &[]), write(&x, 1)]);
                add(1, ok, 0, vec![read(&x, &[]), write(&x, 2)]);
            }
            Violation::LongFork => {
                add(0, ok, 0, vec![write(&x, 1)]);
                add(1, ok, 0, vec![write(&y, 1)]);
                add(2, ok, 0, vec![read(&x, &[1]), read(&y, &[])]);
                add(3, ok, 0, vec![read(&x, &[]), read(&y, &[1])]);
            }
            Violation::ReadSkew => {
                add(0, ok, 0, vec![write(&x, 1), write(&y, 1)]);
                add(1, ok, 0, vec![read(&x, &[1]), read(&y, &[])]);
            }
            Violation::CircularFlow => {
                add(0, ok, 0, vec![write(&x, 1), read(&y, &[1])]);
                add(1, ok, 0, vec![write(&y, 1), read(&x, &[1])]);
            }
            Violation::StaleSession => {
                add(0, ok, 0, vec![write(&x, 1)]);
                add(0, ok, 1, vec![read(&x, &[])]);
            }
            Violation::StaleRead => {
                add(0, ok, 0, vec![write(&x, 1)]);
                add(1, ok, 1, vec![read(&x, &[])]);
            }
        }
    }
}
