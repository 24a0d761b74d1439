//! `midwatch connection login`: OAuth with a person's consent, on a workstation or through a jump host.

use std::{
    io::{BufRead as _, Write},
    sync::Arc,
};

use async_trait::async_trait;
use clap::Args as ClapArgs;
use color_eyre::eyre::{Result, WrapErr as _, bail};
use tokio::sync::{Mutex, mpsc};

use super::{Context, known, lines, probe::told};
use crate::{
    config::{Auth, paths},
    model::GapKind,
    sources::mcp::{
        McpError,
        memory::Memory,
        oauth::{consent::Consent, loopback::Loopback},
    },
};

/// How to log in.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Name of the connection
    name: String,
    /// Port on this host that the browser is sent back to; any free one otherwise
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// A further scope to ask for; may be given several times
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
}

pub(super) async fn run(context: &Context, args: &Args, out: &mut dyn Write) -> Result<()> {
    let mut connection = known(&context.config, &args.name)?.clone();
    match &mut connection.auth {
        Auth::OAuth { scopes, .. } | Auth::ClientCredentials { scopes, .. } => {
            if !args.scope.is_empty() {
                // Beside what the last login gave, not instead of it.
                let held = Memory::of(&paths::data()?, &args.name).read();
                scopes.extend(held.tokens.into_iter().flat_map(|tokens| tokens.scopes));
                scopes.extend(args.scope.iter().cloned());
            }
        }
        auth => bail!(
            "connection {} needs no login: its auth is {}\nhint: midwatch connection test {}",
            args.name,
            auth.words(),
            args.name
        ),
    }
    let loopback = Loopback::open(args.port)
        .await
        .wrap_err("no port on this host can be listened on")?;
    let consent = Arc::new(Browser {
        loopback,
        pasted: Mutex::new(pasted()),
    });
    lines(context)?
        .log_in(&args.name, &connection, consent)
        .await
        .map_err(|error| told(&error))?;
    writeln!(
        out,
        "logged in: {}\ntry it: midwatch connection test {}",
        args.name, args.name
    )?;
    Ok(())
}

/// A person with a browser, here or elsewhere.
struct Browser {
    loopback: Loopback,
    pasted: Mutex<mpsc::UnboundedReceiver<String>>,
}

#[async_trait]
impl Consent for Browser {
    fn redirect(&self) -> String {
        self.loopback.redirect().to_owned()
    }

    async fn ask(&self, url: &str) -> Result<String, McpError> {
        let lost = |what: String| McpError::new(GapKind::Failed, what, "log in again");
        // Progress: the result alone goes to the standard output.
        let words = format!(
            "Open this address in a browser:\n\n{url}\n\nWhen the browser cannot reach this host, it ends at an address that \
             begins with\n{}: paste that address here.\n",
            self.redirect()
        );
        drop(std::io::stderr().write_all(words.as_bytes()));
        let mut pasted = self.pasted.lock().await;
        tokio::select! {
            came = self.loopback.wait() => came.map_err(|error| lost(error.to_string())),
            Some(line) = pasted.recv() => Ok(line),
        }
    }
}

/// Lines of the standard input. The thread ends with the process: a read of a terminal cannot be taken back.
fn pasted() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
