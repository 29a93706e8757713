# shellcheck shell=bash
# Building our own binary, for the scripts that a person runs.

require_rust() {
  command -v cargo >/dev/null || die "Rust is needed: install it with rustup (https://rustup.rs); the version in rust-toolchain.toml is then taken by itself"
}

# The place of the binary that build_learnflow makes.
built_learnflow() { echo "${CARGO_TARGET_DIR:-target}/debug/learnflow"; }

# Without optimisation: it starts sooner, and a person does not see the difference. The bench builds for speed.
build_learnflow() {
  require_rust
  say "building learnflow (the first time takes some minutes)"
  cargo build --locked -p learnflow --bin learnflow || die "the build failed; see above"
}
