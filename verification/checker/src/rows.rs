//! What comes out of the store, and what is to go in: states as words, with what stands above these in the tree.

use std::ops::Range;

use crate::{layout::Layout, memo::Menu, recent::RecentStates, store::Tables, table::Full};

/// States, unfolded: of each its words, and the numbers of the inner nodes of its tree below the root, children before parents.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) words_each: usize,
    pub(crate) inner_each: usize,
    pub(crate) words: Vec<u64>,
    pub(crate) inner: Vec<u32>,
    /// What the nodes of each can do, as far as that is known, if it was [asked](Tables::ask).
    pub(crate) menus: Vec<Menu>,
}

/// A state, unfolded.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r> {
    pub(crate) words: &'r [u64],
    pub(crate) inner: &'r [u32],
}

/// Rows that follow each other.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'r> {
    pub(crate) words_each: usize,
    inner_each: usize,
    words: &'r [u64],
    inner: &'r [u32],
    pub(crate) menus: &'r [Menu],
}

impl<'r> Stretch<'r> {
    /// The words of each, with zeros behind them until there are `W`: in `padded`, if they have to be put somewhere.
    pub(crate) fn words_of<'p, const W: usize>(self, padded: &'p mut Vec<u64>) -> &'p [[u64; W]]
    where
        'r: 'p,
    {
        if self.words_each == W {
            return self.words.as_chunks().0;
        }
        for words in self.words.chunks_exact(self.words_each) {
            padded.extend_from_slice(words);
            padded.resize(padded.len() + W - self.words_each, 0);
        }
        padded.as_chunks().0
    }

    /// A row.
    #[inline]
    pub(crate) fn row(self, at: usize) -> Row<'r> {
        Row {
            words: &self.words[at * self.words_each..][..self.words_each],
            inner: &self.inner[at * self.inner_each..][..self.inner_each],
        }
    }
}

impl Rows {
    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.words.len() / self.words_each
    }

    /// All rows.
    #[inline]
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let mut inner = &self.inner[..];
        self.words.chunks_exact(self.words_each).map(move |words| {
            let (first, rest) = inner.split_at(self.inner_each);
            inner = rest;
            Row { words, inner: first }
        })
    }

    /// These rows.
    pub(crate) fn stretch(&self, rows: Range<usize>) -> Stretch<'_> {
        let &Rows { words_each, inner_each, .. } = self;
        let menus_each = self.menus.len() / self.len();
        Stretch {
            words_each,
            inner_each,
            words: &self.words[rows.start * words_each..rows.end * words_each],
            inner: &self.inner[rows.start * inner_each..rows.end * inner_each],
            menus: &self.menus[rows.start * menus_each..rows.end * menus_each],
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Stretch<'_> {
        self.stretch(0..self.len())
    }
}

/// Candidates for states.
pub(crate) struct Candidates {
    /// Of the tables when the first of them came: if it is not today's, everything is folded anew.
    layout: Layout,
    pub(crate) inner_each: usize,
    words_each: usize,
    count: usize,
    pub(crate) words: Vec<u64>,
    /// What stood above the words of the state that each was made from; as far as that is not above what has changed, it does here as well.
    pub(crate) inner: Vec<u32>,
    /// For each: the words that differ from that state, a bit each. Of a single word none is kept.
    pub(crate) changed: Vec<u32>,
    /// Those that came last, be they still here or in the store by now; so many.
    recent: Option<RecentStates>,
    places: usize,
    /// What [`Tables::fold`] works with: the places of candidates, and what a table is asked for them.
    pub(crate) wanted: Vec<usize>,
    pub(crate) asked: Vec<u64>,
}

impl Candidates {
    /// None, for states of these tables.
    pub(crate) fn new(tables: &Tables) -> Self {
        let mut candidates = Candidates {
            layout: tables.layout,
            inner_each: 0,
            words_each: 0,
            count: 0,
            words: Vec::new(),
            inner: Vec::new(),
            changed: Vec::new(),
            recent: None,
            places: 0,
            wanted: Vec::new(),
            asked: Vec::new(),
        };
        candidates.lay_out(tables).expect("none of them is too large");
        candidates
    }

    /// Keeps so many of those that came last at hand, for [`push_unless_recent`](Candidates::push_unless_recent).
    pub(crate) fn remembering(mut self, places: usize) -> Self {
        self.places = places;
        self.forget();
        self
    }

    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds the state of these words, which differ in those of the bits `changed` from the state that had `inner` above them.
    #[inline(always)]
    fn push(&mut self, words: &[u64], inner: &[u32], changed: u32) {
        if let &[word] = words {
            self.words.push(word);
        } else {
            self.words.extend_from_slice(words);
            self.inner.extend_from_slice(inner);
            self.changed.push(changed);
        }
        self.count += 1;
    }

    /// The same, unless it is known to have come a moment ago: then it is false.
    #[inline(always)] // once for each step: a call costs a tenth of all that a step does
    pub(crate) fn push_unless_recent<const W: usize>(
        &mut self,
        words: &[u64; W],
        inner: &[u32],
        changed: u32,
    ) -> bool {
        let words = if W <= 2 { &words[..] } else { &words[..self.words_each] };
        let is_new = !self.recent.as_mut().is_some_and(|recent| recent.meet(words));
        if let &[word] = words {
            // Whether it is new cannot be foretold, so nothing waits for that: it is written, and kept if it is.
            let len = self.words.len() + usize::from(is_new);
            self.words.push(word);
            self.words.truncate(len);
            self.count = len;
            return is_new;
        }
        if is_new {
            self.push(words, inner, changed);
        }
        is_new
    }

    /// Adds the state of these parts.
    ///
    /// # Errors
    /// There are no such words.
    pub(crate) fn push_parts(&mut self, tables: &Tables, parts: &[u32]) -> Result<(), Full> {
        self.lay_out_as(tables)?;
        let words = tables.words(parts)?;
        let inner = vec![0; self.inner_each];
        self.push(&words, &inner, u32::MAX);
        Ok(())
    }

    /// Turns them into words of the layout of these tables, if they are others.
    ///
    /// # Errors
    /// One does not fit: its world is larger than all that were inserted, and it was not known of when that layout was made. They stay as
    /// they were, and the next layout will have room.
    #[inline]
    pub(crate) fn lay_out_as(&mut self, tables: &Tables) -> Result<(), Full> {
        if self.layout == tables.layout { Ok(()) } else { self.lay_out(tables) }
    }

    /// Turns them into words of another layout, with nothing above them yet.
    #[cold]
    fn lay_out(&mut self, tables: &Tables) -> Result<(), Full> {
        let mut words = Vec::with_capacity(self.count * tables.words_each());
        let fields = self.layout.tree().fields;
        for old in self.words.chunks_exact(self.words_each.max(1)) {
            let parts: Vec<u32> = fields.iter().map(|field| field.get(old)).collect();
            words.extend(tables.words(&parts)?);
        }
        self.words = words;
        self.layout = tables.layout;
        (self.words_each, self.inner_each) = (tables.words_each(), tables.inner_each());
        self.inner = vec![0; self.count * self.inner_each];
        self.changed = vec![u32::MAX; if self.words_each > 1 { self.count } else { 0 }];
        self.forget(); // what came last had other words
        Ok(())
    }

    /// From here on none has come.
    fn forget(&mut self) {
        self.recent = (self.places > 0).then(|| RecentStates::new(self.places, self.words_each));
    }

    /// None are left.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.inner.clear();
        self.changed.clear();
        self.count = 0;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const PARTS: usize = 3;

    /// Tables for numbers up to this.
    fn tables(largest: u32) -> Tables {
        Tables::new(PARTS, 8, false, 1).with_layout(Layout::fitting(&[largest; PARTS]))
    }

    /// The parts of all candidates.
    fn parts(candidates: &Candidates, tables: &Tables) -> Vec<Vec<u32>> {
        candidates
            .words
            .chunks_exact(tables.words_each())
            .map(|words| tables.parts_of(words).collect())
            .collect()
    }

    /// What is known to have come a moment ago comes once; unless states have other words now.
    #[test]
    fn candidates_come_once_and_again_with_other_words() {
        let (packed, tree) = (tables(1), tables(u32::MAX));
        for (now, later) in [(&packed, &tree), (&tree, &packed)] {
            let mut candidates = Candidates::new(now).remembering(8);
            let comes = |candidates: &mut Candidates, tables: &Tables, parts: [u32; 3]| {
                let (before, mut words) = (candidates.len(), [0; 2]);
                tables.put(&parts, &mut words).expect("it fits");
                let is_new = match tables.words_each() {
                    1 => candidates.push_unless_recent(&[words[0]], &[], 1),
                    _ => candidates.push_unless_recent(&words, &[7], 1),
                };
                assert_eq!(candidates.len() - before, usize::from(is_new));
                is_new
            };
            assert!(comes(&mut candidates, now, [1, 2, 3]) && comes(&mut candidates, now, [1, 2, 4]));
            assert!(!comes(&mut candidates, now, [1, 2, 4]));
            candidates.clear();
            assert!(!comes(&mut candidates, now, [1, 2, 4]), "it is in the store by now");
            candidates.lay_out_as(later).expect("it fits");
            assert!(comes(&mut candidates, later, [1, 2, 4]), "those were other words");
        }
    }

    /// Those that wait when the layout changes are the same afterwards.
    #[test]
    fn candidates_stay_what_they_are_in_another_layout() {
        let (packed, tree) = (tables(1), tables(u32::MAX));
        for (now, later) in [(&packed, &tree), (&tree, &packed)] {
            let mut candidates = Candidates::new(now);
            for parts in [[1, 2, 3], [4, 5, 6]] {
                candidates.push_parts(now, &parts).expect("it fits");
            }
            candidates.lay_out_as(later).expect("it fits");
            assert_eq!(parts(&candidates, later), [[1, 2, 3], [4, 5, 6]]);
            candidates.push_parts(later, &[7, 8, 9]).expect("it fits");
            assert_eq!((candidates.len(), parts(&candidates, later).len()), (3, 3));
            assert!(candidates.changed.iter().all(|&changed| changed == u32::MAX));
            assert_eq!(
                candidates.changed.len() + candidates.inner.len(),
                if later.words_each() > 1 { 6 } else { 0 }
            );
        }
        // One whose world is larger than was known when the other layout was made stays until it is known.
        let mut candidates = Candidates::new(&tree);
        candidates.push_parts(&tree, &[1, 2, 1 << 22]).expect("it fits");
        assert_eq!(candidates.lay_out_as(&packed), Err(Full));
        assert_eq!(packed.largest().last(), Some(&(1 << 22)));
        assert_eq!(parts(&candidates, &tree), [[1, 2, 1 << 22]]);
        let fits = Candidates::new(&packed).push_parts(&packed, &[1, 1 << 21, 3]);
        assert_eq!(fits, Err(Full));
    }
}
