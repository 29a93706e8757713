//! Durations as Dapr's files write them: Go's `1m30s`, `100ms`, `1.5h`, or a bare number of milliseconds.

use std::time::Duration;

/// Reads a Go duration; `None` when it is not one.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if let Ok(millis) = text.parse::<u64>() {
        return Some(Duration::from_millis(millis));
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        rest = &rest[letters..];
        total += Duration::try_from_secs_f64(number * unit).ok()?;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_go_durations() {
        for (text, millis) in
            [("100ms", 100), ("1s", 1000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("250", 250), ("0s", 0)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_duration() {
        for text in ["", "s", "10 s", "10x", "-1s", "1s2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
