//! The service's keys.

use learnflow_postgres::DatabaseConfig;
use learnflow_runtime::config::{Common, Env, Problems, Reader};

/// What the service is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The keys of every service.
    pub common: Common,
    /// The database.
    pub database: DatabaseConfig,
}

impl Config {
    /// Reads all keys; every bad one is named.
    pub fn from_env(env: &dyn Env) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let common = Common::read(&mut reader, crate::SERVICE, 8103);
        let database = DatabaseConfig::read(&mut reader, crate::SERVICE);
        reader.finish()?;
        Ok(Self { common, database })
    }
}
