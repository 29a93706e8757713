//! The service's keys.

use std::time::Duration;

use learnflow_postgres::DatabaseConfig;
use learnflow_runtime::config::{Common, Env, Problems, Reader};

/// What the service is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The keys of every service.
    pub common: Common,
    /// The database.
    pub database: DatabaseConfig,
    /// `LEARNFLOW_ANSWER_WAIT_MS`: how long `Query` waits for an answer.
    pub answer_wait: Duration,
}

impl Config {
    /// Reads all keys; every bad one is named.
    pub fn from_env(env: &dyn Env) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let config = Self {
            common: Common::read(&mut reader, crate::SERVICE, 8101),
            database: DatabaseConfig::read(&mut reader, crate::SERVICE),
            answer_wait: reader.millis("LEARNFLOW_ANSWER_WAIT_MS", 5_000),
        };
        reader.finish()?;
        Ok(config)
    }
}
