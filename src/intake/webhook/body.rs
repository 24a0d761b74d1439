//! The body of a request: of a kind, of a length, in time, and all of them together within bounds.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{WebhookKind, faults};
use crate::intake::http::Fault;

/// Largest body, in bytes.
pub const LARGEST: usize = 1024 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// JSON by its type, or no type at all; SNS calls its JSON plain text.
pub(super) fn content_type(headers: &HeaderMap, kind: WebhookKind) -> Result<(), Fault> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let said = value.to_str().unwrap_or_default();
    let media = said
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let json = media.is_empty()
        || media == "application/json"
        || media == "text/json"
        || media
            .strip_prefix("application/")
            .is_some_and(|rest| rest.ends_with("+json"))
        || (kind == WebhookKind::Sns && media == "text/plain");
    if json {
        return Ok(());
    }
    Err(Fault::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_json",
        format!(
            "a webhook takes application/json, not {}",
            crate::model::inert(&media)
        ),
        "send Content-Type: application/json",
    ))
}

/// Says how long it is, and no more than is taken.
pub(super) fn length(headers: &HeaderMap) -> Result<(), Fault> {
    let Some(length) = headers.get(header::CONTENT_LENGTH) else {
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Ok(());
        }
        return Err(Fault::new(
            StatusCode::LENGTH_REQUIRED,
            "length_required",
            "the request has no body, or does not say how long it is",
            "send the event as JSON with its Content-Length",
        ));
    };
    let length = length.to_str().ok().and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > LARGEST as u64) {
        return Err(too_large());
    }
    Ok(())
}

fn too_large() -> Fault {
    Fault::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {} KiB", LARGEST / 1024),
        "send what identifies the incident, and leave its data where it is",
    )
}

/// Reads a body as it comes. What all requests hold at once has a bound, and a body counts by what has arrived of it: one that
/// only says that it is large keeps nobody out.
pub(super) async fn read(body: Body, room: &Semaphore) -> Result<(Bytes, SemaphorePermit<'_>), Fault> {
    let reading = collect(body, room);
    let (whole, held) = timeout(PATIENCE, reading).await.unwrap_or_else(|_| {
        Err(Fault::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            format!("the body did not arrive within {} s", PATIENCE.as_secs()),
            "send it at once",
        ))
    })?;
    if whole.is_empty() {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "empty_body",
            "the body is empty",
            "send the event as JSON",
        ));
    }
    Ok((whole, held))
}

async fn collect(mut body: Body, room: &Semaphore) -> Result<(Bytes, SemaphorePermit<'_>), Fault> {
    let mut held = room.try_acquire().map_err(|_| faults::busy())?;
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Fault::new(
                StatusCode::BAD_REQUEST,
                "broken_body",
                "the body broke off",
                "send it whole, as long as its Content-Length says",
            )
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > LARGEST {
            return Err(too_large());
        }
        let more = (whole.len() + data.len()) / 1024 - whole.len() / 1024;
        held.merge(room.try_acquire_many(more as u32).map_err(|_| faults::busy())?);
        whole.extend_from_slice(&data);
    }
    Ok((whole.freeze(), held))
}
