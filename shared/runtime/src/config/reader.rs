//! Reading keys and collecting what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Where configuration comes from. Tests pass a map; nothing ever writes to the process's environment.
pub trait Env {
    /// The value of a key; `None` when it is not set.
    fn var(&self, key: &str) -> Option<String>;
}

/// The process's environment. A value that is not UTF-8 reads as not set.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnv;

impl Env for ProcessEnv {
    fn var(&self, key: &str) -> Option<String> {
        std::env::var(key).ok()
    }
}

/// A fixed set of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vars(BTreeMap<String, String>);

impl Vars {
    /// Sets a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}

impl Env for Vars {
    fn var(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }
}

/// One key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key.
    pub key: String,
    /// What is wrong, as an instruction.
    pub description: String,
}

/// Every key that cannot be used; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "configuration cannot be used:")?;
        for problem in &self.0 {
            write!(out, "\n  {} {}", problem.key, problem.description)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Reads keys one after the other; [`Reader::finish`] reports all that were wrong.
pub struct Reader<'env> {
    env: &'env dyn Env,
    problems: Vec<Problem>,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reader").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl<'env> Reader<'env> {
    /// Reads from `env`.
    pub fn new(env: &'env dyn Env) -> Self {
        Self { env, problems: Vec::new() }
    }

    /// A key that may be missing or empty; `expected` says what it must be, as in `an address such as 127.0.0.1:8101`.
    pub fn optional<T: FromStr>(&mut self, key: &str, expected: &str) -> Option<T> {
        let text = self.env.var(key).filter(|text| !text.trim().is_empty())?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            self.problem(key, format!("must be {expected}, not {text:?}"));
        }
        value
    }

    /// A key with a default.
    pub fn or<T: FromStr>(&mut self, key: &str, expected: &str, default: T) -> T {
        self.optional(key, expected).unwrap_or(default)
    }

    /// A key that must be there. The placeholder is returned when it is not, and never used: `finish` fails.
    pub fn required<T: FromStr>(&mut self, key: &str, expected: &str, placeholder: T) -> T {
        if self.env.var(key).is_none_or(|text| text.trim().is_empty()) {
            self.problem(key, format!("is missing; it must be {expected}"));
            return placeholder;
        }
        self.optional(key, expected).unwrap_or(placeholder)
    }

    /// A number of milliseconds.
    pub fn millis(&mut self, key: &str, default: u64) -> std::time::Duration {
        std::time::Duration::from_millis(self.or(key, "a number of milliseconds", default))
    }

    /// Notes something wrong with a key that was read.
    pub fn problem(&mut self, key: &str, description: impl Into<String>) {
        self.problems.push(Problem { key: key.to_owned(), description: description.into() });
    }

    /// All that was wrong, or nothing.
    pub fn finish(self) -> Result<(), Problems> {
        if self.problems.is_empty() { Ok(()) } else { Err(Problems(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_key_is_named_at_once() {
        let env = Vars::default().with("PORT", "seventy").with("LIMIT", "-1");
        let mut reader = Reader::new(&env);
        let _: u16 = reader.or("PORT", "a port", 1);
        let _: u32 = reader.or("LIMIT", "a number", 1);
        let _: String = reader.required("DATABASE_URL", "a PostgreSQL URL", String::new());
        let problems = reader.finish().unwrap_err();
        let keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["PORT", "LIMIT", "DATABASE_URL"]);
        assert!(problems.to_string().contains("PORT must be a port, not \"seventy\""), "{problems}");
    }

    #[test]
    fn an_empty_value_is_no_value() {
        let env = Vars::default().with("PORT", " ");
        assert_eq!(Reader::new(&env).or("PORT", "a port", 7_u16), 7);
    }
}
