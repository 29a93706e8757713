//! compose.yaml: PostgreSQL and Kafka, and the passwords.

use std::collections::BTreeSet;

use crate::facts::{Facts, after_until, database_roles};
use crate::files::{Files, text_map};

pub(crate) fn problems(files: &Files, facts: &Facts) -> Vec<String> {
    let compose = files.yaml("compose.yaml");
    let services = &compose["services"];
    let mut found = Vec::new();

    for name in ["kafka", "kafka-topics"] {
        let image = services[name]["image"].as_str().unwrap_or_default();
        if image != format!("apache/kafka:{}", facts.kafka) {
            found.push(format!(
                "{name}: the image {image} is not Kafka {}, which scripts/stack runs",
                facts.kafka
            ));
        }
    }

    let given = text_map(&services["postgres"]["environment"]);
    if given.get("POSTGRES_DB").map(String::as_str) != Some("learnflow") {
        found.push("postgres: POSTGRES_DB is not the database of the URLs".to_owned());
    }
    for role in database_roles() {
        let key = format!("{}_PASSWORD", role.to_uppercase());
        if given.get(&key) != Some(&format!("${{{key}}}")) {
            found.push(format!("postgres: {key} is missing"));
        }
    }
    let made = after_until(files.text("postgres/roles.sh"), "roles=(", ")");
    let made: BTreeSet<String> = made.split_whitespace().map(str::to_owned).collect();
    if made != database_roles() {
        found.push(format!("roles.sh makes {made:?} instead of {:?}", database_roles()));
    }

    let (used, offered) = (variables(files.text("compose.yaml")), offered(files.text(".env.example")));
    if used != offered {
        found.push(format!(".env.example has {offered:?}, and compose.yaml uses {used:?}"));
    }
    found
}

/// The variables of `${NAME…}`.
fn variables(text: &str) -> BTreeSet<String> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split([':', '}']).next());
    names.map(str::to_owned).collect()
}

fn offered(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect()
}
