//! What shows that a history keeps a level, and a simple check of it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::value::Value;

use super::{
    history::{History, Op, Recorded, Status},
    level::{Axiom, Level, Respect},
};

/// Something in the order that shows that a history keeps a level. A transaction is given by its position in the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// A transaction takes effect.
    Whole(u32),
    /// A transaction takes its snapshot: all of its reads are of this moment.
    Snapshot(u32),
    /// A transaction commits: all of its writes are of this moment.
    Commit(u32),
}

/// An order that shows that a history keeps a level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// What happens, in order. Transactions that took no effect are left out.
    pub moments: Vec<Moment>,
}

/// Checks a certificate, as simply as can be, by the definition of the level: transactions are run in its order (from
/// prefix consistency on), or every read is held against the axiom, in time that grows with the square of the history.
///
/// # Errors
/// It does not show that the history keeps the level: why, in a sentence.
pub fn verify(history: &History, level: Level, certificate: &Certificate) -> Result<(), String> {
    let mut verifier = Verifier::new(history, certificate)?;
    verifier.took_effect()?;
    verifier.order(level.respects())?;
    match level.axiom() {
        Axiom::Serializability => verifier.run(false),
        Axiom::Prefix => verifier.run(false),
        Axiom::SnapshotIsolation => verifier.run(true),
        axiom => verifier.axiom(axiom),
    }
}

struct Verifier<'a> {
    certificate: &'a Certificate,
    transactions: Vec<Recorded>,
    /// The positions of the snapshot and of the commit of each transaction in the order.
    places: Vec<Option<(usize, usize)>>,
}

/// Who wrote a value of a key.
type Writers<'a> = FxHashMap<(&'a Value, &'a Value), usize>;

/// The state of a key: register or list.
type State = FxHashMap<Value, Vec<Value>>;

impl<'a> Verifier<'a> {
    fn new(history: &History, certificate: &'a Certificate) -> Result<Self, String> {
        let transactions: Vec<_> = (0..history.len() as u32).map(|index| history.recorded(index)).collect();
        let mut places: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); transactions.len()];
        for (at, moment) in certificate.moments.iter().enumerate() {
            let (index, start, commit) = match *moment {
                Moment::Whole(index) => (index, true, true),
                Moment::Snapshot(index) => (index, true, false),
                Moment::Commit(index) => (index, false, true),
            };
            let place = places.get_mut(index as usize).ok_or("an unknown transaction is in the order")?;
            if start && place.0.replace(at).is_some() || commit && place.1.replace(at).is_some() {
                return Err(format!("{} is twice in the order", history.name(index)));
            }
        }
        let places: Vec<_> = places.into_iter().map(|(start, commit)| start.zip(commit)).collect();
        if places.iter().flatten().any(|(start, commit)| start > commit) {
            return Err("a transaction commits before its snapshot".into());
        }
        Ok(Verifier { certificate, transactions, places })
    }

    /// Who committed is in the order, who aborted is not.
    fn took_effect(&self) -> Result<(), String> {
        for (index, (transaction, place)) in self.transactions.iter().zip(&self.places).enumerate() {
            match (transaction.status, place) {
                (Status::Committed, None) => {
                    return Err(format!("T{} committed but is not in the order", index + 1));
                }
                (Status::Aborted, Some(_)) => {
                    return Err(format!("T{} aborted but is in the order", index + 1));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn order(&self, respect: Respect) -> Result<(), String> {
        let placed = || {
            self.transactions
                .iter()
                .zip(&self.places)
                .filter_map(|(one, place)| place.map(|place| (one, place)))
        };
        if respect >= Respect::Sessions {
            let mut last: FxHashMap<u64, usize> = FxHashMap::default();
            for (transaction, (start, commit)) in placed() {
                if last.insert(transaction.session, commit).is_some_and(|before| before > start) {
                    return Err(format!("session {} is not respected", transaction.session));
                }
            }
        }
        if respect == Respect::RealTime {
            // From the end of the order backwards: who is placed later must not have ended before who is placed earlier
            // began.
            let mut by_commit: Vec<_> =
                placed().map(|(one, (_, commit))| (commit, one.interval.and_then(|time| time.1))).collect();
            let mut by_start: Vec<_> =
                placed().map(|(one, (start, _))| (start, one.interval.map(|time| time.0))).collect();
            by_commit.sort_unstable();
            by_start.sort_unstable();
            let mut earliest = u64::MAX;
            for (start, began) in by_start.into_iter().rev() {
                while let Some((_, ended)) = by_commit.pop_if(|(commit, _)| *commit > start) {
                    earliest = earliest.min(ended.unwrap_or(u64::MAX));
                }
                if began.is_none_or(|began| earliest < began) {
                    return Err("real time is not respected".into());
                }
            }
        }
        Ok(())
    }

    /// Runs everything in order, and compares what is read.
    fn run(&mut self, exclusive: bool) -> Result<(), String> {
        let mut state = State::default();
        // Who wrote a key last, and when.
        let mut written: FxHashMap<Value, usize> = FxHashMap::default();
        let mut observed: FxHashMap<u32, Vec<(usize, Vec<Value>)>> = FxHashMap::default();
        for (at, moment) in self.certificate.moments.iter().enumerate() {
            let (Moment::Whole(index) | Moment::Snapshot(index) | Moment::Commit(index)) = *moment;
            let transaction = &self.transactions[index as usize];
            if !matches!(moment, Moment::Commit(_)) {
                for (position, op) in transaction.ops.iter().enumerate() {
                    if let Op::Read(key, _) | Op::ReadList(key, _) = op {
                        let value = state.get(key).cloned().unwrap_or_default();
                        observed.entry(index).or_default().push((position, value));
                    }
                }
            }
            if !matches!(moment, Moment::Snapshot(_)) {
                let (start, _) = self.places[index as usize].ok_or("it is not in the order")?;
                self.compare(index, &observed.remove(&index).unwrap_or_default())?;
                for op in &transaction.ops {
                    let (Op::Write(key, value) | Op::Append(key, value)) = op else { continue };
                    if exclusive
                        && written
                            .insert(key.clone(), at)
                            .is_some_and(|before| before > start && before != at)
                    {
                        return Err(format!(
                            "T{} writes {key}, which was written since its snapshot",
                            index + 1
                        ));
                    }
                    let entry = state.entry(key.clone()).or_default();
                    if matches!(op, Op::Write(..)) {
                        entry.clear();
                    }
                    entry.push(value.clone());
                }
            }
        }
        Ok(())
    }

    /// Compares what a transaction read with the state at its snapshot and what it wrote itself.
    fn compare(&self, index: u32, observed: &[(usize, Vec<Value>)]) -> Result<(), String> {
        let ops = &self.transactions[index as usize].ops;
        for (position, state) in observed {
            let mut state = state.clone();
            for op in &ops[..*position] {
                match (op, &ops[*position]) {
                    (Op::Write(key, value), Op::Read(other, _)) if key == other => {
                        state = vec![value.clone()]
                    }
                    (Op::Append(key, value), Op::ReadList(other, _)) if key == other => {
                        state.push(value.clone())
                    }
                    _ => {}
                }
            }
            let same = match &ops[*position] {
                Op::Read(_, value) => state.last() == value.as_ref(),
                Op::ReadList(_, list) => state == *list,
                _ => true,
            };
            if !same {
                return Err(format!("T{} reads {} but the state is {state:?}", index + 1, ops[*position]));
            }
        }
        Ok(())
    }

    /// Holds every read against the axiom, with the order of the certificate as the order of commits.
    fn axiom(&self, axiom: Axiom) -> Result<(), String> {
        let place = |index: usize| self.places[index].map(|(_, commit)| commit);
        let mut writers = Writers::default();
        let mut writes: Vec<FxHashSet<&Value>> = vec![FxHashSet::default(); self.transactions.len()];
        for (index, transaction) in self.transactions.iter().enumerate() {
            for op in &transaction.ops {
                if let Op::Write(key, value) | Op::Append(key, value) = op {
                    writers.insert((key, value), index);
                    writes[index].insert(key);
                }
            }
        }
        self.lists_grow(&writers)?;
        if axiom == Axiom::ReadUncommitted {
            return Ok(());
        }
        self.single_reads(axiom, &writers)?;
        let seen = self.seen(axiom, &writers);
        for (reader, transaction) in self.transactions.iter().enumerate() {
            if place(reader).is_none() || transaction.status != Status::Committed {
                continue;
            }
            let all_seen = (0..seen.len()).filter(|other| seen[reader][*other] != usize::MAX);
            if all_seen.clone().any(|other| place(other) > place(reader) || place(other).is_none()) {
                return Err(format!("T{} comes before what it has seen", reader + 1));
            }
            for (position, op) in transaction.ops.iter().enumerate() {
                let Some((key, source)) = external(transaction, position) else { continue };
                let source = match source {
                    None => None,
                    Some(value) => {
                        Some(*writers.get(&(key, &value)).ok_or_else(|| format!("nobody wrote {op}"))?)
                    }
                };
                for other in all_seen.clone() {
                    let now = axiom >= Axiom::ReadAtomic || seen[reader][other] < position;
                    if !now || Some(other) == source || !writes[other].contains(key) {
                        continue;
                    }
                    let source_place = source.and_then(place);
                    if source_place.is_none_or(|source| place(other).is_some_and(|other| other > source)) {
                        return Err(format!(
                            "T{} reads {op}, but has seen T{}, which wrote {key} later",
                            reader + 1,
                            other + 1
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Lists contain what was appended, once, and grow in the order of commits.
    fn lists_grow(&self, writers: &Writers<'_>) -> Result<(), String> {
        let place = |index: usize| self.places[index].map(|(_, commit)| commit);
        let mut lists: FxHashMap<&Value, Vec<&[Value]>> = FxHashMap::default();
        for transaction in self.transactions.iter().filter(|one| one.status == Status::Committed) {
            for (position, op) in transaction.ops.iter().enumerate() {
                match op {
                    Op::ReadList(key, list) => {
                        // What it appended itself is no part of what others appended, if it stands at the end.
                        let own = own_appends(transaction, position, key);
                        lists.entry(key).or_default().push(list.strip_suffix(&own[..]).unwrap_or(list));
                    }
                    Op::Read(key, Some(value)) if !writers.contains_key(&(key, value)) => {
                        return Err(format!("nobody wrote {op}"));
                    }
                    _ => {}
                }
            }
        }
        for (key, mut lists) in lists {
            lists.sort_by_key(|list| list.len());
            if lists.windows(2).any(|pair| !pair[1].starts_with(pair[0])) {
                return Err(format!("the lists read of {key} disagree"));
            }
            let longest = lists.last().copied().unwrap_or_default();
            if longest.iter().collect::<FxHashSet<_>>().len() < longest.len() {
                return Err(format!("an element is twice in the list {key}"));
            }
            let owners: Option<Vec<_>> =
                longest.iter().map(|value| writers.get(&(key, value)).copied()).collect();
            let owners = owners.ok_or_else(|| format!("nobody appended an element of the list {key}"))?;
            let places: Vec<_> = owners.iter().filter_map(|owner| place(*owner)).collect();
            if !places.is_sorted() {
                return Err(format!("the list {key} did not grow in the order of commits"));
            }
            let unseen =
                writers.iter().filter(|((other, value), _)| *other == key && !longest.contains(value));
            for (_, &writer) in unseen {
                if place(writer).is_some_and(|place| places.last().is_some_and(|last| place < *last)) {
                    return Err(format!(
                        "T{} appended to {key} unseen, but comes before what was seen",
                        writer + 1
                    ));
                }
            }
        }
        Ok(())
    }

    /// Every read sees the transaction's own writes, and of others what they left when they committed.
    fn single_reads(&self, axiom: Axiom, writers: &Writers<'_>) -> Result<(), String> {
        for (index, transaction) in self.transactions.iter().enumerate() {
            let mut before: FxHashMap<&Value, Option<Value>> = FxHashMap::default();
            for (position, op) in
                transaction.ops.iter().enumerate().filter(|_| transaction.status == Status::Committed)
            {
                let earlier = &transaction.ops[..position];
                let (key, elements, own) = match op {
                    Op::Read(key, value) => {
                        let own = earlier.iter().rev().find_map(|op| match op {
                            Op::Write(other, own) if other == key => Some(own),
                            _ => None,
                        });
                        if own.is_some() && own != value.as_ref() {
                            return Err(format!("T{} did not see its own write: {op}", index + 1));
                        }
                        let elements = value.as_ref().map(std::slice::from_ref).unwrap_or_default();
                        (key, if own.is_some() { &[] } else { elements }, own.is_some())
                    }
                    Op::ReadList(key, list) => {
                        let own = own_appends(transaction, position, key);
                        let Some(others) = list.strip_suffix(&own[..]) else {
                            return Err(format!("T{} did not see its own append: {op}", index + 1));
                        };
                        (key, others, false)
                    }
                    Op::Write(..) | Op::Append(..) => continue,
                };
                for value in elements {
                    let writer = *writers.get(&(key, value)).ok_or("a read value was never written")?;
                    if writer == index || self.places[writer].is_none() {
                        return Err(format!("T{} should not have read {op}", index + 1));
                    }
                }
                if let Some(last) = elements.last() {
                    let writer = &self.transactions[*writers.get(&(key, last)).ok_or("never written")?];
                    let left = writer.ops.iter().rev().find_map(|op| match op {
                        Op::Write(other, value) | Op::Append(other, value) if other == key => Some(value),
                        _ => None,
                    });
                    if left != Some(last) {
                        return Err(format!("T{} read what was overwritten at once: {op}", index + 1));
                    }
                }
                let seen = elements.last().cloned();
                let again = if own { None } else { before.insert(key, seen.clone()) };
                if axiom >= Axiom::ReadAtomic && again.is_some_and(|before| before != seen) {
                    return Err(format!("T{} read two versions of {key}", index + 1));
                }
            }
        }
        Ok(())
    }

    /// For each transaction, from which of its operations on it has seen each other transaction, by the axiom.
    fn seen(&self, axiom: Axiom, writers: &Writers<'_>) -> Vec<Vec<usize>> {
        let count = self.transactions.len();
        // Who is seen by which position first.
        let mut seen = vec![vec![usize::MAX; count]; count];
        for (reader, transaction) in self.transactions.iter().enumerate() {
            if transaction.status != Status::Committed {
                continue;
            }
            for (position, op) in transaction.ops.iter().enumerate() {
                if external(transaction, position).is_none() {
                    continue;
                }
                let values: &[Value] = match op {
                    Op::Read(_, Some(value)) => std::slice::from_ref(value),
                    Op::ReadList(_, list) => list,
                    _ => &[],
                };
                let (Op::Read(key, _) | Op::ReadList(key, _) | Op::Write(key, _) | Op::Append(key, _)) = op;
                for value in values {
                    if let Some(&writer) = writers.get(&(key, value)).filter(|writer| **writer != reader) {
                        seen[reader][writer] = seen[reader][writer].min(position);
                    }
                }
            }
        }
        if axiom >= Axiom::ReadAtomic {
            for (later, seen) in seen.iter_mut().enumerate() {
                for (earlier, seen) in seen.iter_mut().enumerate().take(later) {
                    let both = self.places[earlier].is_some() && self.places[later].is_some();
                    if both && self.transactions[earlier].session == self.transactions[later].session {
                        *seen = 0;
                    }
                }
            }
        }
        if axiom >= Axiom::Causal {
            for middle in 0..count {
                for reader in 0..count {
                    if seen[reader][middle] == usize::MAX {
                        continue;
                    }
                    let through = seen[middle].clone();
                    for (to, through) in seen[reader].iter_mut().zip(through) {
                        if through != usize::MAX {
                            *to = 0;
                        }
                    }
                }
            }
        }
        seen
    }
}

/// What a transaction has appended to a key before this operation.
fn own_appends(transaction: &Recorded, position: usize, key: &Value) -> Vec<Value> {
    let before = transaction.ops[..position].iter();
    before
        .filter_map(|op| match op {
            Op::Append(other, own) if other == key => Some(own.clone()),
            _ => None,
        })
        .collect()
}

/// The key of a read, and the value that shows whose write it saw, if that is not the transaction's own.
fn external(transaction: &Recorded, position: usize) -> Option<(&Value, Option<Value>)> {
    let before = &transaction.ops[..position];
    match &transaction.ops[position] {
        Op::Read(key, value) => {
            let own = before.iter().any(|op| matches!(op, Op::Write(other, _) if other == key));
            (!own).then(|| (key, value.clone()))
        }
        Op::ReadList(key, list) => {
            let own = own_appends(transaction, position, key).len();
            Some((key, list[..list.len().saturating_sub(own)].last().cloned()))
        }
        Op::Write(..) | Op::Append(..) => None,
    }
}
