//! Connections: who may listen where, how many come at once, how long each may dawdle, and how all of them end.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::{
    Seldom,
    seats::{Seat, Seats},
    tls::server_config,
};

/// Connections at once. The next one waits until one ends, and none may dawdle.
pub const CONNECTIONS: usize = 512;
/// How long a TLS handshake, and the head of a request, may take; a connection that says nothing for so long is closed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection lives, however much it is used: then it ends with the request that it is at.
const LIFE: Duration = Duration::from_mins(5);
/// How long that request may take.
const LAST: Duration = Duration::from_secs(30);
/// How often it is told that a network holds all the connections that it may.
const TOLD: Duration = Duration::from_mins(1);
/// Largest head of a request, in bytes, and the most headers in it.
const HEAD: usize = 32 * 1024;
const HEADERS: usize = 64;
/// How long connections have to end when the server does.
const FAREWELL: Duration = Duration::from_secs(3);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Where to listen, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The address.
    pub address: SocketAddr,
    /// Certificate chain and key, both PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// True when whoever set this up knows that something else ends TLS.
    pub plain: bool,
}

/// How many connections there may be, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// At once.
    pub connections: usize,
    /// Of one network at once (an address of IPv4, a /64 of IPv6): nobody takes every place.
    pub of_network: usize,
    /// For whom that does not hold. Behind a proxy on this host everybody comes from this host: there the proxy has to see to it.
    pub spared: fn(IpAddr) -> bool,
    /// How long a connection may say nothing.
    pub idle: Duration,
    /// How long one lives.
    pub life: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            of_network: CONNECTIONS / 4,
            spared: is_of_this_host,
            idle: PATIENCE,
            life: LIFE,
        }
    }
}

/// Why nobody listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// It would be heard by anybody on the way.
    #[error(
        "{0} can be reached from other hosts, and what is sent there could be read and changed on the way\nhint: give [intake.tls] cert and key; or listen on 127.0.0.1 behind a proxy that ends TLS; or, where one on another host does, --plain-http"
    )]
    Plain(SocketAddr),
    /// Somebody listens there.
    #[error(
        "cannot listen on {address}: another program listens on port {port}\nhint: another midwatch serve may stand the watch already: curl -s http://{address}/healthz asks it, ss -ltnp names the program; --listen takes another address",
        address = .0,
        port = .0.port()
    )]
    Taken(SocketAddr),
    /// The address is not to be had.
    #[error(
        "cannot listen on {address}: {source}\nhint: it has to be an address of this host; --listen takes another one"
    )]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error(
        "TLS cannot be set up: {path}: {why}\nhint: [intake.tls] cert is a PEM file with the chain, key one with its private key"
    )]
    Tls {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

/// Listens, and takes no connection yet.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    bounds: Bounds,
}

impl Listener {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the address is not to be had, or would be open to be read by others.
    pub async fn bind(bind: &Bind) -> Result<Self, ListenError> {
        let tls = match &bind.tls {
            Some((cert, key)) => Some(TlsAcceptor::from(Arc::new(server_config(cert, key)?))),
            None if bind.plain || is_of_this_host(bind.address.ip()) => None,
            None => return Err(ListenError::Plain(bind.address)),
        };
        let fault = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::Taken(bind.address),
            _ => ListenError::Address {
                address: bind.address,
                source,
            },
        };
        let tcp = TcpListener::bind(bind.address).await.map_err(fault)?;
        let address = tcp.local_addr().map_err(fault)?;
        Ok(Self {
            tcp,
            address,
            tls,
            bounds: Bounds::default(),
        })
    }

    /// The same within other bounds.
    pub fn within(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for a browser.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` turns true; then takes nobody in, and waits for those who are there, for a while.
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let bounds = self.bounds;
        let room = Arc::new(Semaphore::new(bounds.connections));
        let (seats, full) = (Seats::new(bounds.of_network), Seldom::new(TOLD));
        let mut connections = JoinSet::new();
        loop {
            let taken = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(_) = connections.join_next() => continue,
                taken = take(&self.tcp, &room) => taken,
            };
            let Some((stream, peer, place)) = taken else {
                continue;
            };
            let Ok(seat) = seated(&seats, &bounds, peer.ip()) else {
                if let Some(held) = full.turn(Instant::now()) {
                    tracing::warn!(peer = %peer.ip(), held, "a network holds all the connections that it may; no more are taken from there");
                }
                continue;
            };
            let (router, tls, stop) = (router.clone(), self.tls.clone(), stop.clone());
            connections.spawn(async move {
                serve_stream(stream, peer, tls, router, (bounds, stop)).await;
                drop((place, seat));
            });
        }
        drop(self.tcp);
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(FAREWELL, all).await.is_err() {
            tracing::warn!("some connections did not end in time and were cut");
        }
    }
}

/// Resolves when `stop` turns true, or nobody can turn it any more.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _over = stop.wait_for(|stop| *stop).await.map(|_| ());
}

/// True for an address that nobody on another host can reach.
pub fn is_of_this_host(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// A place for a peer, where it needs one.
fn seated(seats: &Seats, bounds: &Bounds, peer: IpAddr) -> Result<Option<Seat>, ()> {
    if (bounds.spared)(peer) {
        return Ok(None);
    }
    seats.take(peer).map(Some).ok_or(())
}

async fn take(
    tcp: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match tcp.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // Out of file descriptors, most likely: those that are there end first.
            tracing::warn!(%error, "a connection could not be taken");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn serve_stream(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    within: (Bounds, watch::Receiver<bool>),
) {
    // Small answers are not held back to be sent with others.
    let _unimportant = stream.set_nodelay(true);
    match tls {
        None => talk(stream, peer, router, within).await,
        Some(tls) => match timeout(PATIENCE, tls.accept(stream)).await {
            Ok(Ok(stream)) => talk(stream, peer, router, within).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS was agreed on"),
            Err(_) => tracing::debug!(%peer, "no TLS was agreed on in time"),
        },
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    (bounds, mut stop): (Bounds, watch::Receiver<bool>),
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            Ok::<_, Infallible>(match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.idle)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending(&mut stop, bounds.life) => {
            connection.as_mut().graceful_shutdown();
            match timeout(LAST, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::debug!(%peer, "a connection did not end in time and was cut"),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke off");
    }
}

/// Resolves when the server ends, or a connection has lived long enough.
async fn ending(stop: &mut watch::Receiver<bool>, life: Duration) {
    tokio::select! {
        () = stopped(stop) => {}
        () = tokio::time::sleep(life) => {}
    }
}
