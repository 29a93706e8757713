//! The rule that opens a breaker: the part of CEL that such rules use.

use super::Counts;

/// `consecutiveFailures > 5 && requests >= 10`: comparisons of counts with numbers, joined by `&&`, then by `||`.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    any: Vec<Vec<Comparison>>,
}

#[derive(Debug, Clone, Copy)]
struct Comparison {
    count: fn(Counts) -> u32,
    holds: fn(&u32, &u32) -> bool,
    number: u32,
}

impl Default for Trip {
    fn default() -> Self {
        let comparison =
            Comparison { count: |counts| counts.consecutive_failures, holds: u32::gt, number: 5 };
        Self { any: vec![vec![comparison]] }
    }
}

impl Trip {
    /// Reads a rule; `None` for CEL beyond this part of it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = |text: &str| text.split("&&").map(Comparison::parse).collect::<Option<Vec<_>>>();
        Some(Self { any: text.split("||").map(all).collect::<Option<_>>()? })
    }

    /// Do these counts open the breaker?
    pub(super) fn matches(&self, counts: Counts) -> bool {
        let holds =
            |comparison: &Comparison| (comparison.holds)(&(comparison.count)(counts), &comparison.number);
        self.any.iter().any(|all| all.iter().all(holds))
    }
}

impl Comparison {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let count: fn(Counts) -> u32 = match words.next()? {
            "requests" => |counts| counts.requests,
            "totalSuccesses" => |counts| counts.total_successes,
            "totalFailures" => |counts| counts.total_failures,
            "consecutiveSuccesses" => |counts| counts.consecutive_successes,
            "consecutiveFailures" => |counts| counts.consecutive_failures,
            _ => return None,
        };
        let holds: fn(&u32, &u32) -> bool = match words.next()? {
            ">" => u32::gt,
            ">=" => u32::ge,
            "==" => u32::eq,
            "<" => u32::lt,
            "<=" => u32::le,
            _ => return None,
        };
        let number = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Self { count, holds, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_comparisons_and_their_joins() {
        let rule = Trip::parse("consecutiveFailures > 2 && requests >= 10 || totalFailures == 7").unwrap();
        let counts = |requests, total_failures, consecutive_failures| Counts {
            requests,
            total_failures,
            consecutive_failures,
            ..Counts::default()
        };
        assert!(!rule.matches(counts(9, 3, 3)));
        assert!(rule.matches(counts(10, 3, 3)));
        assert!(rule.matches(counts(7, 7, 0)));
    }

    #[test]
    fn refuses_other_expressions() {
        for text in ["", "true", "requests > x", "requests>5", "(requests > 5)", "size(x) > 2"] {
            assert!(Trip::parse(text).is_none(), "{text}");
        }
    }
}
