//! The keys of the database.

use std::time::Duration;

use learnflow_runtime::config::Reader;

/// Where the database is, and which part of it is ours.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`; holds a password, so it is not shown by `Debug`.
    pub url: String,
    /// The service's schema: its name with underscores.
    pub schema: String,
    /// `LEARNFLOW_DB_CONNECTIONS`: 1–20.
    pub max_connections: u32,
    /// `LEARNFLOW_DB_STARTUP_MS`: how long to wait for a database that is not up yet.
    pub startup: Duration,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DatabaseConfig").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl DatabaseConfig {
    /// Reads the section for `service`.
    pub fn read(reader: &mut Reader<'_>, service: &str) -> Self {
        let url: String = reader.required(
            "DATABASE_URL",
            "a URL such as postgres://user:password@host/learnflow",
            String::new(),
        );
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            reader.problem("DATABASE_URL", "must begin with postgres://");
        }
        let max_connections = reader.or("LEARNFLOW_DB_CONNECTIONS", "a number from 1 to 20", 10_u32);
        if !(1..=20).contains(&max_connections) {
            reader.problem("LEARNFLOW_DB_CONNECTIONS", "must be a number from 1 to 20");
        }
        let startup = reader.millis("LEARNFLOW_DB_STARTUP_MS", 15_000);
        Self { url, schema: schema_of(service), max_connections, startup }
    }

    /// For tests and the embedded default: `service`'s schema of the database at `url`.
    pub fn at(url: impl Into<String>, service: &str) -> Self {
        Self {
            url: url.into(),
            schema: schema_of(service),
            max_connections: 8,
            startup: Duration::from_secs(5),
        }
    }
}

/// `code-review` → `code_review`. Everything but lower-case letters and digits becomes an underscore, so that the name
/// can stand in a statement.
fn schema_of(service: &str) -> String {
    service.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use learnflow_runtime::Vars;

    use super::*;

    #[test]
    fn schemas_are_identifiers() {
        assert_eq!(schema_of("code-review"), "code_review");
        assert_eq!(schema_of("x\"; DROP"), "x_______");
    }

    #[test]
    fn a_missing_url_and_a_pool_without_bound_are_named() {
        let env = Vars::default().with("LEARNFLOW_DB_CONNECTIONS", "500");
        let mut reader = Reader::new(&env);
        let _ = DatabaseConfig::read(&mut reader, "chat");
        let keys: Vec<String> =
            reader.finish().unwrap_err().0.into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["DATABASE_URL", "LEARNFLOW_DB_CONNECTIONS"]);
    }

    #[test]
    fn the_password_is_not_shown() {
        let config = DatabaseConfig::at("postgres://u:secret@h/db", "chat");
        assert!(!format!("{config:?}").contains("secret"));
    }
}
