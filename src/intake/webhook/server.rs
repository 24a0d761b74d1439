//! The routes: webhooks for senders; health and metrics for whoever keeps the server.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{Method, Response, StatusCode},
    routing::{any, get},
};
use serde_json::json;

use super::door::{Door, Outcome};
use crate::intake::http::{Fault, Metrics, Peer, fault};

/// How the whole server stands, for whoever keeps it.
#[async_trait]
pub trait Standing: Send + Sync {
    /// Why it is not ready; nothing when it is.
    async fn troubles(&self) -> Vec<String>;

    /// What is counted, in the text form of Prometheus.
    async fn metrics(&self) -> String;
}

/// A [`Standing`] behind routes.
pub type Stand = Arc<dyn Standing>;

struct Told {
    stand: Stand,
    metrics: Arc<Metrics>,
    /// True where operators alone can ask.
    details: bool,
}

/// Routes of senders. Where nobody but operators can ask (`private`), their routes too; elsewhere only whether it is alive.
pub fn routes(door: Arc<Door>, stand: Stand, private: bool) -> Router {
    let metrics = Arc::clone(&door.metrics);
    let webhooks = Router::new()
        .route("/webhook/{kind}/{id}", any(webhook))
        .fallback(nowhere)
        .with_state(door);
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
        .route("/healthz", get(alive))
        .route("/readyz", get(ready));
    if details {
        router = router.route("/metrics", get(counted));
    }
    router.with_state(told)
}

async fn webhook(
    State(door): State<Arc<Door>>,
    Path((kind, id)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let Outcome { response, word } = door.answer(&kind, &id, &parts, body).await;
    let status = response.status().as_u16();
    let took = begun.elapsed();
    door.metrics.request("webhook", status, took);
    let peer = parts.extensions.get::<Peer>().map(|Peer(peer)| peer.to_string());
    tracing::info!(
        target: "midwatch::http",
        method = %parts.method,
        kind = %short(&kind),
        webhook = %short(&id),
        status,
        outcome = word,
        micros = took.as_micros() as u64,
        peer = peer.unwrap_or_default(),
        "request"
    );
    response
}

/// A word of an address, harmless in a log.
fn short(word: &str) -> String {
    crate::model::inert(word).chars().take(40).collect()
}

async fn nowhere(State(door): State<Arc<Door>>, method: Method) -> Response<Body> {
    door.metrics.request("none", 404, std::time::Duration::ZERO);
    tracing::debug!(target: "midwatch::http", %method, "request for nothing that is here");
    Fault::new(
        StatusCode::NOT_FOUND,
        "nothing_here",
        "there is nothing at this address",
        "webhooks are at /webhook/KIND/ID",
    )
    .response()
}

/// The process answers.
async fn alive(State(told): State<Arc<Told>>) -> Response<Body> {
    told.metrics.request("healthz", 200, std::time::Duration::ZERO);
    fault::answer(StatusCode::OK, &json!({"status": "ok"}))
}

/// It can do its work.
async fn ready(State(told): State<Arc<Told>>) -> Response<Body> {
    let begun = Instant::now();
    let troubles = told.stand.troubles().await;
    let (status, word) = if troubles.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    told.metrics.request("readyz", status.as_u16(), begun.elapsed());
    let body = if told.details {
        json!({"status": word, "troubles": troubles})
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
