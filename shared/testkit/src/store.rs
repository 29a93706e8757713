//! A database for one test.

use learnflow_postgres::DatabaseConfig;
use sqlx::{Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::server::server;

/// An empty database of the shared server.
#[derive(Clone, Debug)]
pub struct Database {
    url: String,
}

impl Database {
    /// Makes a database that nobody else has. It stays until the server goes.
    pub async fn fresh() -> Self {
        let server = tokio::task::spawn_blocking(server).await.expect("the server starts");
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut connection =
            PgConnection::connect(&server.url("postgres")).await.expect("the server answers");
        // A name cannot be a parameter; this one is made of hex digits.
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
        sqlx::query(statement).execute(&mut connection).await.expect("a database");
        connection.close().await.expect("the server answers");
        Self { url: server.url(&name) }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `service`'s part of it, as the service is told.
    pub fn config(&self, service: &str) -> DatabaseConfig {
        DatabaseConfig::at(&self.url, service)
    }

    /// A pool on `service`'s schema, to look into its tables.
    pub async fn pool(&self, service: &str) -> PgPool {
        let config = DatabaseConfig { max_connections: 4, ..self.config(service) };
        learnflow_postgres::connect(&config).await.expect("the database answers")
    }
}
