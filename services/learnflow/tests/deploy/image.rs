//! The Dockerfile, and what its build sees.

use std::collections::BTreeSet;

use crate::facts::{Facts, after};
use crate::files::Files;

pub(crate) fn problems(files: &Files, facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let dockerfile = files.text("Dockerfile");
    let minor = facts.toolchain.rsplit_once('.').map_or("", |(minor, _)| minor);
    let mut must = |holds: bool, problem: &str| {
        if !holds {
            found.push(format!("Dockerfile: {problem}"));
        }
    };
    let image = after(dockerfile, "FROM rust:");
    must(image.starts_with(&format!("{minor}-")), "FROM rust is not the version of rust-toolchain.toml");
    must(
        after(dockerfile, "RUSTUP_TOOLCHAIN=") == facts.toolchain,
        "RUSTUP_TOOLCHAIN is not that of rust-toolchain.toml",
    );
    // The libc that it was built with must be the one it runs with.
    let debian = image.rsplit('-').next().unwrap_or_default();
    must(
        dockerfile.contains(&format!("\nFROM debian:{debian}-slim\n")),
        "FROM debian is another one than FROM rust's",
    );
    let build = "cargo build --locked --release -p learnflow --bin learnflow ";
    must(dockerfile.contains(build), "RUN cargo build does not build the binary");
    must(after(dockerfile, "\nUSER ") == "65532:65532", "USER must be one that is not root, by number");
    must(dockerfile.contains("\nENTRYPOINT [\"learnflow\"]\n"), "ENTRYPOINT is not the binary");

    let allowed: BTreeSet<String> = files
        .text("Dockerfile.dockerignore")
        .lines()
        .filter_map(|line| Some(line.strip_prefix('!')?.to_owned()))
        .collect();
    for missing in facts.build_inputs.difference(&allowed) {
        found.push(format!("Dockerfile.dockerignore: {missing} is needed for the build, and kept out"));
    }
    for needless in allowed.difference(&facts.build_inputs) {
        found.push(format!("Dockerfile.dockerignore: {needless} is let in, and the build does not need it"));
    }
    found
}
