//! The path of a request: its segments, percent-decoded, and the runs of them that fill fields.

use std::borrow::Cow;

use super::template::Variable;

/// A path, split and decoded.
#[derive(Debug)]
pub(crate) struct Path<'a> {
    segments: Vec<Cow<'a, str>>,
}

impl<'a> Path<'a> {
    /// Splits and decodes; `None` when an escape is broken or the result is not UTF-8.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self { segments: Vec::new() });
        }
        let segments: Option<Vec<_>> = path.split('/').map(decode).collect();
        Some(Self { segments: segments? })
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(AsRef::as_ref)
    }

    /// The text of a variable. In a run of several segments a slash separates, so one that was encoded stays encoded.
    pub(crate) fn capture(&self, variable: &Variable, verb: Option<&str>) -> String {
        let end = variable.end.unwrap_or(self.segments.len()).min(self.segments.len());
        let run = self.segments.get(variable.start..end).unwrap_or_default();
        let mut text = if variable.is_single() {
            run.concat()
        } else {
            run.iter().map(|segment| segment.replace('/', "%2F")).collect::<Vec<_>>().join("/")
        };
        if let Some(verb) = verb
            && end == self.segments.len()
        {
            text.truncate(text.len().saturating_sub(verb.len() + 1));
        }
        text
    }
}

fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [char::from(rest.next()?), char::from(rest.next()?)];
            let value = digits[0].to_digit(16)? * 16 + digits[1].to_digit(16)?;
            bytes.push(value as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::super::template::Template;
    use super::*;

    fn captures(template: &str, path: &str) -> Vec<String> {
        let template = Template::parse(template).unwrap();
        let path = Path::parse(path).unwrap();
        template.variables.iter().map(|variable| path.capture(variable, template.verb.as_deref())).collect()
    }

    #[test]
    fn fields_are_decoded() {
        assert_eq!(captures("/a/{x}/{y}", "/a/caf%C3%A9/a%2Fb+c"), ["café", "a/b+c"]);
    }

    #[test]
    fn runs_keep_encoded_slashes_apart() {
        assert_eq!(captures("/a/{x=**}", "/a/b/c%2Fd/e%20f"), ["b/c%2Fd/e f"]);
        assert_eq!(captures("/a/{x=b/*}:go", "/a/b/c:go"), ["b/c"]);
        assert_eq!(captures("/a/{x=**}", "/a"), [""]);
    }

    #[test]
    fn broken_escapes_are_noticed() {
        for bad in ["/%", "/%4", "/%zz", "/%ff", "/a%e2%28"] {
            assert!(Path::parse(bad).is_none(), "{bad}");
        }
    }
}
