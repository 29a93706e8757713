//! The service's keys.

use learnflow_postgres::DatabaseConfig;
use learnflow_runtime::config::{Common, Env, Problems, Reader};
use learnflow_wire::learnflow::common::v1::AgentType;

use crate::domain::Agents;

/// What the service is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The keys of every service.
    pub common: Common,
    /// The database.
    pub database: DatabaseConfig,
    /// `LEARNFLOW_AGENTS`: the agents in service.
    pub(crate) agents: Agents,
}

impl Config {
    /// Reads all keys; every bad one is named.
    pub fn from_env(env: &dyn Env) -> Result<Self, Problems> {
        let mut reader = Reader::new(env);
        let common = Common::read(&mut reader, crate::SERVICE, 8102);
        let database = DatabaseConfig::read(&mut reader, crate::SERVICE);
        let names: String =
            reader.or("LEARNFLOW_AGENTS", "agents with commas between them", "concepts".to_owned());
        let agents = Agents::parse(&names).unwrap_or_else(|unknown| {
            reader.problem("LEARNFLOW_AGENTS", format!("names no agent: {unknown:?}"));
            Agents::new([AgentType::Concepts])
        });
        reader.finish()?;
        Ok(Self { common, database, agents })
    }
}

#[cfg(test)]
mod tests {
    use learnflow_runtime::Vars;

    use super::*;

    #[test]
    fn an_unknown_agent_is_named() {
        let env = Vars::default()
            .with("DATABASE_URL", "postgres://h/d")
            .with("LEARNFLOW_AGENTS", "concepts,astrology");
        let problems = Config::from_env(&env).unwrap_err();
        assert_eq!(problems.0[0].key, "LEARNFLOW_AGENTS");
        assert!(problems.to_string().contains("astrology"));
    }
}
