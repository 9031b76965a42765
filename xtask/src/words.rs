//! Numbers and lists for people.

use std::time::Duration;

/// With a comma every three digits: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

/// With a noun, in the plural where it must be: `1 step`, `2,000 steps`.
pub fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", count(number)),
    }
}

/// A duration: `3 ms`, `0.25 s`, `4.2 s`, `2 min 5 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..0.001 => "< 1 ms".into(),
        ..0.0995 => format!("{:.0} ms", seconds * 1e3),
        ..0.995 => format!("{seconds:.2} s"),
        ..99.95 => format!("{seconds:.1} s"),
        _ => {
            let seconds = seconds.round() as u64;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// A list: `a`, `a and b`, `a, b and c`, with another word than `and` where one is needed.
pub fn list(items: &[impl AsRef<str>], and: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} {and} {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        assert_eq!([0, 12, 123, 1_234, 12_345_678].map(count), ["0", "12", "123", "1,234", "12,345,678"]);
        assert_eq!([0, 1, 1_000].map(|n| counted(n, "step")), ["0 steps", "1 step", "1,000 steps"]);
    }

    #[test]
    fn durations_are_as_precise_as_they_are_useful() {
        let shown = [0.0009, 0.5, 0.999, 4.25, 59.96, 125.0].map(|s| duration(Duration::from_secs_f64(s)));
        assert_eq!(shown, ["< 1 ms", "0.50 s", "1.0 s", "4.2 s", "60.0 s", "2 min 5 s"]);
    }

    #[test]
    fn lists_have_a_last_word() {
        assert_eq!(list(&[] as &[&str], "and"), "");
        assert_eq!(list(&["a"], "and"), "a");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
    }
}
