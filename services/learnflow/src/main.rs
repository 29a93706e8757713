//! `learnflow`: every service, the whole platform, and the tools.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    learnflow::run(learnflow::Cli::parse())
}
