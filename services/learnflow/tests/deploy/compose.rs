//! compose.yaml: the services and their sidecars.

use learnflow::Role;
use serde_yaml_ng::Value;

use crate::facts::{Facts, after, database_role};
use crate::files::{Files, folder, text_map, texts};

/// What is there beside the services and their sidecars.
const OTHERS: [&str; 3] = ["kafka", "kafka-topics", "postgres"];

pub(crate) fn problems(files: &Files, facts: &Facts) -> Vec<String> {
    let compose = files.yaml("compose.yaml");
    let services = &compose["services"];
    let mut found = Vec::new();
    for role in Role::ALL {
        let (app, sidecar) = (role.app_id(), sidecar_of(role));
        if services[app].is_null() {
            found.push(format!("{app}: the service is missing"));
        } else {
            found.extend(
                app_problems(role, &services[app], facts)
                    .into_iter()
                    .map(|problem| format!("{app}: {problem}")),
            );
        }
        if services[sidecar.as_str()].is_null() {
            found.push(format!("{sidecar}: the service is missing"));
        } else {
            let problems = sidecar_problems(role, &services[sidecar.as_str()], facts, files);
            found.extend(problems.into_iter().map(|problem| format!("{sidecar}: {problem}")));
        }
    }
    for (name, service) in services.as_mapping().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        let known = Role::ALL.into_iter().any(|role| role.app_id() == name || sidecar_of(role) == name);
        if !known && !OTHERS.contains(&name) {
            found.push(format!("{name}: nothing in the code has this name"));
        }
        if name != Role::Gateway.app_id() && !service["ports"].is_null() {
            found.push(format!("{name}: publishes ports; only the edge does"));
        }
        for mount in texts(&service["volumes"]) {
            let source = mount.split(':').next().unwrap_or_default();
            if source.starts_with('.') && !folder().join("deploy").join(source).exists() {
                found.push(format!("{name}: {source} is mounted, and not there"));
            }
        }
    }
    found
}

fn sidecar_of(role: Role) -> String {
    format!("{}-sidecar", role.app_id())
}

fn app_problems(role: Role, service: &Value, facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, problem: String| {
        if !holds {
            found.push(problem);
        }
    };
    let command = texts(&service["command"]);
    must(command == ["serve", role.app_id()], format!("the command {command:?} does not serve it"));

    let environment = text_map(&service["environment"]);
    for key in environment.keys() {
        must(facts.app_keys.contains(key), format!("no code reads {key}"));
    }
    let url = environment.get("DATABASE_URL");
    if let Some(database) = database_role(role) {
        let password = format!("${{{}_PASSWORD:?", database.to_uppercase());
        let url = url.map(String::as_str);
        must(url.is_some(), "DATABASE_URL is missing".to_owned());
        let fits = url.is_none_or(|url| {
            url.starts_with(&format!("postgres://{database}:{password}"))
                && url.ends_with("@postgres:5432/learnflow")
        });
        must(fits, format!("DATABASE_URL is not that of the role {database}"));
    } else {
        must(url.is_none(), "DATABASE_URL is given to a service without a database".to_owned());
    }

    let port = role.default_port();
    let probe = texts(&service["healthcheck"]["test"]).join(" ");
    let probed = after(&probe, "/dev/tcp/127.0.0.1/").trim_end_matches(';');
    must(probed == port.to_string(), format!("the health check asks port {probed:?} and not {port}"));
    let listen = environment.get("LEARNFLOW_LISTEN").map(String::as_str);
    let published = texts(&service["ports"]);
    if role == Role::Gateway {
        must(listen == Some(&format!("0.0.0.0:{port}")), format!("LEARNFLOW_LISTEN is {listen:?}"));
        must(
            published == [format!("127.0.0.1:{port}:{port}")],
            format!("the published ports are {published:?}"),
        );
    } else {
        // The sidecar shares its loopback interface; nobody else needs to reach it.
        must(listen.is_none(), "LEARNFLOW_LISTEN takes it off the loopback interface".to_owned());
    }
    found
}

fn sidecar_problems(role: Role, service: &Value, facts: &Facts, files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |holds: bool, problem: String| {
        if !holds {
            found.push(problem);
        }
    };
    let app = role.app_id();
    let image = service["image"].as_str().unwrap_or_default();
    must(
        image == format!("daprio/daprd:{}", facts.daprd),
        format!("the image {image} is not daprd {}", facts.daprd),
    );
    let network = service["network_mode"].as_str().unwrap_or_default();
    must(network == format!("service:{app}"), format!("network_mode is {network:?}"));
    must(!service["depends_on"][app].is_null(), format!("it does not wait for {app}"));
    must(service["environment"]["LEARNFLOW_LISTEN"].is_null(), "it is given an app's key".to_owned());
    let environment = text_map(&service["environment"]);
    for key in &facts.component_keys {
        must(environment.contains_key(key), format!("{key} is missing; a component refers to it"));
    }
    for key in environment.keys() {
        must(facts.component_keys.contains(key), format!("no component refers to {key}"));
    }

    let command = service["command"].as_str().unwrap_or_default();
    let flag =
        |name: &str| command.split_whitespace().find_map(|word| word.strip_prefix(&format!("--{name}=")));
    must(flag("app-id") == Some(app), format!("--app-id is {:?}", flag("app-id")));
    let port = role.has_app_channel().then(|| role.default_port().to_string());
    must(
        flag("app-port") == port.as_deref(),
        format!("--app-port is {:?} and not {port:?}", flag("app-port")),
    );
    let mounted =
        texts(&service["volumes"]).iter().any(|mount| mount.starts_with("../components/local:/components"));
    must(
        mounted && flag("resources-path") == Some("/components"),
        "it does not load components/local".to_owned(),
    );

    let format =
        files.yaml("name-resolution.yaml")["spec"]["nameResolution"]["configuration"]["format"].clone();
    let internal = flag("dapr-internal-grpc-port").unwrap_or_default();
    let address = format.as_str().unwrap_or_default();
    must(
        address == format!("{{appid}}:{internal}"),
        format!("--dapr-internal-grpc-port is {internal}, and name-resolution.yaml has {address}"),
    );
    found
}
