//! The only code generation of the workspace.
//!
//! Every generated crate sets `build = "../../build.rs"` (or one level deeper) and is served by its name:
//! `learnflow-<service>-client` becomes the package `learnflow.<service>.v1`, `learnflow-wire` the packages that
//! all contracts share. Files are compiled by protox, so no protoc is needed. Into `OUT_DIR` go the prost and tonic
//! code, `events.rs` (what each event message says about its topic and key) and `descriptor.bin` (for reflection,
//! the gateway and `learnflow protoset`).

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_reflect::{DescriptorPool, MessageDescriptor};

/// The packages of `learnflow-wire`; other crates refer to its types instead of generating their own.
const SHARED_PACKAGES: [&str; 3] = ["io.cloudevents.v1", "learnflow.api.v1", "learnflow.common.v1"];

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let proto_root = manifest.ancestors().map(|dir| dir.join("proto"));
    let proto_root = proto_root
        .into_iter()
        .find(|dir| dir.join("buf.yaml").is_file())
        .ok_or("no proto/ above the crate")?;
    println!("cargo:rerun-if-changed={}", proto_root.display());

    let crate_name = env::var("CARGO_PKG_NAME")?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let shared = crate_name == "learnflow-wire";
    let packages: Vec<String> = if shared {
        SHARED_PACKAGES.iter().map(ToString::to_string).collect()
    } else {
        vec![package_of(&crate_name)?]
    };

    let mut files = Vec::new();
    for package in &packages {
        files.extend(proto_files(&proto_root.join(package.replace('.', "/")))?);
    }
    let mut compiler = protox::Compiler::new([&proto_root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let descriptors = compiler.file_descriptor_set();
    fs::write(out_dir.join("descriptor.bin"), compiler.encode_file_descriptor_set())?;
    fs::write(out_dir.join("events.rs"), event_impls(&compiler.descriptor_pool(), &packages)?)?;
    if shared {
        let all = all_contracts(&proto_root)?;
        fs::write(out_dir.join("all.bin"), all.encode_file_descriptor_set())?;
        fs::write(out_dir.join("event_contracts.rs"), event_contracts(&all.descriptor_pool())?)?;
    }

    let mut prost = tonic_prost_build::Config::new();
    prost.bytes(["."]).enable_type_names();
    let mut builder = tonic_prost_build::configure()
        .build_transport(false)
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .emit_rerun_if_changed(false);
    if !shared {
        for package in SHARED_PACKAGES {
            builder = builder.extern_path(
                format!(".{package}"),
                format!("::learnflow_wire::{}", package.replace('.', "::")),
            );
        }
        // Options are only ever read by descriptor: an external path that nothing refers to keeps them from being
        // generated.
        builder = builder.extern_path(".google.api", "::learnflow_wire");
    }
    builder.compile_fds_with_config(descriptors, prost)?;
    Ok(())
}

/// `learnflow-code-review-client` → `learnflow.code_review.v1`.
fn package_of(crate_name: &str) -> Result<String, Box<dyn Error>> {
    let service = crate_name
        .strip_prefix("learnflow-")
        .and_then(|name| name.strip_suffix("-client"))
        .ok_or_else(|| format!("{crate_name} is not named learnflow-<service>-client"))?;
    Ok(format!("learnflow.{}.v1", service.replace('-', "_")))
}

/// The proto files of one folder, in a stable order.
fn proto_files(dir: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(|error| format!("{}: {error}", dir.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("no proto files in {}", dir.display()).into());
    }
    Ok(files)
}

/// Every contract, imports included.
fn all_contracts(proto_root: &Path) -> Result<protox::Compiler, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut folders = vec![proto_root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut compiler = protox::Compiler::new([proto_root])?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    Ok(compiler)
}

/// What a message's `(learnflow.api.v1.event)` option says.
struct EventRule {
    topic: String,
    key_field: String,
    subject_field: String,
}

/// The messages of the pool that are events, with their rules.
fn events(pool: &DescriptorPool) -> Result<Vec<(MessageDescriptor, EventRule)>, Box<dyn Error>> {
    let Some(extension) = pool.get_extension_by_name("learnflow.api.v1.event") else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for message in pool.all_messages() {
        let options = message.options();
        if !options.has_extension(&extension) {
            continue;
        }
        let value = options.get_extension(&extension);
        let rule = value.as_message().ok_or("(learnflow.api.v1.event) is not a message")?;
        let text = |field: &str| -> Result<String, Box<dyn Error>> {
            let value =
                rule.get_field_by_name(field).ok_or_else(|| format!("EventRule.{field} is missing"))?;
            Ok(value.as_str().unwrap_or_default().to_owned())
        };
        let rule = EventRule {
            topic: text("topic")?,
            key_field: text("key_field")?,
            subject_field: text("subject_field")?,
        };
        for field in [&rule.key_field, &rule.subject_field] {
            if !field.is_empty() && message.get_field_by_name(field).is_none() {
                return Err(format!("{}: event option names no field {field:?}", message.full_name()).into());
            }
        }
        events.push((message, rule));
    }
    Ok(events)
}

/// `impl learnflow_wire::Event` for each event of the packages.
fn event_impls(pool: &DescriptorPool, packages: &[String]) -> Result<String, Box<dyn Error>> {
    let accessor = |field: &str| if field.is_empty() { "\"\"".to_owned() } else { format!("&self.{field}") };
    let mut out = String::new();
    for (message, rule) in events(pool)? {
        if !packages.iter().any(|package| package == message.package_name()) {
            continue;
        }
        write!(
            out,
            "impl ::learnflow_wire::Event for {name} {{\n    const TYPE: &'static str = {kind:?};\n    \
             const TOPIC: &'static str = {topic:?};\n    const FULL_NAME: &'static str = {full:?};\n    \
             fn key(&self) -> &str {{ {key} }}\n    fn subject(&self) -> &str {{ {subject} }}\n}}\n",
            name = message.name(),
            kind = event_type(message.full_name()),
            topic = rule.topic,
            full = message.full_name(),
            key = accessor(&rule.key_field),
            subject = accessor(&rule.subject_field),
        )?;
    }
    Ok(out)
}

/// The table of all events: `&[EventContract { … }, …]`, sorted by topic and type.
fn event_contracts(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let mut rows: Vec<String> = events(pool)?
        .into_iter()
        .map(|(message, rule)| {
            let (topic, kind, name) = (rule.topic, event_type(message.full_name()), message.full_name());
            format!("EventContract {{ topic: {topic:?}, kind: {kind:?}, full_name: {name:?} }}")
        })
        .collect();
    rows.sort();
    Ok(format!("&[{}]", rows.join(", ")))
}

/// `learnflow.chat.v1.QueryAsked` → `learnflow.chat.query_asked.v1`.
fn event_type(full_name: &str) -> String {
    let mut parts: Vec<&str> = full_name.split('.').collect();
    let message = parts.pop().unwrap_or_default();
    let version = parts.pop().unwrap_or_default();
    let mut snake = String::new();
    for (index, letter) in message.char_indices() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    format!("{}.{snake}.{version}", parts.join("."))
}
