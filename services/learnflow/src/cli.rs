//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use learnflow_status::chain;

use crate::role::Role;
use crate::{demo, protoset, serve, up};

/// LearnFlow: the platform behind an AI tutor for Python.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one service behind its sidecar; it is configured by its environment (see the service's README).
    Serve {
        /// The service.
        service: Role,
    },
    /// Run the whole platform in this process, on the embedded runtime.
    Up(up::Options),
    /// Ask questions and show each hop of their way; passes when every one is answered.
    Demo(demo::Options),
    /// Write the descriptors of every contract, for grpcurl and ghz (`-protoset FILE`).
    Protoset {
        /// Where to; standard output when left out.
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
}

/// Runs a command to its end; the exit code is 64 for bad configuration and 1 for any other failure.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("learnflow: cannot start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        match cli.command {
            Command::Serve { service } => match serve::run(service).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("learnflow: {service}: {}", chain(&error));
                    ExitCode::from(error.exit_code())
                }
            },
            Command::Up(options) => finish(up::run(options).await),
            Command::Demo(options) => demo::run(options).await,
            Command::Protoset { output } => finish(protoset::write(output.as_deref())),
        }
    })
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("learnflow: {error:#}");
            ExitCode::FAILURE
        }
    }
}
