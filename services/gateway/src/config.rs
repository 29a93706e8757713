//! The gateway's keys, beside those of every process.

use std::time::Duration;

use http::{HeaderValue, Uri};
use learnflow_runtime::config::{Problems, Reader};
use learnflow_runtime::{Common, Env};

/// The gateway's name and app-id.
pub const SERVICE: &str = "gateway";

/// The port when `LEARNFLOW_LISTEN` does not say.
pub const DEFAULT_PORT: u16 = 8180;

/// Where frontends are developed.
const DEFAULT_ORIGIN: &str = "http://localhost:3000";

/// What the gateway is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The keys of every process.
    pub common: Common,
    /// `LEARNFLOW_CORS_ORIGINS`: the origins whose pages may call, with commas between them; `none` for none.
    pub cors_origins: Vec<HeaderValue>,
    /// `LEARNFLOW_REQUEST_TIMEOUT_MS`: from the head of a request to its answer.
    pub request_timeout: Duration,
    /// `LEARNFLOW_MAX_BODY_BYTES`: the largest body of a request.
    pub max_body_bytes: usize,
}

impl Config {
    /// Reads every key; the error names all that cannot be used.
    pub fn from_env(env: &dyn Env) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let common = Common::read(&mut reader, SERVICE, DEFAULT_PORT);
        let origins: String = reader.or("LEARNFLOW_CORS_ORIGINS", "origins", DEFAULT_ORIGIN.to_owned());
        let cors_origins = origins_of(&origins).unwrap_or_else(|wrong| {
            let expected =
                "must be origins such as https://app.example.org with commas between them, or none";
            reader.problem("LEARNFLOW_CORS_ORIGINS", format!("{expected}; {wrong:?} is no origin"));
            Vec::new()
        });
        let request_timeout = reader.millis("LEARNFLOW_REQUEST_TIMEOUT_MS", 10_000);
        let max_body_bytes = reader.or("LEARNFLOW_MAX_BODY_BYTES", "a number of bytes", 1_048_576_usize);
        for (key, zero) in [
            ("LEARNFLOW_REQUEST_TIMEOUT_MS", request_timeout.is_zero()),
            ("LEARNFLOW_MAX_BODY_BYTES", max_body_bytes == 0),
        ] {
            if zero {
                reader.problem(key, "must be at least 1");
            }
        }
        reader.finish()?;
        Ok(Self { common, cors_origins, request_timeout, max_body_bytes })
    }
}

/// The origins of a list, or the one that is none. There is no wildcard: an allow-list names.
fn origins_of(text: &str) -> Result<Vec<HeaderValue>, String> {
    if text.trim() == "none" {
        return Ok(Vec::new());
    }
    let listed = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    listed.map(|origin| origin_of(origin).ok_or_else(|| origin.to_owned())).collect()
}

/// An origin as browsers send it: scheme, host and port, in lower case, without a slash at its end.
fn origin_of(text: &str) -> Option<HeaderValue> {
    let text = text.to_ascii_lowercase();
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let plain = matches!(scheme, "http" | "https") && !authority.as_str().contains(['@', '*']);
    (plain && text == format!("{scheme}://{authority}")).then(|| HeaderValue::try_from(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use learnflow_runtime::Vars;

    use super::*;

    #[test]
    fn defaults_suit_one_machine() {
        let config = Config::from_env(&Vars::default()).unwrap();
        assert_eq!(config.common.listen.to_string(), "127.0.0.1:8180");
        assert_eq!(config.request_timeout, Duration::from_secs(10));
        assert_eq!(config.cors_origins, [DEFAULT_ORIGIN]);
    }

    #[test]
    fn every_bad_key_is_named() {
        let env = Vars::default()
            .with("LEARNFLOW_CORS_ORIGINS", "https://ok.example, *")
            .with("LEARNFLOW_REQUEST_TIMEOUT_MS", "soon")
            .with("LEARNFLOW_MAX_BODY_BYTES", "0");
        let problems = Config::from_env(&env).unwrap_err();
        let keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(
            keys,
            ["LEARNFLOW_CORS_ORIGINS", "LEARNFLOW_REQUEST_TIMEOUT_MS", "LEARNFLOW_MAX_BODY_BYTES"]
        );
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        assert_eq!(
            origins_of("https://App.example.org, http://localhost:5173,").unwrap(),
            ["https://app.example.org", "http://localhost:5173"]
        );
        assert_eq!(origins_of("none").unwrap(), [""; 0]);
        for bad in
            ["*", "null", "example.org", "https://a/", "https://a/b", "ftp://a", "https://*.a", "https://u@a"]
        {
            assert!(origins_of(bad).is_err(), "{bad}");
        }
    }
}
