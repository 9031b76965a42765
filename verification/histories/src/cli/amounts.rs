//! Amounts on the command line.

use std::time::Duration;

/// An amount that may not be exceeded, if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit<T>(pub Option<T>);

impl<T> Limit<T> {
    /// A parser of limits, from one of amounts: `none` is no limit.
    pub fn parser(
        amount: impl Fn(&str) -> Result<T, String> + Clone,
    ) -> impl Fn(&str) -> Result<Limit<T>, String> + Clone {
        move |text| {
            if text == "none" { Ok(Limit(None)) } else { amount(text).map(|amount| Limit(Some(amount))) }
        }
    }
}

/// Parses an amount of memory: a number of bytes, or of KiB, MiB, GiB, TiB by a letter behind it.
///
/// # Errors
/// It is none: what would be right.
pub fn parse_memory(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!(
            "'{text}' is not an amount of memory; write a number and K, M, G or T, such as 64M, 512M, 1.5G"
        )
    };
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &upper[number.len()..] {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(wrong()),
    };
    let bytes = decimal(number).ok_or_else(wrong)? * (1_u64 << shift) as f64;
    if bytes < 1.0 {
        return Err("a search needs some memory; write a limit such as 64M or 1G".into());
    }
    // Rounding below a byte, and saturating beyond what any machine has, are both meant.
    Ok(bytes as u64)
}

/// Parses a time: a number of seconds, or of `ms`, `s`, `m`, `h`.
///
/// # Errors
/// It is none: what would be right.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("'{text}' is not a time; write a number and ms, s, m or h, such as 500ms, 10s, 2m");
    let number = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text.trim()[number.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(decimal(number).ok_or_else(wrong)? * scale).map_err(|_| wrong())
}

/// A number without sign and exponent.
fn decimal(text: &str) -> Option<f64> {
    let text = text.trim_end();
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_memory() {
        let parsed = ["1", "1B", "2k", "64M", "64 MiB", "1G", "1.5G", "2T"].map(parse_memory);
        let expected = [1, 1, 2 << 10, 64 << 20, 64 << 20, 1 << 30, 3 << 29, 2 << 40].map(Ok);
        assert_eq!(parsed, expected);
        for wrong in ["", "M", "64X", "-1M", "1e3", "1.2.3M", "inf", "NaN", "ten"] {
            let error = parse_memory(wrong).expect_err(wrong);
            assert!(error.contains("64M"), "{error}");
        }
        assert!(parse_memory("0").is_err() && parse_memory("0.1").is_err());
    }

    #[test]
    fn none_is_no_limit() {
        let parse = Limit::parser(parse_time);
        assert_eq!(parse("none"), Ok(Limit(None)));
        assert_eq!(parse("2s"), Ok(Limit(Some(Duration::from_secs(2)))));
        assert!(parse("never").is_err());
    }

    #[test]
    fn times() {
        assert_eq!(parse_time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_time("2"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_time("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "s", "-1s", "1 day", "1e9"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
