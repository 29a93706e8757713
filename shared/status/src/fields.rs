//! Checking the fields of a request: all of them, before the first error is answered.

use std::fmt;

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in the request, such as `context.code`.
    pub field: String,
    /// What is wrong with it, as an instruction: `must have 1–5,000 characters`.
    pub description: String,
}

/// The fields of a request that are wrong; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    violations: Vec<Violation>,
}

impl Invalid {
    /// One wrong field.
    pub fn field(field: &str, description: impl Into<String>) -> Self {
        Self { violations: vec![Violation { field: field.to_owned(), description: description.into() }] }
    }

    /// The wrong fields, in the order in which they were checked.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(out, "{separator}{} {}", violation.field, violation.description)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub struct Check {
    violations: Vec<Violation>,
}

impl Check {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a violation unless `holds`.
    pub fn that(&mut self, holds: bool, field: &str, description: impl Into<String>) -> &mut Self {
        if !holds {
            self.violations.push(Violation { field: field.to_owned(), description: description.into() });
        }
        self
    }

    /// Text of `min` to `max` characters (Unicode scalar values), and none of them NUL, which PostgreSQL cannot
    /// store.
    pub fn text(&mut self, value: &str, field: &str, min: usize, max: usize) -> &mut Self {
        let blank = min > 0 && value.trim().is_empty();
        let length = value.chars().take(max + 1).count();
        let within = length >= min && length <= max && !blank;
        let description = match min {
            0 => format!("must have at most {max} characters"),
            _ if blank => "must not be empty".to_owned(),
            _ => format!("must have {min} to {max} characters"),
        };
        self.that(within, field, description);
        self.that(!value.contains('\0'), field, "must not contain NUL characters")
    }

    /// An id of ours or of another system: 1 to 64 letters, digits, `-`, `_` or `.`. It travels as a record's key and
    /// as metadata, so it must be plain ASCII.
    pub fn id(&mut self, value: &str, field: &str) -> &mut Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let holds = (1..=64).contains(&value.len()) && value.bytes().all(plain);
        self.that(holds, field, "must be an id: 1 to 64 letters, digits, '-', '_' or '.'")
    }

    /// A whole number within `min..=max`.
    pub fn range(&mut self, value: i64, field: &str, min: i64, max: i64) -> &mut Self {
        self.that((min..=max).contains(&value), field, format!("must be between {min} and {max}"))
    }

    /// Everything that was wrong, or nothing.
    pub fn finish(&mut self) -> Result<(), Invalid> {
        if self.violations.is_empty() {
            return Ok(());
        }
        Err(Invalid { violations: std::mem::take(&mut self.violations) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_every_field_at_once() {
        let mut check = Check::new();
        check.text(" ", "query", 1, 5).text("abc", "name", 1, 2).range(101, "mastery_level", 0, 100);
        let invalid = check.finish().unwrap_err();
        let fields: Vec<&str> = invalid.violations().iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["query", "name", "mastery_level"]);
        assert_eq!(
            invalid.to_string(),
            "query must not be empty; name must have 1 to 2 characters; mastery_level must be between 0 and 100"
        );
    }

    #[test]
    fn counts_characters_not_bytes() {
        assert!(Check::new().text("ééééé", "query", 1, 5).finish().is_ok());
        assert!(Check::new().text("a\0b", "query", 1, 5).finish().is_err());
    }
}
