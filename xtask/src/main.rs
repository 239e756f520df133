//! Project commands: build, serve and test everything, and install what that needs.
//!
//! `args` says what may be typed; each command has a module of its own. `tools` installs, `process`
//! and `progress` are how every command talks to programs and to people. Depends on none of the
//! project's crates, so that it builds when they do not.

mod args;
mod bench;
mod fingerprint;
mod http;
mod mysqld;
mod page;
mod parts;
mod plugin;
mod process;
mod progress;
mod proofs;
mod record;
mod scratch;
mod serve;
mod sizes;
mod soak;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use args::Command;
use workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = match args::parse(&arguments) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", args::HELP);
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the command succeeded; an error is something that kept it from being carried out.
fn run(command: Command) -> Result<bool> {
    let workspace = Workspace::find()?;
    match command {
        Command::Help => {
            println!("{}", args::HELP);
            Ok(true)
        }
        Command::Serve(options) => serve::serve(&workspace, options).map(|()| true),
        Command::Build => page::build_and_report(&workspace).map(|()| true),
        Command::Test(options) => parts::test(&workspace, &options),
        Command::Plugin => plugin::build_and_explain(&workspace).map(|()| true),
        Command::Mysqld(what) => mysqld::run(&workspace, what).map(|()| true),
        Command::Record(arguments) => record::record(&workspace, &arguments).map(|()| true),
        Command::Labs(arguments) => record::labs(&workspace, &arguments).map(|()| true),
        Command::Proof(proof, arguments) => proofs::prove(&workspace, proof, &arguments),
        Command::Soak(arguments) => soak::soak(&workspace, &arguments),
        Command::Tidy => tidy::tidy(&workspace).map(|outcome| outcome.is_ok()),
        Command::Bench(filters) => bench::bench(&workspace, &filters).map(|()| true),
    }
}
