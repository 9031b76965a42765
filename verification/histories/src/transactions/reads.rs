//! Who is read by whom, and what is wrong with reads on their own, without looking at any cycle.

use super::{
    anomaly::{Anomaly, Evidence, Kind},
    dependencies::{Dependencies, INITIAL, Read, Rows, Slots, Write},
    history::{History, Holds, NOBODY, Op, Status, Step},
    level::Respect,
};

/// How many anomalies of a kind are kept.
const EXAMPLES: usize = 4;

/// What reads say.
pub(super) struct Reads {
    /// What is wrong, a few of each kind.
    pub anomalies: Vec<Anomaly>,
    pub dependencies: Dependencies,
}

/// What a transaction has done with a key so far.
#[derive(Clone, Copy)]
struct Seen {
    by: u32,
    /// The last version it wrote, and how many it appended.
    own: u32,
    appended: u32,
    /// The last version of others it read, if any: [`NOBODY`] is the initial state.
    read: Option<u32>,
}

struct Resolver<'a> {
    history: &'a History,
    anomalies: Vec<Anomaly>,
    counts: [usize; 32],
    /// Versions that their transaction overwrote itself.
    intermediate: Vec<bool>,
    /// For each list the length from which on lists show something wrong: an element that nobody appended, and one of a
    /// transaction that aborted.
    garbage: Vec<u32>,
    aborted: Vec<u32>,
    seen: Vec<Seen>,
    /// Reads of others' versions: who, which key, which version.
    reads: Vec<(u32, u32, u32)>,
}

/// Reads a history: who saw whom.
pub(super) fn resolve(history: &History) -> Reads {
    let mut resolver = Resolver {
        history,
        anomalies: Vec::new(),
        counts: [0; 32],
        intermediate: vec![false; history.versions.len()],
        garbage: vec![NOBODY; history.keys.len()],
        aborted: vec![NOBODY; history.keys.len()],
        seen: vec![Seen { by: NOBODY, own: NOBODY, appended: 0, read: None }; history.keys.len()],
        reads: Vec::new(),
    };
    resolver.mark_intermediate();
    resolver.inspect_spines();
    for transaction in 0..history.len() as u32 {
        if history.transactions[transaction as usize].status == Status::Committed {
            resolver.transaction(transaction);
        }
    }
    let mut anomalies = resolver.anomalies;
    anomalies.sort_by_key(|anomaly| anomaly.kind);
    let dependencies = dependencies(history, &resolver.reads);
    Reads { anomalies, dependencies }
}

impl Resolver<'_> {
    fn found(&mut self, kind: Kind, transactions: &[u32], sentence: impl FnOnce(&History) -> String) {
        let count = &mut self.counts[kind as usize];
        *count += 1;
        if *count > EXAMPLES {
            return;
        }
        let mut members: Vec<u32> = transactions.iter().copied().filter(|member| *member != NOBODY).collect();
        members.dedup();
        self.anomalies.push(Anomaly {
            kind,
            respect: Respect::Nothing,
            transactions: members,
            evidence: Evidence::Sentence(sentence(self.history)),
        });
    }

    fn status(&self, version: u32) -> Option<Status> {
        let writer = self.history.versions[version as usize].writer;
        self.history.transactions.get(writer as usize).map(|writer| writer.status)
    }

    fn mark_intermediate(&mut self) {
        for transaction in 0..self.history.len() as u32 {
            for step in &self.history.steps[self.history.steps_of(transaction)] {
                let Step::Write(version) = *step else { continue };
                let key = self.history.versions[version as usize].key as usize;
                let seen = &mut self.seen[key];
                if seen.by == transaction {
                    self.intermediate[seen.own as usize] = true;
                }
                (seen.by, seen.own) = (transaction, version);
            }
        }
        self.seen.iter_mut().for_each(|seen| seen.by = NOBODY);
    }

    /// What is wrong with the longest lists, once for all who read them.
    fn inspect_spines(&mut self) {
        let history = self.history;
        for (index, key) in history.keys.iter().enumerate() {
            for (at, &version) in key.spine.iter().enumerate() {
                let length = at as u32 + 1;
                match self.status(version) {
                    None => self.garbage[index] = self.garbage[index].min(length),
                    Some(Status::Aborted) => self.aborted[index] = self.aborted[index].min(length),
                    Some(Status::Committed) if self.aborted[index] < length => {
                        let dirty = key.spine[self.aborted[index] as usize - 1];
                        let (dirty, own) =
                            (&history.versions[dirty as usize], &history.versions[version as usize]);
                        self.found(Kind::DirtyUpdate, &[dirty.writer, own.writer], |history| {
                            format!(
                                "{} committed its append of {} to {} behind {}, which {} appended and then aborted",
                                history.name(own.writer),
                                own.value,
                                key.name,
                                dirty.value,
                                history.name(dirty.writer),
                            )
                        });
                    }
                    Some(_) => {}
                }
            }
            if let Some((version, reader)) = key.duplicate {
                let value = &history.versions[version as usize].value;
                self.found(Kind::DuplicateElements, &[reader], |history| {
                    format!("{} read {} twice in the list {}", history.name(reader), value, key.name)
                });
            }
        }
    }

    fn transaction(&mut self, me: u32) {
        let history = self.history;
        for at in history.steps_of(me) {
            match history.steps[at] {
                Step::Write(version) => {
                    let seen = self.seen_of(me, history.versions[version as usize].key);
                    (seen.own, seen.appended) = (version, seen.appended + 1);
                }
                Step::Read { key, version } => self.read(me, at as u32, key, version),
                step @ (Step::List { key, .. } | Step::Divergent { key, .. }) => {
                    self.read_list(me, at, key, step);
                }
            }
        }
    }

    fn seen_of(&mut self, me: u32, key: u32) -> &mut Seen {
        let seen = &mut self.seen[key as usize];
        if seen.by != me {
            *seen = Seen { by: me, own: NOBODY, appended: 0, read: None };
        }
        seen
    }

    /// A read of a register.
    fn read(&mut self, me: u32, at: u32, key: u32, version: u32) {
        let seen = *self.seen_of(me, key);
        if version != NOBODY && version == seen.own {
            return;
        }
        let bad = version != NOBODY && self.bad_version(me, at, version);
        if seen.own != NOBODY {
            self.not_own(me, at as usize, key);
        } else if !bad {
            self.external(me, at as usize, key, version);
        }
    }

    /// Whether this version should not have been read by anybody, or not now.
    fn bad_version(&mut self, me: u32, at: u32, version: u32) -> bool {
        let read = &self.history.versions[version as usize];
        let key = &self.history.keys[read.key as usize].name;
        let writer = read.writer;
        if writer == NOBODY {
            self.found(Kind::GarbageRead, &[me], |history| {
                format!("{} read {} = {}, which nobody wrote", history.name(me), key, read.value)
            });
        } else if writer == me && read.op > at {
            self.found(Kind::FutureRead, &[me], |history| {
                format!("{} read {} = {} before it wrote it", history.name(me), key, read.value)
            });
        } else if writer != me && self.status(version) == Some(Status::Aborted) {
            self.found(Kind::G1a, &[writer, me], |history| {
                format!(
                    "{} read {} = {}, which {} wrote and then aborted",
                    history.name(me),
                    key,
                    read.value,
                    history.name(writer)
                )
            });
        } else if writer != me && self.intermediate[version as usize] {
            self.found(Kind::G1b, &[writer, me], |history| {
                format!(
                    "{} read {} = {}, which {} wrote, but not as its last write of {key}",
                    history.name(me),
                    key,
                    read.value,
                    history.name(writer)
                )
            });
        } else {
            return false;
        }
        true
    }

    fn not_own(&mut self, me: u32, at: usize, key: u32) {
        self.found(Kind::Internal, &[me], |history| {
            let name = &history.keys[key as usize].name;
            let place = at - history.steps_of(me).start;
            let read = history.recorded(me).ops.get(place).map_or(String::new(), Op::to_string);
            format!("{} wrote {name} itself, but then did not see that: {read}", history.name(me))
        });
    }

    fn external(&mut self, me: u32, at: usize, key: u32, version: u32) {
        let seen = self.seen_of(me, key);
        let before = seen.read.replace(version);
        match before {
            Some(before) if before == version => {}
            Some(_) => self.found(Kind::NonRepeatableRead, &[me], |history| {
                let name = &history.keys[key as usize].name;
                let place = at - history.steps_of(me).start;
                let read = history.recorded(me).ops.get(place).map_or(String::new(), Op::to_string);
                format!("{} had read another version of {name} before it read {read}", history.name(me))
            }),
            None => {}
        }
        self.reads.push((me, key, version));
    }

    /// A read of a list: a part that others appended, then what the transaction itself has appended so far.
    fn read_list(&mut self, me: u32, at: usize, key: u32, step: Step) {
        let history = self.history;
        let list = history.list(step);
        let Step::List { own, .. } = step else { return self.divergent(me, at, key, list) };
        let length = list.len() as u32;
        for (from, kind) in
            [(self.garbage[key as usize], Kind::GarbageRead), (self.aborted[key as usize], Kind::G1a)]
        {
            if from <= length && self.is_news(kind) {
                self.bad_version(me, at as u32, list[from as usize - 1]);
            }
        }
        let misplaced = self.misplaced(me, list, key);
        if let Some(version) = misplaced.filter(|version| history.versions[*version as usize].op > at as u32)
        {
            self.bad_version(me, at as u32, version);
        } else if !own || misplaced.is_some() {
            self.not_own(me, at, key);
        } else {
            let last = list.last().copied().unwrap_or(NOBODY);
            if last != NOBODY && self.intermediate[last as usize] {
                self.bad_version(me, at as u32, last);
            } else {
                self.external(me, at, key, last);
            }
        }
    }

    /// What the transaction appended itself and yet stands in a part of the spine that others should have appended.
    fn misplaced(&self, me: u32, list: &[u32], key: u32) -> Option<u32> {
        let mut own = self.history.appended(key, self.history.steps_of(me));
        own.rfind(|version| (self.history.versions[**version as usize].spine as usize) < list.len()).copied()
    }

    /// A list that does not agree with the longest one.
    fn divergent(&mut self, me: u32, at: usize, key: u32, list: &[u32]) {
        let history = self.history;
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let value = &history.versions[pair[0] as usize].value;
            self.found(Kind::DuplicateElements, &[me], |history| {
                format!(
                    "{} read {} twice in the list {}",
                    history.name(me),
                    value,
                    history.keys[key as usize].name
                )
            });
        }
        for &version in list {
            let own = history.versions[version as usize].writer == me;
            if own || !matches!(self.status(version), Some(Status::Committed | Status::Indeterminate)) {
                self.bad_version(me, at as u32, version);
            }
        }
        self.found(Kind::IncompatibleOrder, &[me], |history| {
            let key = &history.keys[key as usize];
            let text = |list: &[u32]| {
                let items: Vec<_> = list
                    .iter()
                    .map(|version| history.versions[*version as usize].value.to_string())
                    .collect();
                items.join(" ")
            };
            format!(
                "{} read {} = [{}], while others read [{}]: neither is the beginning of the other",
                history.name(me),
                key.name,
                text(list),
                text(&key.spine)
            )
        });
    }

    fn is_news(&self, kind: Kind) -> bool {
        self.counts[kind as usize] < EXAMPLES
    }
}

/// The transactions that took effect, and what is known of their order.
fn dependencies(history: &History, read: &[(u32, u32, u32)]) -> Dependencies {
    let mut effect: Vec<bool> =
        history.transactions.iter().map(|transaction| transaction.status == Status::Committed).collect();
    let mut observe = |version: u32| {
        let writer = history.versions.get(version as usize).map_or(NOBODY, |version| version.writer);
        if let Some(writer) = history.transactions.get(writer as usize).is_some().then_some(writer as usize)
            && history.transactions[writer].status == Status::Indeterminate
        {
            effect[writer] = true;
        }
    };
    read.iter().for_each(|(_, _, version)| observe(*version));
    history.keys.iter().flat_map(|key| &key.spine).for_each(|version| observe(*version));
    history.divergent.iter().flatten().for_each(|version| observe(*version));

    let mut number = vec![NOBODY; history.len()];
    let mut original = Vec::new();
    let mut sessions = vec![Vec::new(); history.sessions()];
    for (index, _) in effect.iter().enumerate().filter(|(_, effect)| **effect) {
        number[index] = original.len() as u32;
        sessions[history.transactions[index].session as usize].push(original.len() as u32);
        original.push(index as u32);
    }
    let intervals: Option<Vec<_>> =
        original.iter().map(|index| history.transactions[*index as usize].interval).collect();

    // The writers of each key that are not in its chain, and each chain.
    let number_of = |version: u32| {
        number.get(history.versions[version as usize].writer as usize).copied().unwrap_or(NOBODY)
    };
    let mut slot_of = vec![NOBODY; history.versions.len()];
    let mut loose: Vec<(u32, u32)> = Vec::new();
    for (me, &index) in original.iter().enumerate() {
        for step in &history.steps[history.steps_of(index)] {
            let Step::Write(version) = *step else { continue };
            let written = &history.versions[version as usize];
            if history.keys[written.key as usize].holds == Holds::Register || written.spine == NOBODY {
                loose.push((written.key, me as u32));
            }
        }
    }
    let loose = Rows::group(history.keys.len(), &loose, 0);
    let (mut keys, mut writer, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for (index, key) in history.keys.iter().enumerate() {
        let first = writer.len() as u32;
        writer.push(INITIAL);
        for &version in &key.spine {
            let me = number_of(version);
            if me == NOBODY {
                continue;
            }
            if writer.last() != Some(&me) {
                writes.push((me, Write { key: index as u32, slot: writer.len() as u32 }));
                writer.push(me);
            }
            slot_of[version as usize] = writer.len() as u32 - 1;
        }
        let chain = writer.len() as u32 - first - 1;
        let last = writer.last().copied();
        for &me in loose.row(index as u32) {
            // Who has the last element that was seen has those behind it, too, as far as anybody can say.
            if writer.last() != Some(&me) && last != Some(me) {
                writes.push((me, Write { key: index as u32, slot: writer.len() as u32 }));
                writer.push(me);
            }
        }
        keys.push(Slots { first, chain, rest: writer.len() as u32 - first - 1 - chain });
    }
    let sorted = Rows::group(original.len(), &writes, Write { key: 0, slot: 0 });
    let mut writes = Rows::new();
    for me in 0..original.len() as u32 {
        let mut last = NOBODY;
        for write in sorted.row(me) {
            if write.key != last {
                writes.add(*write);
            }
            last = write.key;
        }
        writes.end();
    }

    let slot = |key: u32, version: u32| match version {
        NOBODY => Some(keys[key as usize].first),
        version if slot_of[version as usize] != NOBODY => Some(slot_of[version as usize]),
        version => {
            let me = number_of(version);
            let row = if me == NOBODY { &[][..] } else { writes.row(me) };
            row.binary_search_by_key(&key, |write: &Write| write.key).ok().map(|at| row[at].slot)
        }
    };
    let mut external = Vec::with_capacity(read.len());
    let mut readers = Vec::with_capacity(read.len());
    for &(index, key, version) in read {
        let me = number[index as usize];
        let Some(slot) = slot(key, version) else { continue };
        if writer[slot as usize] != me {
            external.push((me, Read { key, slot }));
            readers.push((slot, me));
        }
    }
    let reads = Rows::group(original.len(), &external, Read { key: 0, slot: 0 });
    drop(external);
    let grouped = Rows::group(writer.len(), &readers, 0);
    let mut readers = Rows::new();
    for slot in 0..writer.len() as u32 {
        let mut last = NOBODY;
        for &me in grouped.row(slot) {
            if me != last {
                readers.add(me);
            }
            last = me;
        }
        readers.end();
    }
    Dependencies { original, sessions, intervals, reads, writes, keys, writer, readers }
}
