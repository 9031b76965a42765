//! How many states a search will reach, as far as the sizes of its levels tell.
//!
//! Levels grow, ever more slowly, and then shrink, ever faster: nearly always the quotient of each level's size and the size of the
//! one before falls steadily. Nothing depends on it but how much room is made at a time.

/// Over so many levels the fall of the quotients is averaged.
const WINDOW: usize = 4;

/// Further levels are not looked at.
const HORIZON: usize = 1 << 12;

/// So much more of what is still to come is counted on than is foreseen: too little room costs more than too much.
const MARGIN: f64 = 1.3;

/// How many states there will be in the end, given where each level begins, and where the last one ends; `None` if that cannot be
/// told, since levels do not grow more slowly yet.
pub(crate) fn forecast(levels: &[u32]) -> Option<u64> {
    let last = levels.len().checked_sub(2)?;
    let size = |level: usize| f64::from(levels[level + 1] - levels[level]);
    let quotient = |level: usize| size(level) / size(level - 1);
    let window = WINDOW.min(last.checked_sub(2)?);
    let mut growth = quotient(last);
    let falls = (growth / quotient(last - window)).powf(1.0 / window as f64).min(1.0);
    let (mut level, mut more) = (size(last), 0.0);
    for _ in 0..HORIZON {
        growth *= falls;
        level *= growth;
        if level < 1.0 {
            let states = f64::from(levels[last + 1]) + MARGIN * more;
            return (states < f64::from(u32::MAX)).then_some(states as u64);
        }
        more += level;
    }
    None
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Where levels of these sizes begin and end.
    fn levels(sizes: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let ends = sizes.into_iter().scan(0, |sum, size| {
            *sum += size;
            Some(*sum)
        });
        std::iter::once(0).chain(ends).collect()
    }

    #[test]
    fn what_is_foreseen_comes_to_pass() {
        // Twenty things that can happen in any order: the binomial coefficients.
        let sizes = (0..=20).scan(1_u32, |size, level| {
            let this = *size;
            *size = this * (20 - level) / (level + 1);
            Some(this)
        });
        let levels = levels(sizes);
        assert_eq!(levels.last(), Some(&(1 << 20)));
        for known in 10..levels.len() {
            let (sum, foreseen) =
                (levels[known], forecast(&levels[..=known]).expect("levels grow more slowly"));
            let more = f64::from((1 << 20) - sum);
            assert!((foreseen as f64) < f64::from(sum) + 2.0 * more + 2.0, "{known}: {foreseen}");
            assert!((foreseen as f64) > f64::from(sum) + 0.9 * more - 2.0, "{known}: {foreseen}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        for sizes in [&[][..], &[1], &[1, 2], &[1, 2, 4], &[1, 2, 4, 8, 16], &[1, 1, 2, 6, 24], &[5, 5, 5, 5]]
        {
            assert_eq!(forecast(&levels(sizes.iter().copied())), None, "{sizes:?}");
        }
    }
}
