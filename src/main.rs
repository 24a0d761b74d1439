//! midwatch: arguments in, exit code out.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use midwatch::{cli, config};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Err(error) = color_eyre::install() {
        return failed(&error);
    }
    let cli = cli::Cli::parse();
    if !cli.logs_itself() {
        log_to_file();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failed(&error),
    }
}

/// Errors are for people: what happened, to what, and what to do. A reader that went away is success.
fn failed(error: &color_eyre::Report) -> ExitCode {
    let gone = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
    if gone {
        return ExitCode::SUCCESS;
    }
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    drop(writeln!(std::io::stderr(), "error: {}", causes.join(": ")));
    ExitCode::FAILURE
}

/// The program's own log, when MIDWATCH_LOG asks for it (`MIDWATCH_LOG=info`). Never to the terminal.
fn log_to_file() {
    let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("MIDWATCH_LOG") else {
        return;
    };
    let Ok(path) = config::paths::log() else { return };
    if let Some(folder) = path.parent() {
        drop(config::paths::private_folder(folder));
    }
    if let Ok(file) = config::paths::private_file(&path) {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(file));
        subscriber.init();
    }
}
