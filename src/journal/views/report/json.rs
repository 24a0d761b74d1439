//! The stable JSON object of `midwatch investigate --format json`.

use serde_json::{Value, json};

use super::Anchor;
use crate::{
    journal::views::Investigation,
    model::{Cause, MitigationStep, Verdict},
};

/// The outcome as one JSON object. All text is inert plain text.
pub fn json(view: &Investigation, anchor: &Anchor) -> Value {
    let summary = view.summary.as_ref();
    let causes: Vec<Value> = summary
        .iter()
        .flat_map(|summary| &summary.causes)
        .map(cause)
        .collect();
    let seconds = match (view.created_at, view.last_at) {
        (Some(from), Some(to)) => to.duration_since(from).as_secs_f64(),
        _ => 0.0,
    };
    let stream = view.stream.as_ref().map(ToString::to_string);
    json!({
        "investigation": stream,
        "verdict": summary.map_or(Verdict::Inconclusive, |summary| summary.verdict),
        "summary": summary.map(|summary| summary.text.plain()),
        "cause": causes.first(),
        "causes": causes,
        "impact": list(summary.map(|s| &s.impact), |impact| {
            json!({ "resource": impact.resource, "how": impact.how.plain() })
        }),
        "candidates": list(summary.map(|s| &s.candidates), |one| {
            json!({ "resource": one.resource, "score": one.score })
        }),
        "hypotheses": list(summary.map(|s| &s.hypotheses), |one| {
            json!({
                "pattern": one.pattern, "resource": one.resource, "state": one.state, "score": one.score,
                "statement": one.statement.plain(), "why": one.why.plain(),
                "supports": one.supports, "refutes": one.refutes,
            })
        }),
        "ruled_out": list(summary.map(|s| &s.ruled_out), |one| {
            json!({ "hypothesis": one.hypothesis, "by": one.by, "why": one.why.plain() })
        }),
        "timeline": list(summary.map(|s| &s.timeline), |one| {
            json!({ "at": one.at, "what": one.what.plain(), "resource": one.resource, "evidence": one.evidence })
        }),
        "gaps": view.gaps.iter().map(|(seq, found)| json!({
            "what": found.gap.what.plain(), "why": found.gap.why.plain(), "kind": found.gap.kind,
            "hint": found.gap.hint.as_ref().map(crate::model::Text::plain), "record": seq,
        })).collect::<Vec<_>>(),
        "next_looks": list(summary.map(|s| &s.next_looks), |look| json!(look.plain())),
        "mitigation": view.mitigation.as_ref().map(|plan| json!({
            "prepare": steps(&plan.prepare), "pre_validate": steps(&plan.pre_validate), "apply": steps(&plan.apply),
            "post_validate": steps(&plan.post_validate), "rollback": steps(&plan.rollback),
            "instructions": super::brief::anonymous(view),
        })),
        "recommendations": list(summary.map(|s| &s.recommendations), |one| {
            json!({ "category": one.category, "title": one.title.plain(), "detail": one.detail.plain() })
        }),
        "journal": { "stream": stream, "records": view.seq, "head": anchor.head, "digest": anchor.digest },
        "usage": {
            "queries": view.usage.queries, "aws_calls": view.usage.calls, "seconds": seconds,
            "log_bytes": view.usage.bytes,
            "model_tokens": view.usage.model_tokens,
            // What AWS asks for single calls is not known here; without calls there is nothing to pay.
            "cost_usd": if view.usage.calls == 0 { json!(0.0) } else { Value::Null },
        },
    })
}

fn list<T>(items: Option<&Vec<T>>, one: impl Fn(&T) -> Value) -> Vec<Value> {
    items.into_iter().flatten().map(one).collect()
}

fn cause(cause: &Cause) -> Value {
    json!({
        "resource": cause.resource, "category": cause.category, "pattern": cause.pattern,
        "statement": cause.statement.plain(), "confidence": cause.confidence, "evidence": cause.evidence,
    })
}

fn steps(steps: &[MitigationStep]) -> Vec<Value> {
    let steps = steps.iter();
    steps
        .map(|step| json!({ "text": step.text.plain(), "command": step.shell(), "writes": step.writes }))
        .collect()
}
