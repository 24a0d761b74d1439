//! What holds for every shipped pattern, and for any text at all.

use proptest::prelude::*;

use super::*;

/// Incidents that the patterns must know, by id: the guide's nine, then the classics.
const COVERED: &[&str] = &[
    "dynamodb-throttled-after-change",
    "dynamodb-write-capacity",
    "sns-filter-mismatch",
    "sns-message-too-large",
    "lambda-throttled-by-traffic",
    "api-rate-limit",
    "lambda-cold-starts",
    "s3-access-denied-policy",
    "sqs-access-denied-policy",
    "lambda-timeout",
    "lambda-timeout-lowered",
    "dependency-slow",
    "lambda-out-of-memory",
    "lambda-import-error",
    "bad-deployment",
    "missing-environment-variable",
    "lambda-intentional-exceptions",
    "lambda-concurrency-lowered",
    "lambda-account-concurrency",
    "ec2-stress-workload",
    "ec2-cpu-traffic",
    "ec2-credits-exhausted",
    "disk-full",
    "ec2-status-check-failed",
    "asg-at-maximum",
    "ecs-task-out-of-memory",
    "ecs-health-checks-failing",
    "ecs-image-pull-failing",
    "ecs-crash-loop",
    "balancer-target-errors",
    "alb-no-healthy-targets",
    "target-health-check-changed",
    "api-client-errors-after-change",
    "api-integration-broken",
    "api-integration-timeout",
    "rds-connections-exhausted",
    "rds-storage-full",
    "rds-slow-queries",
    "rds-failover",
    "rds-replica-lag",
    "rds-lock-waits",
    "rds-changed",
    "cache-memory-full",
    "consumer-stopped",
    "queue-backlog-surge",
    "dead-letters",
    "poison-message",
    "stream-consumer-behind",
    "kinesis-write-throttled",
    "stepfunctions-task-failing",
    "certificate-expired",
    "secret-rotated",
    "kms-key-unusable",
    "permission-removed",
    "network-path-changed",
    "nat-ports-exhausted",
    "dns-failure",
    "third-party-outage",
    "availability-zone-impaired",
    "traffic-surge",
    "retry-storm",
    "schedule-not-firing",
    "telemetry-stopped",
    "dynamodb-read-capacity",
    "dynamodb-hot-partition",
    "efs-burst-exhausted",
    "storage-burst-exhausted",
    "stack-deployment-failed",
    "k8s-out-of-memory",
    "k8s-crash-loop",
    "k8s-image-pull-failing",
    "k8s-no-room",
    "k8s-probes-failing",
    "k8s-node-pressure",
    "k8s-bad-rollout",
    "scaling-at-maximum",
];

fn texts() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut texts: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    texts.sort();
    texts
}

#[test]
fn every_incident_that_must_be_known_has_a_pattern() {
    let library = Library::shipped().unwrap();
    for id in COVERED {
        assert!(library.get(id).is_some(), "{id}");
    }
}

#[test]
fn every_shipped_pattern_is_whole() {
    let texts = texts();
    for pattern in Library::shipped().unwrap().all() {
        let id = &pattern.id;
        let (_, text) = texts
            .iter()
            .find(|(name, _)| *name == format!("{id}.toml"))
            .unwrap();
        assert!(
            !pattern.refutes.is_empty() || text.starts_with("# No refutes: "),
            "{id} says neither what rules it out nor why nothing does"
        );
        let plan = &pattern.mitigation;
        assert!(
            !pattern.look.is_empty() && (1..=3).contains(&pattern.prevention.len()),
            "{id}"
        );
        for kind in &pattern.types {
            for (part, steps) in [
                ("apply", &plan.apply),
                ("post_validate", &plan.post_validate),
                ("rollback", &plan.rollback),
            ] {
                assert!(
                    steps.iter().any(|step| step.fits(kind)),
                    "{id} has no {part} for {kind}"
                );
            }
        }
        let steps = [
            &plan.prepare,
            &plan.pre_validate,
            &plan.apply,
            &plan.post_validate,
            &plan.rollback,
        ];
        for kind in steps.into_iter().flatten().flat_map(|step| &step.types) {
            assert!(
                pattern.fits(kind),
                "{id} has a step for {kind}, which it never blames"
            );
        }
    }
}

#[test]
fn a_right_pattern_can_reach_a_verdict() {
    for pattern in Library::shipped().unwrap().all() {
        let id = &pattern.id;
        let counted = || pattern.requires.iter().chain(&pattern.supports);
        let weights: f64 = counted().map(|condition| condition.weight).sum();
        assert!(weights >= 0.85, "{id}: all that is seen comes to {weights}");
        let kind = |fact: Fact| match fact {
            Fact::MetricShift | Fact::MetricNormal | Fact::MetricStopped => 0,
            Fact::LogBurst | Fact::LogQuiet => 1,
            Fact::Changed | Fact::NoChange => 2,
            Fact::ServiceSaid => 3,
            Fact::Config => 4,
            Fact::LimitReached => 5,
        };
        let kinds: std::collections::BTreeSet<u8> = counted().map(|condition| kind(condition.fact)).collect();
        assert!(kinds.len() >= 2, "{id} rests on one kind of evidence");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = read("any.toml", &text);
    }

    #[test]
    fn any_toml_is_read_or_refused(keys in prop::collection::vec(("[a-z_]{1,10}", "[-0-9a-z\"'\\[\\]{}=., ]{0,20}"), 0..8)) {
        let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let text = lines.concat();
        let _ = read("any.toml", &text);
    }

    #[test]
    fn a_spoiled_pattern_is_read_or_refused_on_a_line_that_is_there(which: prop::sample::Index, at: prop::sample::Index, put in "[\\PC\\n]{0,6}", cut in 0..40_usize) {
        let texts = texts();
        let (name, text) = which.get(&texts);
        let chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        let spoiled: String = chars[..at].iter().copied().chain(put.chars()).chain(chars[(at + cut).min(chars.len())..].iter().copied()).collect();
        if let Err(mistakes) = read(name, &spoiled) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                let line = mistake.line.unwrap();
                prop_assert!(line >= 1 && line <= spoiled.lines().count().max(1) + 1, "{mistake}");
                prop_assert!(!mistake.what.is_empty() && !mistake.hint.is_empty());
            }
        }
    }
}
