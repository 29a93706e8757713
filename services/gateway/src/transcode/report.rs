//! What is wrong with a request, field by field: everything at once, so that a client mends it once.

use crate::refusal::{Refusal, Violation};

/// More than this helps nobody.
const MOST: usize = 20;

/// Longer names are cut.
const LONGEST_NAME: usize = 64;

/// Where a field was entered.
#[derive(Clone, Copy, Debug)]
#[must_use = "a field that is entered must be left"]
pub(crate) struct Mark(usize);

/// Collects violations under the path of the field that is being read.
#[derive(Debug, Default)]
pub(crate) struct Report {
    path: String,
    violations: Vec<Violation>,
}

impl Report {
    /// Steps into a field; the answer is for [`Report::leave`].
    pub(crate) fn enter(&mut self, name: &str) -> Mark {
        let mark = Mark(self.path.len());
        if mark.0 > 0 {
            self.path.push('.');
        }
        // Unknown names are the client's, and may be anything.
        self.path.extend(name.chars().take(LONGEST_NAME));
        mark
    }

    /// Steps into an element of a list.
    pub(crate) fn enter_element(&mut self, index: usize) -> Mark {
        let mark = Mark(self.path.len());
        self.path.extend(["[", &index.to_string(), "]"]);
        mark
    }

    /// Steps back out.
    pub(crate) fn leave(&mut self, mark: Mark) {
        self.path.truncate(mark.0);
    }

    /// Notes what is wrong with the field at hand.
    pub(crate) fn wrong(&mut self, description: impl Into<String>) {
        if !self.is_full() {
            self.violations.push(Violation { field: self.path.clone(), description: description.into() });
        }
    }

    /// Whether more would not be told.
    pub(crate) fn is_full(&self) -> bool {
        self.violations.len() >= MOST
    }

    /// Nothing, or the refusal that names every field.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.violations.is_empty() { Ok(()) } else { Err(Refusal::fields(self.violations)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_the_field() {
        let mut report = Report::default();
        let context = report.enter("context");
        let lines = report.enter("lines");
        let third = report.enter_element(2);
        report.wrong("must be text");
        report.leave(third);
        report.leave(lines);
        let code = report.enter("code");
        report.wrong("must be text");
        report.leave(code);
        report.leave(context);
        report.wrong("must be an object");
        let refusal = report.finish().unwrap_err();
        let fields: Vec<&str> = refusal.details().iter().map(|each| each.field.as_str()).collect();
        assert_eq!(fields, ["context.lines[2]", "context.code", ""]);
    }

    #[test]
    fn a_long_report_is_cut() {
        let mut report = Report::default();
        (0..100).for_each(|_| report.wrong("no"));
        assert_eq!(report.finish().unwrap_err().details().len(), MOST);
    }
}
