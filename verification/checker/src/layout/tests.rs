use proptest::prelude::*;

use super::*;

/// Numbers of up to so many bits.
fn number() -> impl Strategy<Value = u32> {
    (0..=31_u32).prop_flat_map(|bits| 0..=u32::MAX >> bits)
}

/// One number for each part.
fn row() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(number(), 2..=PARTS)
}

proptest! {
    /// What is packed comes back; what does not fit is not packed.
    #[test]
    fn numbers_come_back(numbers in prop::collection::vec((number(), 1..=16_u8), 2..=4)) {
        let (mut numbers, bits): (Vec<u32>, Vec<u8>) = numbers.into_iter().unzip();
        let packing = Packing(bits.clone().into());
        prop_assert_eq!(packing.pack(&numbers).is_some(), fit(&bits, &numbers));
        if let Some(packed) = packing.pack(&numbers) {
            let before = numbers.clone();
            numbers.fill(u32::MAX);
            packing.unpack(packed, &mut numbers);
            prop_assert_eq!(numbers, before);
        }
    }

    /// Parts that are put into fields one after the other are what the words hold at the leaves of the tree.
    #[test]
    fn fields_are_where_words_have_their_parts(row in row(), other in row()) {
        let parts = row.len().min(other.len());
        let row = &row[..parts];
        let tree = Layout::fitting(&other[..parts]).tree();
        let mut words = vec![0; tree.words()];
        let fitting = tree.fields.iter().zip(row).map(|(field, &part)| field.replace(&mut words, 0, part).is_ok());
        let do_fit: Vec<bool> = fitting.collect();
        for Inner { holds, words: below, .. } in &tree.shape {
            if let Holds::Parts(group, packing) = holds {
                let word = tree.fields[group.start].word();
                prop_assert_eq!(*below, 1 << word);
                let fits = do_fit[group.clone()].iter().all(|&fits| fits);
                prop_assert_eq!(packing.pack(&row[group.clone()]), fits.then_some(words[word]));
            }
        }
        if do_fit.iter().all(|&fits| fits) {
            let read: Vec<u32> = tree.fields.iter().map(|field| field.get(&words)).collect();
            prop_assert_eq!(read, row);
        }
        let all = tree.shape.last().expect("a tree has a root").words;
        prop_assert_eq!(all, u32::MAX >> (32 - tree.words()));
    }

    /// Every row that fits comes back from the word of the root and those below it.
    #[test]
    fn a_tree_holds_all_parts(row in row()) {
        let (parts, layout) = (row.len(), Layout::fitting(&row));
        prop_assert!(layout.fits(&row));
        let shape = layout.tree().shape;
        prop_assert!(shape.len() < parts);
        let mut unfolded = row.clone();
        unfolded.resize(parts + shape.len(), 0);
        // In place of the number of a word its place in this list.
        let mut words = Vec::new();
        for (at, inner) in shape.iter().enumerate() {
            words.push(inner.word(&unfolded).expect("it fits"));
            unfolded[parts + at] = at as u32;
        }
        unfolded[..parts].fill(u32::MAX);
        for (inner, word) in shape.iter().zip(&words).rev() {
            inner.unfold(*word, &mut unfolded);
        }
        prop_assert_eq!(&unfolded[..parts], row);
        prop_assert_eq!(shape.last().expect("a tree has a root").below, u32::MAX >> (32 - parts));
    }

    /// A layout for larger numbers splits groups and joins none: what stands above them stays. So does every group that need not be
    /// packed otherwise.
    #[test]
    fn later_layouts_only_split(parts in 2..=PARTS, rows in prop::collection::vec(prop::collection::vec(number(), PARTS), 2..8)) {
        let mut largest = vec![0; parts];
        let mut layout = Layout::fitting(&largest);
        for row in rows {
            largest.iter_mut().zip(row).for_each(|(largest, number)| *largest = number.max(*largest));
            let later = if layout.fits(&largest) { layout } else { layout.outgrown(&largest) };
            prop_assert!(later.fits(&largest));
            let (before, after) = (layout.tree().shape, later.tree().shape);
            let stays = |inner: &Inner| match &inner.holds {
                Holds::Two(..) => true,
                Holds::Parts(group, _) => {
                    fit(&layout.bits[group.clone()], &largest[group.clone()])
                        && after.iter().any(|other| matches!(&other.holds, Holds::Parts(other, _) if other == group))
                }
            };
            for inner in before.iter().filter(|inner| stays(inner)) {
                prop_assert!(after.iter().any(|other| other.is_as(inner)), "{:?} {:?}", layout, later);
            }
            layout = later;
        }
    }

    /// A word has no bit to spare that a part in it could use.
    #[test]
    fn all_bits_are_given_away(row in row()) {
        let layout = Layout::fitting(&row);
        for inner in layout.tree().shape {
            if let Holds::Parts(group, _) = inner.holds {
                let bits = &layout.bits[group];
                let most = WORD.min(NUMBER * bits.len() as u32);
                prop_assert_eq!(sum(bits), most);
            }
        }
    }
}

/// How many tables there are, and for which numbers that will do.
#[test]
fn few_tables_for_long() {
    let of = |largest: &[u32]| {
        let layout = Layout::fitting(largest);
        (layout.tree().shape.len(), layout.bits().to_vec())
    };
    assert_eq!(of(&[0; 2]), (1, vec![32, 32]));
    assert_eq!(of(&[0; 4]), (1, vec![16; 4]));
    assert_eq!(of(&[0; 7]), (1, vec![10, 9, 9, 9, 9, 9, 9]));
    // Who needs most gets most: servers with thousands of states, clients with a few.
    assert_eq!(of(&[5000, 6000, 5000, 5, 5, 5, 1]), (1, vec![16, 15, 15, 5, 5, 5, 3]));
    assert_eq!(of(&[40_000, 40_000, 40_000, 1000]), (1, vec![18, 18, 17, 11]));
    // Halves, and halves of these.
    assert_eq!(of(&[1 << 26, 1 << 26, 1 << 26]), (2, vec![32, 32, 27]));
    assert_eq!(of(&[1 << 20, 1 << 20, 1 << 20, 1 << 20, 0]), (3, vec![22, 21, 21, 32, 32]));
    assert_eq!(of(&[1 << 27; 4]).0, 3);
    assert_eq!(of(&[1 << 27; 5]).0, 4);
}
