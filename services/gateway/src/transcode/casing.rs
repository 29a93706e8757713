//! Which names an answer has: `mastery_level` or `masteryLevel`.
//!
//! The client decides, by `?case=` or by a parameter of `Accept`; else the path does.

use http::HeaderMap;
use http::header::ACCEPT;

/// The names of an answer's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Case {
    /// As in the contracts.
    #[default]
    Snake,
    /// As JavaScript has them.
    Camel,
}

impl Case {
    /// Reads the value of `case`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "snake" => Some(Self::Snake),
            "camel" => Some(Self::Camel),
            _ => None,
        }
    }

    /// Reads `Accept: application/json; case=camel`.
    pub(crate) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        ranges.flat_map(|value| value.split([',', ';'])).find_map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            if name.eq_ignore_ascii_case("case") { Self::parse(value.trim_matches('"')) } else { None }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_parameter_of_accept() {
        let case = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(text));
            Case::accepted(&headers)
        };
        assert_eq!(case("application/json; case=camel"), Some(Case::Camel));
        assert_eq!(case("text/html, application/json;q=0.9;Case=\"snake\""), Some(Case::Snake));
        assert_eq!(case("application/json"), None);
        assert_eq!(case("application/json; case=kebab"), None);
    }
}
