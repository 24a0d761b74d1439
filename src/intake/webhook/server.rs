//! The routes: webhooks for senders; health and metrics for whoever keeps the server.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{Method, Response, StatusCode},
    routing::{MethodRouter, any, get},
};
use serde_json::json;

use super::{
    door::{Door, Outcome},
    faults,
};
use crate::intake::http::{Fault, Metrics, Peer, Seldom, fault};

/// How often a refused request is logged; all are counted.
const TOLD: Duration = Duration::from_secs(10);

/// How the whole server stands, for whoever keeps it.
#[async_trait]
pub trait Standing: Send + Sync {
    /// Whether it is ready, and what else is the matter.
    async fn readiness(&self) -> Readiness;

    /// What is counted, in the text form of Prometheus.
    async fn metrics(&self) -> String;
}

/// Whether the server can do its work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What keeps it from taking events or working on them; nothing when it is ready.
    pub troubles: Vec<String>,
    /// What somebody should see to while it goes on: a source that denies, a look that failed, a webhook or a channel of many.
    pub notes: Vec<String>,
}

/// A [`Standing`] behind routes.
pub type Stand = Arc<dyn Standing>;

struct Told {
    stand: Stand,
    metrics: Arc<Metrics>,
    /// True where operators alone can ask.
    details: bool,
}

/// The door, and what is logged of it.
struct Desk {
    door: Arc<Door>,
    refused: Seldom,
}

/// Routes of senders. Where nobody but operators can ask (`private`), their routes too; elsewhere only whether it is alive.
pub fn routes(door: Arc<Door>, stand: Stand, private: bool) -> Router {
    let metrics = Arc::clone(&door.metrics);
    let webhooks = Router::new()
        .route("/webhook/{kind}/{id}", any(webhook))
        .with_state(Arc::new(Desk {
            door,
            refused: Seldom::new(TOLD),
        }));
    webhooks.merge(operators(stand, metrics, private))
}

/// Routes of operators alone.
pub fn routes_of_operators(stand: Stand, metrics: Arc<Metrics>) -> Router {
    operators(stand, metrics, true)
}

fn operators(stand: Stand, metrics: Arc<Metrics>, details: bool) -> Router {
    let told = Arc::new(Told {
        stand,
        metrics,
        details,
    });
    let mut router = Router::new()
        .route("/healthz", asked(get(alive)))
        .route("/readyz", asked(get(ready)))
        .fallback(nowhere);
    if details {
        router = router.route("/metrics", asked(get(counted)));
    }
    router.with_state(told)
}

/// What can only be asked for.
fn asked(route: MethodRouter<Arc<Told>>) -> MethodRouter<Arc<Told>> {
    route.fallback(async |State(told): State<Arc<Told>>, method: Method| {
        let fault = Fault::method(&method, true, "this address");
        told.metrics.answered("none", fault.status.as_u16());
        fault.response()
    })
}

async fn webhook(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response<Body> {
    let begun = Instant::now();
    let door = &desk.door;
    let Ok(Path((kind, id))) = path else {
        // Bytes that are no words name nothing.
        door.metrics.answered("none", 404);
        return faults::nothing_here().response();
    };
    let (parts, body) = request.into_parts();
    let Outcome { response, word } = door.answer(&kind, &id, &parts, body).await;
    let status = response.status().as_u16();
    let took = begun.elapsed();
    door.metrics.request("webhook", status, took);
    let peer = parts.extensions.get::<Peer>().map(|Peer(peer)| peer.to_string());
    // Whoever sends requests that are refused writes no log with them; a sender that is set up wrongly is still seen there.
    let held = match response.status().is_success() {
        true => Some(0),
        false => desk.refused.turn(Instant::now()),
    };
    if let Some(held) = held {
        tracing::info!(
            target: "midwatch::http",
            method = %parts.method,
            kind = %short(&kind),
            webhook = %short(&id),
            status,
            outcome = word,
            micros = took.as_micros() as u64,
            peer = peer.unwrap_or_default(),
            held = Some(held).filter(|held| *held > 0),
            "request"
        );
    }
    response
}

/// A word of an address, harmless in a log.
fn short(word: &str) -> String {
    crate::model::inert(word).chars().take(40).collect()
}

async fn nowhere(State(told): State<Arc<Told>>, method: Method) -> Response<Body> {
    told.metrics.answered("none", 404);
    tracing::debug!(target: "midwatch::http", %method, "request for nothing that is here");
    faults::nothing_here().response()
}

/// The process answers.
async fn alive(State(told): State<Arc<Told>>) -> Response<Body> {
    told.metrics.answered("healthz", 200);
    fault::answer(StatusCode::OK, &json!({"status": "ok"}))
}

/// It can do its work.
async fn ready(State(told): State<Arc<Told>>) -> Response<Body> {
    let begun = Instant::now();
    let Readiness { troubles, notes } = told.stand.readiness().await;
    let (status, word) = if troubles.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    told.metrics.request("readyz", status.as_u16(), begun.elapsed());
    let body = if told.details {
        json!({"status": word, "troubles": troubles, "notes": notes})
    } else {
        json!({"status": word})
    };
    fault::answer(status, &body)
}

async fn counted(State(told): State<Arc<Told>>) -> Response<Body> {
    let begun = Instant::now();
    let page = told.stand.metrics().await;
    told.metrics.request("metrics", 200, begun.elapsed());
    fault::text_answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", page)
}
