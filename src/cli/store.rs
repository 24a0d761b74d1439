//! `midwatch store`: the place where journals are kept.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use color_eyre::eyre::{Result, bail};

use super::{Context, progress::Progress};
use crate::{
    config::{SecretRef, paths},
    journal::{
        Store, StreamId,
        copy::copy,
        postgres::{PostgresStore, setup},
        sqlite::SqliteStore,
    },
    model::inert,
};

/// What to do with the store.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set the server up for this space, or bring it up to date: a schema, its owner, and the role that midwatch logs in as
    #[command(
        after_help = "The role that midwatch logs in as may read and append in this space alone, and change nothing that was \
                      written. It can be run again: what is there stays.\n\nExamples:\n  midwatch store init --print | psql\n  \
                      MIDWATCH_ADMIN_URL=postgres://admin@db/midwatch midwatch store init --admin-env MIDWATCH_ADMIN_URL"
    )]
    Init {
        /// Print the SQL, and do nothing
        #[arg(long)]
        print: bool,
        /// Environment variable with the address of a role that may create roles; else the configured address is used
        #[arg(long, value_name = "NAME", conflicts_with = "print")]
        admin_env: Option<String>,
    },
    /// Copy this space from its file to the configured server, hashes and signatures bit for bit
    #[command(
        after_help = "Stop consoles and midwatch serve on the file first. Broken off, it goes on where it was; at the end \
                      everything is verified. It can be run again while the file is still in use; the last time with --final: from \
                      then on the file refuses every record, whoever has it open.\n\nExamples:\n  midwatch store copy\n  \
                      midwatch store copy --final"
    )]
    Copy {
        /// Let nothing be written into the file from now on
        #[arg(long)]
        r#final: bool,
        /// The file; else the one where this space is kept without a server
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Let a file be written again that a final copy has closed
    #[command(
        after_help = "Example: midwatch store reopen --file ~/.local/share/midwatch/spaces/default/journal.sqlite"
    )]
    Reopen {
        /// The file; else the one where this space is kept without a server
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Say which store this space is in, whether it can be reached, and who is at work in it
    #[command(after_help = "Exit code: 0 when it can be used, 1 when not.\n\nExample: midwatch store status")]
    Status,
}

/// Runs the command. Returns the exit code.
pub async fn run(context: &Context, command: Command, out: &mut (dyn Write + Send)) -> Result<u8> {
    match command {
        Command::Init { print, admin_env } => init(context, print, admin_env, out).await,
        Command::Copy { r#final, from } => copy_to_server(context, from, r#final, out).await,
        Command::Reopen { file } => reopen(context, file, out).await,
        Command::Status => status(context, out).await,
    }
}

fn configured(context: &Context) -> Result<&SecretRef> {
    match &context.config.store.postgres {
        Some(place) => Ok(place),
        None => bail!(
            "no server is configured\nhint: postgres = {{ env = \"MIDWATCH_DATABASE_URL\" }} under [store] says where its address stands"
        ),
    }
}

async fn init(
    context: &Context,
    print: bool,
    admin_env: Option<String>,
    out: &mut (dyn Write + Send),
) -> Result<u8> {
    let space = &context.config.space;
    if print {
        out.write_all(setup::sql(space).as_bytes())?;
        return Ok(0);
    }
    let place = match admin_env {
        Some(name) => SecretRef::Env(name),
        None => configured(context)?.clone(),
    };
    setup::init(&context.postgres(&place).await?).await?;
    let role = setup::writer_of(space);
    writeln!(
        out,
        "space {space} is set up; midwatch logs in as the role {role}"
    )?;
    writeln!(
        out,
        "next: give the role a password (psql: \\password \"{role}\") and the hosts an address with it"
    )?;
    Ok(0)
}

/// The file of a space; opening one that is not there would make it.
fn file(context: &Context, named: Option<PathBuf>) -> Result<PathBuf> {
    let path = match named {
        Some(path) => path,
        None => paths::journal(&context.config.space)?,
    };
    if !path.exists() {
        bail!(
            "there is no journal at {}\nhint: the help of this command tells how another is named",
            path.display()
        );
    }
    Ok(path)
}

async fn reopen(context: &Context, named: Option<PathBuf>, out: &mut (dyn Write + Send)) -> Result<u8> {
    let path = file(context, named)?;
    let store = SqliteStore::open(&path).await?;
    store.reopen().await?;
    store.close().await;
    writeln!(out, "the file can be written again: {}", path.display())?;
    Ok(0)
}

async fn copy_to_server(
    context: &Context,
    from: Option<PathBuf>,
    is_final: bool,
    out: &mut (dyn Write + Send),
) -> Result<u8> {
    let place = configured(context)?;
    let path = file(context, from)?;
    let source = SqliteStore::open(&path).await?;
    let target = PostgresStore::open(&context.postgres(place).await?).await?;
    // One that an earlier copy has closed stays closed whatever becomes of this one.
    let closes = is_final && !source.is_sealed().await?;
    if closes {
        source.seal().await?;
    }
    let mut progress = Progress::new();
    let copied = copy(&source, &target, |done, all| {
        progress.line(&format!("copied {done} of {all} records"));
    })
    .await;
    progress.clear();
    if closes && !matches!(&copied, Ok((_, report)) if report.is_ok()) {
        source.reopen().await?;
    }
    let (copied, report) = copied?;
    writeln!(
        out,
        "{} streams: {} records and {} blobs copied to {}; {} records verified",
        copied.streams,
        copied.records,
        copied.blobs,
        target.place(),
        report.records
    )?;
    for fault in &report.faults {
        writeln!(out, "fault: {fault}")?;
    }
    source.close().await;
    target.close().await;
    if !report.is_ok() {
        writeln!(
            out,
            "hint: midwatch journal verify without the server configured says whether the file has the same faults"
        )?;
        return Ok(1);
    }
    let stays = if is_final {
        "the file is closed: what is in it stays, and nothing is added"
    } else {
        "the file stays as it is"
    };
    writeln!(out, "{stays}: {}", path.display())?;
    Ok(0)
}

async fn status(context: &Context, out: &mut (dyn Write + Send)) -> Result<u8> {
    writeln!(out, "space        {}", context.config.space)?;
    let Some(place) = &context.config.store.postgres else {
        let path = paths::journal(&context.config.space)?;
        writeln!(out, "store        SQLite file {}", path.display())?;
        if !path.exists() {
            writeln!(
                out,
                "state        none yet; the first command that writes makes it"
            )?;
            return Ok(0);
        }
        let store = SqliteStore::open(&path).await?;
        if store.is_sealed().await? {
            writeln!(out, "state        closed: this space has moved to a server")?;
            writeln!(
                out,
                "hint: name it here too ([store] postgres); midwatch store reopen goes back to the file"
            )?;
        }
        return held(&store, out).await;
    };
    writeln!(
        out,
        "store        PostgreSQL, address in {}",
        inert(&place.to_string())
    )?;
    let store = match context.postgres(place).await {
        Ok(options) => PostgresStore::open(&options).await.map_err(Into::into),
        Err(error) => Err(error),
    };
    match store {
        Ok(store) => {
            let (server, migrations) = (store.server().await?, store.migrations().await?);
            writeln!(out, "state        {} answers, version {server}", store.place())?;
            writeln!(out, "schema       up to date, {migrations} migrations")?;
            held(&store, out).await
        }
        Err(error) => {
            writeln!(out, "state        {error}")?;
            Ok(1)
        }
    }
}

async fn held(store: &impl Store, out: &mut (dyn Write + Send)) -> Result<u8> {
    let heads = store.heads().await?;
    let records: u64 = heads.values().map(|head| head.seq).sum();
    let investigations = heads
        .keys()
        .filter(|stream| StreamId::is_investigation(stream))
        .count();
    writeln!(
        out,
        "holds        {records} records, {investigations} investigations"
    )?;
    for signer in store.signers().await? {
        let own = if signer == store.public_key() {
            " (this host)"
        } else {
            ""
        };
        writeln!(out, "signs        {signer}{own}")?;
    }
    let leases = store.leases().await?;
    if leases.is_empty() {
        writeln!(out, "at work      nobody")?;
    }
    for held in leases {
        writeln!(
            out,
            "at work      {} on {}, for {:.1} s without renewal",
            inert(&held.lease.owner),
            held.lease.stream,
            held.left.as_secs_f32()
        )?;
    }
    store.close().await;
    Ok(0)
}
