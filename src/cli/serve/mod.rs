//! `midwatch serve`: the watch without a screen.
//!
//! ```text
//! listener ─► door ─► reception ─► journal ─► engine
//! tasks: what stands the watch in each space, by name, under one end
//! ```

mod log;
mod notify;
mod standing;
mod tasks;
mod watch;

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use color_eyre::eyre::Result;
use jiff::Timestamp;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
};

use self::{log::Format, standing::Server, tasks::Tasks, watch::Watch};
use super::{Context, webhook::keeper};
use crate::{
    config::Config,
    intake::{
        http::{Bind, Listener, Metrics, limit::Rate, listen::is_of_this_host},
        reading,
        webhook::{Certificates, Directory, Door, Stand, routes, routes_of_operators},
    },
};

/// How long requests that are inside may take to end, and then tasks.
const PATIENCE: Duration = Duration::from_secs(10);

/// Signals that come so soon after the first are the same wish.
const SAME: Duration = Duration::from_secs(1);

/// Options of `midwatch serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Serves every space of the configuration; --space names one. TERM or Ctrl-C: takes nothing more, finishes what is \
inside, gives investigations back; a second one ends at once.\n\nExamples:\n  midwatch serve\n  midwatch serve --listen 0.0.0.0:8443   \
(with [intake.tls])\n  curl -s http://127.0.0.1:8787/readyz"
)]
pub struct Args {
    /// Where webhooks are taken [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where /readyz and /metrics are told [default: as --listen, while other hosts cannot reach that]
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
    /// Listen without TLS where other hosts reach it: a proxy on another host ends TLS
    #[arg(long)]
    plain_http: bool,
    /// How the log on stderr is written; RUST_LOG says how much of it
    #[arg(long, value_enum, default_value = "text")]
    log_format: Format,
}

/// Stands the watch until it is told to end. `only` is the one space that was asked for.
pub async fn run(context: Context, only: Option<String>, args: Args) -> Result<u8> {
    log::begin(args.log_format);
    let context = with_options(context, &args);
    let mut signals = Signals::new()?;
    let mut spaces = Vec::new();
    for name in names(&context.config, only) {
        spaces.push(Watch::open(context.of_space(&name)).await?);
    }
    let intake = &context.config.intake;
    let rate = Rate {
        burst: f64::from(intake.events_per_second),
        per_second: f64::from(intake.events_per_second),
    };
    let doors = spaces.iter().map(Watch::door).collect();
    let directory = Arc::new(Directory::new(doors, keeper(&context)?, rate));
    let metrics = Arc::new(Metrics::default());
    let door = Arc::new(Door::new(
        Arc::clone(&directory),
        reading::read,
        Certificates::new(Arc::new(context.config.net())),
        Arc::new(Timestamp::now),
        Arc::clone(&metrics),
    ));
    let (listener, other) = listeners(&context.config).await?;

    let mut tasks = Tasks::new();
    for space in &spaces {
        space.stand(&mut tasks);
    }
    let names: Vec<&str> = spaces.iter().map(|space| space.name()).collect();
    tracing::info!(
        url = %listener.url(),
        spaces = names.join(", "),
        "listening"
    );
    let stand: Stand = Arc::new(Server {
        board: tasks.board(),
        directory,
        door: Arc::clone(&door),
        metrics: Arc::clone(&metrics),
        spaces: spaces.clone(),
    });
    let private = other.is_none() && is_private(&context.config);
    match &other {
        Some(other) => tracing::info!(url = %other.url(), "readiness and metrics"),
        None if private => tracing::info!(url = %listener.url(), "readiness and metrics"),
        None => tracing::warn!(
            "/metrics is told nowhere, and /readyz says no reasons, since senders reach this address: [intake] metrics = \
             \"127.0.0.1:8788\" (or --metrics-listen) gives both an address of their own"
        ),
    }
    let closing = tokio::sync::watch::Sender::new(false);
    let mut listening = JoinSet::new();
    let router = routes(Arc::clone(&door), Arc::clone(&stand), private);
    listening.spawn(listener.serve(router, closing.subscribe()));
    if let Some(other) = other {
        let router = routes_of_operators(stand, metrics);
        listening.spawn(other.serve(router, closing.subscribe()));
    }
    notify::tell("READY=1");

    let word = signals.next().await;
    tracing::info!(signal = word, "going down: nothing more is taken");
    notify::tell("STOPPING=1");
    let farewell = async {
        if !door.drain(PATIENCE).await {
            tracing::warn!("some requests did not end in time");
        }
        closing.send_replace(true);
        while listening.join_next().await.is_some() {}
        if !tasks.end(PATIENCE).await {
            tracing::warn!("some tasks did not end in time and were cut");
        }
        for space in &spaces {
            space.journal.close().await;
        }
    };
    tokio::select! {
        () = farewell => {
            tracing::info!("down");
            Ok(0)
        }
        word = signals.another() => {
            tracing::warn!(signal = word, "ended at once");
            Ok(1)
        }
    }
}

/// The configuration with what was said on the command line.
fn with_options(mut context: Context, args: &Args) -> Context {
    let intake = &mut context.config.intake;
    intake.listen = args.listen.unwrap_or(intake.listen);
    intake.metrics = args.metrics_listen.or(intake.metrics);
    intake.plain_http |= args.plain_http;
    context
}

/// The spaces on watch: the one that was asked for, or all of the configuration and the one that opens without a word.
pub(super) fn names(config: &Config, only: Option<String>) -> BTreeSet<String> {
    match only {
        Some(one) => BTreeSet::from([one]),
        None => config
            .spaces
            .keys()
            .cloned()
            .chain([config.space.clone()])
            .collect(),
    }
}

/// True where nobody but this host's people can ask: a proxy in front carries anybody's questions.
fn is_private(config: &Config) -> bool {
    is_of_this_host(config.intake.listen.ip()) && config.intake.public_url.is_none()
}

async fn listeners(config: &Config) -> Result<(Listener, Option<Listener>)> {
    let intake = &config.intake;
    let bind = |address| Bind {
        address,
        tls: intake.tls.as_ref().map(|tls| (tls.cert.clone(), tls.key.clone())),
        plain: intake.plain_http,
    };
    let listener = Listener::bind(&bind(intake.listen)).await?;
    let unprotected = intake.tls.is_none() && !is_of_this_host(intake.listen.ip());
    if unprotected {
        tracing::warn!(
            address = %intake.listen,
            "other hosts reach this address without TLS: what is sent can be read and changed on the way unless a proxy ends TLS \
             and nobody else reaches it"
        );
    }
    let other = match intake.metrics {
        Some(address) => {
            let mut bind = bind(address);
            // On this host nobody is in between, and few scrapers like a certificate of another name.
            if is_of_this_host(address.ip()) {
                bind.tls = None;
            }
            Some(Listener::bind(&bind).await?)
        }
        None => None,
    };
    Ok((listener, other))
}

/// What ends the server: TERM, INT (Ctrl-C), and HUP, when the terminal that it was started from goes.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one after the first. Whoever ends a whole session sends several at once: those are one.
    async fn another(&mut self) -> &'static str {
        let same = tokio::time::sleep(SAME);
        let mut same = std::pin::pin!(same);
        loop {
            tokio::select! {
                () = same.as_mut() => return self.next().await,
                _ = self.next() => {}
            }
        }
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "TERM",
            _ = self.int.recv() => "INT",
            _ = self.hup.recv() => "HUP",
        }
    }
}
