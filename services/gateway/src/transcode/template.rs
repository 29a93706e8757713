//! Path templates of `google.api.http`: `/v1/{name=shelves/*}/books/{book.id}:read`.
//!
//! ```text
//! Template = "/" Segment { "/" Segment } [ ":" verb ]
//! Segment  = "*" | "**" | literal | "{" field.path [ "=" Segment { "/" Segment } ] "}"
//! ```

/// A parsed template: a row of segments, and which of them fill which fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) segments: Vec<Segment>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) verb: Option<String>,
}

/// What one segment of a path must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Exactly this.
    Literal(String),
    /// One segment, whatever it is.
    Any,
    /// All that follows; only as the last segment.
    Rest,
}

/// A run of segments that fills a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The names on the way to the field.
    pub(crate) field: Vec<String>,
    pub(crate) start: usize,
    /// One past the last segment; `None` when the run goes to the end of the path.
    pub(crate) end: Option<usize>,
}

impl Variable {
    /// Whether the run can only be a single segment, so that an encoded slash in it is part of the value.
    pub(crate) fn is_single(&self) -> bool {
        self.end == Some(self.start + 1)
    }
}

impl Template {
    /// Parses a template; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!("path {text:?} must start with a slash"));
        };
        let (path, verb) = split_verb(path);
        let mut template =
            Self { segments: Vec::new(), variables: Vec::new(), verb: verb.map(ToOwned::to_owned) };
        if verb == Some("") {
            return Err(format!("path {text:?} ends with an empty verb"));
        }
        for piece in pieces(path) {
            template.push_piece(piece).map_err(|problem| format!("path {text:?}: {problem}"))?;
        }
        let rest = template.segments.iter().position(|segment| *segment == Segment::Rest);
        if rest.is_some_and(|at| at + 1 != template.segments.len()) {
            return Err(format!("path {text:?}: ** must be the last segment"));
        }
        Ok(template)
    }

    fn push_piece(&mut self, piece: &str) -> Result<(), String> {
        let Some(variable) = piece.strip_prefix('{') else {
            self.segments.push(segment(piece)?);
            return Ok(());
        };
        let variable =
            variable.strip_suffix('}').ok_or_else(|| format!("{piece:?} lacks its closing brace"))?;
        let (field, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
        let field: Vec<String> = field.split('.').map(ToOwned::to_owned).collect();
        if field.iter().any(|name| !is_name(name)) {
            return Err(format!("{piece:?} names no field"));
        }
        if self.variables.iter().any(|other| other.field == field) {
            return Err(format!("{} is bound twice", field.join(".")));
        }
        let start = self.segments.len();
        for part in pattern.split('/') {
            self.segments.push(segment(part)?);
        }
        let open_ended = self.segments.last() == Some(&Segment::Rest);
        self.variables.push(Variable { field, start, end: (!open_ended).then_some(self.segments.len()) });
        Ok(())
    }

    /// The template in OpenAPI's form, which knows single-segment variables only.
    pub(crate) fn openapi(&self) -> String {
        let mut path = String::new();
        let mut at = 0;
        while at < self.segments.len() {
            path.push('/');
            if let Some(variable) = self.variables.iter().find(|variable| variable.start == at) {
                path.extend(["{", &variable.field.join("."), "}"]);
                at = variable.end.unwrap_or(self.segments.len());
                continue;
            }
            match &self.segments[at] {
                Segment::Literal(text) => path.push_str(text),
                Segment::Any => path.push('*'),
                Segment::Rest => path.push_str("**"),
            }
            at += 1;
        }
        if let Some(verb) = &self.verb {
            path.push(':');
            path.push_str(verb);
        }
        path
    }
}

/// The verb is what follows the last colon, unless that colon stands within braces.
fn split_verb(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once(':') {
        Some((path, verb)) if !verb.contains(['}', '/']) => (path, Some(verb)),
        _ => (path, None),
    }
}

/// Splits at the slashes that stand outside of braces.
fn pieces(path: &str) -> impl Iterator<Item = &str> {
    let mut within = false;
    path.split(move |letter| {
        within = (within || letter == '{') && letter != '}';
        letter == '/' && !within
    })
}

fn segment(text: &str) -> Result<Segment, String> {
    match text {
        "" => Err("a segment is empty".to_owned()),
        "*" => Ok(Segment::Any),
        "**" => Ok(Segment::Rest),
        _ if text.contains(['{', '}', '*', '=', ':', '%']) => Err(format!("{text:?} is not a literal")),
        _ => Ok(Segment::Literal(text.to_owned())),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Segment {
        Segment::Literal(text.to_owned())
    }

    #[test]
    fn plain_and_nested_fields() {
        let template = Template::parse("/v1/students/{student.id}/messages/{message_id}").unwrap();
        assert_eq!(
            template.segments,
            [literal("v1"), literal("students"), Segment::Any, literal("messages"), Segment::Any]
        );
        assert_eq!(template.variables[0].field, ["student", "id"]);
        assert_eq!((template.variables[1].start, template.variables[1].end), (4, Some(5)));
        assert!(template.variables[1].is_single());
        assert_eq!(template.openapi(), "/v1/students/{student.id}/messages/{message_id}");
    }

    #[test]
    fn runs_of_segments_and_verbs() {
        let template = Template::parse("/v1/{name=shelves/*/books/*}:archive").unwrap();
        assert_eq!(template.verb.as_deref(), Some("archive"));
        assert_eq!(template.segments.len(), 5);
        assert_eq!((template.variables[0].start, template.variables[0].end), (1, Some(5)));
        assert!(!template.variables[0].is_single());
        assert_eq!(template.openapi(), "/v1/{name}:archive");

        let rest = Template::parse("/files/{path=**}").unwrap();
        assert_eq!((rest.segments[1].clone(), rest.variables[0].end), (Segment::Rest, None));
    }

    #[test]
    fn refuses_what_cannot_be_matched() {
        for bad in [
            "",
            "v1",
            "/",
            "/a//b",
            "/a/{",
            "/a/{}",
            "/a/{b",
            "/a/{b=**}/c",
            "/a/**/b",
            "/{a}/{a}",
            "/a:",
            "/a/b}",
            "/x*",
        ] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
