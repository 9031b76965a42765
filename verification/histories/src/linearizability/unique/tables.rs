//! The tables that the methods look things up in.

/// Numbers that are crossed out one by one: which is the next that is left?
#[derive(Debug)]
pub(super) struct Left {
    /// For each number itself, or one after it before which none is left.
    next: Vec<usize>,
}

impl Left {
    /// All numbers up to and with `last` are left.
    pub(super) fn up_to(last: usize) -> Self {
        Left { next: (0..=last).collect() }
    }

    /// The first from this on that is left. The last always is.
    pub(super) fn from(&mut self, number: usize) -> usize {
        let mut at = number;
        while self.next[at] != at {
            self.next[at] = self.next[self.next[at]];
            at = self.next[at];
        }
        at
    }

    pub(super) fn cross_out(&mut self, number: usize) {
        if number + 1 < self.next.len() && self.next[number] == number {
            self.next[number] = number + 1;
        }
    }
}

/// Keys in a row, some of which are absent: where is the greatest of some neighbours?
#[derive(Debug)]
pub(super) struct Greatest {
    leaves: usize,
    /// A heap of the greatest keys, with their places: the parent of `n` is `n / 2`.
    tree: Vec<Option<(usize, usize)>>,
}

impl Greatest {
    pub(super) fn new(keys: impl ExactSizeIterator<Item = Option<usize>>) -> Self {
        let leaves = keys.len().max(1);
        let mut tree = vec![None; leaves];
        tree.extend(keys.enumerate().map(|(place, key)| key.map(|key| (key, place))));
        tree.resize(2 * leaves, None);
        for node in (1..leaves).rev() {
            tree[node] = tree[2 * node].max(tree[2 * node + 1]);
        }
        Greatest { leaves, tree }
    }

    pub(super) fn set(&mut self, place: usize, key: Option<usize>) {
        let mut node = place + self.leaves;
        self.tree[node] = key.map(|key| (key, place));
        while node > 1 {
            node /= 2;
            self.tree[node] = self.tree[2 * node].max(self.tree[2 * node + 1]);
        }
    }

    /// The greatest key at places `from..to`, and its place.
    pub(super) fn of(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let (mut low, mut high) = (from + self.leaves, to + self.leaves);
        let mut greatest = None;
        while low < high {
            if low % 2 == 1 {
                greatest = greatest.max(self.tree[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                greatest = greatest.max(self.tree[high]);
            }
            (low, high) = (low / 2, high / 2);
        }
        greatest
    }
}

/// How often each of some gaps is covered.
#[derive(Debug)]
pub(super) struct Cover {
    leaves: usize,
    /// For each node the least of its gaps, without what covers all of an ancestor; and what covers all of it.
    least: Vec<i64>,
    all: Vec<i64>,
}

impl Cover {
    /// So many gaps, not covered.
    pub(super) fn new(gaps: usize) -> Self {
        let leaves = gaps.max(1).next_power_of_two();
        Cover { leaves, least: vec![0; 2 * leaves], all: vec![0; 2 * leaves] }
    }

    /// Covers the gaps `from..to` once more, or (with −1) once less.
    pub(super) fn add(&mut self, (from, to): (usize, usize), times: i64) {
        self.add_below(1, (0, self.leaves), (from, to), times);
    }

    fn add_below(&mut self, node: usize, (low, high): (usize, usize), span: (usize, usize), times: i64) {
        if span.1 <= low || high <= span.0 {
            return;
        }
        if span.0 <= low && high <= span.1 {
            self.all[node] += times;
            self.least[node] += times;
            return;
        }
        let middle = low.midpoint(high);
        self.add_below(2 * node, (low, middle), span, times);
        self.add_below(2 * node + 1, (middle, high), span, times);
        self.least[node] = self.least[2 * node].min(self.least[2 * node + 1]) + self.all[node];
    }

    /// The first gap from this on that is not covered; the number of all if there is none.
    pub(super) fn first_free(&self, from: usize) -> usize {
        self.first_free_below(1, (0, self.leaves), from, 0).unwrap_or(self.leaves)
    }

    fn first_free_below(
        &self,
        node: usize,
        (low, high): (usize, usize),
        from: usize,
        above: i64,
    ) -> Option<usize> {
        if high <= from || self.least[node] + above > 0 {
            return None;
        }
        if high - low == 1 {
            return Some(low);
        }
        let (middle, above) = (low.midpoint(high), above + self.all[node]);
        self.first_free_below(2 * node, (low, middle), from, above)
            .or_else(|| self.first_free_below(2 * node + 1, (middle, high), from, above))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tables_answer_as_plain_lists_do(
            keys in prop::collection::vec(prop::option::of(0..9_usize), 1..20),
            changes in prop::collection::vec((0..20_usize, prop::option::of(0..9_usize)), 0..20),
            spans in prop::collection::vec((0..20_usize, 0..20_usize), 0..10),
            from in 0..20_usize,
        ) {
            let (mut list, count) = (keys.clone(), keys.len());
            let mut greatest = Greatest::new(keys.into_iter());
            let mut left = Left::up_to(count);
            let mut crossed = vec![false; count + 1];
            for (place, key) in changes {
                list[place % count] = key;
                greatest.set(place % count, key);
                left.cross_out(place % count);
                crossed[place % count] = true;
            }
            let from = from % count;
            let expected = (from..count).filter_map(|place| list[place].map(|key| (key, place))).max();
            prop_assert_eq!(greatest.of(from, count), expected);
            prop_assert_eq!(Some(left.from(from)), (from..=count).find(|&number| !crossed[number]));

            let mut cover = Cover::new(20);
            let mut times = [0; 20];
            for (index, &(low, high)) in spans.iter().enumerate() {
                cover.add((low, high), 1);
                (low..high).for_each(|gap| times[gap] += 1);
                if index % 3 == 2 {
                    let (low, high) = spans[index - 1];
                    cover.add((low, high), -1);
                    (low..high).for_each(|gap| times[gap] -= 1);
                }
            }
            let free = (from..20).find(|&gap| times[gap] == 0).unwrap_or(20);
            prop_assert_eq!(cover.first_free(from), free);
        }
    }
}
