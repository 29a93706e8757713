//! From method and path to a binding: a tree of segments.
//!
//! Where several templates fit a path, the more literal one wins: a literal before a variable, a variable before
//! `**`, from left to right; a verb before no verb. Two bindings of one HTTP method that fit exactly the same paths
//! are refused when the table is built, so there is never a tie.

use std::collections::HashMap;

use http::Method;

use super::path::Path;
use super::template::{Segment, Template};

/// The tree; its leaves are the places of bindings in the list that the table was built from.
#[derive(Debug, Default)]
pub(crate) struct Table {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, Node>,
    any: Option<Box<Node>>,
    /// Templates that end here.
    ends: Vec<End>,
    /// Templates that end here with `**`.
    rests: Vec<End>,
}

#[derive(Debug)]
struct End {
    method: Method,
    verb: Option<String>,
    binding: usize,
}

/// What the table says of a method and a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The place of the binding.
    Binding(usize),
    /// The path is known by these methods only.
    Methods(Vec<Method>),
    /// No template fits the path.
    Nothing,
}

impl Table {
    /// Adds a binding; the error is the place of the one that fits the same requests.
    pub(crate) fn insert(
        &mut self,
        method: &Method,
        template: &Template,
        binding: usize,
    ) -> Result<(), usize> {
        let mut node = &mut self.root;
        let mut rest = false;
        for segment in &template.segments {
            match segment {
                Segment::Literal(text) => node = node.literals.entry(text.clone()).or_default(),
                Segment::Any => node = node.any.get_or_insert_default(),
                Segment::Rest => rest = true,
            }
        }
        let ends = if rest { &mut node.rests } else { &mut node.ends };
        if let Some(same) = ends.iter().find(|end| end.method == *method && end.verb == template.verb) {
            return Err(same.binding);
        }
        ends.push(End { method: method.clone(), verb: template.verb.clone(), binding });
        Ok(())
    }

    /// Finds the binding of a request. HEAD is served by GET.
    pub(crate) fn find(&self, method: &Method, path: &Path) -> Found {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let segments: Vec<&str> = path.segments().collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return Found::Nothing;
        }
        let mut fitting = Vec::new();
        if let Some((last, verb)) = segments.last().and_then(|last| last.rsplit_once(':')) {
            let mut shortened = segments.clone();
            shortened.pop();
            if !last.is_empty() {
                shortened.push(last);
                collect(&self.root, &shortened, Some(verb), &mut fitting);
            }
        }
        collect(&self.root, &segments, None, &mut fitting);

        if let Some(end) = fitting.iter().find(|end| end.method == *wanted) {
            return Found::Binding(end.binding);
        }
        let mut methods: Vec<Method> = fitting.iter().map(|end| end.method.clone()).collect();
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        methods.sort_by(|left, right| left.as_str().cmp(right.as_str()));
        methods.dedup();
        if methods.is_empty() { Found::Nothing } else { Found::Methods(methods) }
    }
}

/// All templates that fit, the best first. Each node is visited once at most, so the tree bounds the work.
fn collect<'a>(node: &'a Node, segments: &[&str], verb: Option<&str>, fitting: &mut Vec<&'a End>) {
    let matching = |ends: &'a [End]| ends.iter().filter(move |end| end.verb.as_deref() == verb);
    match segments.split_first() {
        None => fitting.extend(matching(&node.ends)),
        Some((first, others)) => {
            if let Some(child) = node.literals.get(*first) {
                collect(child, others, verb, fitting);
            }
            if let Some(child) = &node.any {
                collect(child, others, verb, fitting);
            }
        }
    }
    fitting.extend(matching(&node.rests));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: [(Method, &str); 9] = [
        (Method::GET, "/v1/modules"),
        (Method::GET, "/v1/modules/{id}"),
        (Method::POST, "/v1/modules/{id}"),
        (Method::GET, "/v1/modules/all"),
        (Method::GET, "/v1/modules/{id}/topics"),
        (Method::POST, "/v1/modules/{id}:close"),
        (Method::GET, "/v1/{path=**}"),
        (Method::DELETE, "/v1/modules/all"),
        (Method::GET, "/v1/modules/{id}/topics/{topic=shelves/*}"),
    ];

    fn table() -> Table {
        let mut table = Table::default();
        for (place, (method, template)) in TEMPLATES.iter().enumerate() {
            table.insert(method, &Template::parse(template).unwrap(), place).unwrap();
        }
        table
    }

    fn find(method: &Method, path: &str) -> Found {
        table().find(method, &Path::parse(path).unwrap())
    }

    #[test]
    fn the_more_literal_template_wins() {
        assert_eq!(find(&Method::GET, "/v1/modules"), Found::Binding(0));
        assert_eq!(find(&Method::GET, "/v1/modules/7"), Found::Binding(1));
        assert_eq!(find(&Method::GET, "/v1/modules/all"), Found::Binding(3));
        assert_eq!(find(&Method::GET, "/v1/modules/7/topics"), Found::Binding(4));
        assert_eq!(find(&Method::GET, "/v1/modules/7/else"), Found::Binding(6));
        assert_eq!(find(&Method::GET, "/v1/modules/7/topics/shelves/3"), Found::Binding(8));
        assert_eq!(find(&Method::GET, "/v1"), Found::Binding(6));
    }

    #[test]
    fn a_literal_of_another_method_does_not_hide_a_variable() {
        assert_eq!(find(&Method::POST, "/v1/modules/all"), Found::Binding(2));
        assert_eq!(find(&Method::DELETE, "/v1/modules/all"), Found::Binding(7));
    }

    #[test]
    fn verbs_and_colons_in_values() {
        assert_eq!(find(&Method::POST, "/v1/modules/7:close"), Found::Binding(5));
        assert_eq!(find(&Method::POST, "/v1/modules/a:b"), Found::Binding(2));
        assert_eq!(find(&Method::POST, "/v1/modules/:close"), Found::Binding(2));
    }

    #[test]
    fn other_methods_are_named() {
        assert_eq!(
            find(&Method::PUT, "/v1/modules/all"),
            Found::Methods(vec![Method::DELETE, Method::GET, Method::HEAD, Method::POST])
        );
        assert_eq!(find(&Method::HEAD, "/v1/modules"), Found::Binding(0));
        assert_eq!(find(&Method::GET, "/v2/modules"), Found::Nothing);
        assert_eq!(find(&Method::GET, "/v1/modules/"), Found::Nothing);
    }

    #[test]
    fn ties_are_refused() {
        let mut table = table();
        let same = Template::parse("/v1/modules/{other_name}").unwrap();
        assert_eq!(table.insert(&Method::GET, &same, 99), Err(1));
        assert_eq!(table.insert(&Method::PATCH, &same, 99), Ok(()));
    }
}
