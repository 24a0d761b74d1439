//! Nothing is wrong: an hourly job takes a service's CPU over a low threshold for a minute, as it does every hour.

use midwatch::model::{RelationKind, RelationOrigin};
use serde_json::json;

use super::super::{
    alarms::Watch,
    changes,
    draft::{Draft, Metric, within},
    logs, metrics, neighbours, resources,
    wave::{Grid, MINUTE, Span, Wave, epoch},
};

/// The scenario.
pub fn draft() -> Draft {
    let from = epoch("2025-10-21T07:15:00Z");
    let grid = Grid {
        baseline: Span::of(from - 180 * MINUTE, 180),
        window: Span::of(from, 120),
    };
    let mut draft = Draft::new(
        "healthy-false-alarm",
        "CPU of catalog-search is above 55 percent",
        "us-east-1",
        grid,
    );

    let arn = resources::arn(&draft, "ecs", "service/search/catalog-search");
    let service = resources::add(
        &mut draft,
        &arn.clone(),
        "AWS::ECS::Service",
        "catalog-search",
        Some(arn),
        "search",
        json!({"ServiceName": "catalog-search", "Cluster": "search", "DesiredCount": 4, "LaunchType": "FARGATE", "TaskDefinition": "catalog-search:210"}),
    );
    let arn = resources::arn(
        &draft,
        "elasticloadbalancing",
        "loadbalancer/app/search/50dc6c495c0c9188",
    );
    let balancer = resources::add(
        &mut draft,
        &arn.clone(),
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "search",
        Some(arn),
        "search",
        json!({"Name": "search", "Scheme": "internal", "Type": "application"}),
    );
    resources::function(&mut draft, "suggest-refresh", "search", "python3.12", json!({}));
    let arn = resources::arn(&draft, "events", "rule/suggest-refresh-hourly");
    let rule = resources::add(
        &mut draft,
        "suggest-refresh-hourly",
        "AWS::Events::Rule",
        "suggest-refresh-hourly",
        Some(arn),
        "search",
        json!({"Name": "suggest-refresh-hourly", "ScheduleExpression": "cron(5 * * * ? *)", "State": "ENABLED"}),
    );
    resources::table(&mut draft, "suggestions", "search", "prefix", None);
    draft.relate(&balancer, RelationKind::Routes, &service, RelationOrigin::Config);
    draft.relate(
        &rule,
        RelationKind::Triggers,
        "suggest-refresh",
        RelationOrigin::Config,
    );
    draft.relate(
        "suggest-refresh",
        RelationKind::Calls,
        &service,
        RelationOrigin::Trace,
    );
    draft.relate(
        &service,
        RelationKind::Reads,
        "suggestions",
        RelationOrigin::Trace,
    );
    neighbours::worker(
        &mut draft,
        "stock",
        "stock-updates",
        "stock-sync",
        "stock",
        &["stock level stored", "warehouse file read"],
    );
    neighbours::web(&mut draft, "outlet", "outlet");

    let mut rng = draft.rng("load");
    let requests = Wave::load(grid, &mut rng, 420.0, 0.2).counts(&mut rng);
    let hourly = |at: i64| at.rem_euclid(60 * MINUTE) == 5 * MINUTE;
    let cpu = requests
        .map(|at, count| 16.0 + count * 0.042 + if hourly(at) { 24.5 + 3.0 * rng.unit() } else { 0.0 })
        .noisy(&mut rng, 0.015);
    let memory = Wave::flat(grid, 58.0).noisy(&mut rng, 0.006);
    metrics::service(
        &mut draft,
        &service,
        "search",
        "catalog-search",
        &cpu,
        &memory,
        &Wave::flat(grid, 4.0),
    );
    let seconds = Wave::flat(grid, 0.048)
        .map(|at, value| if hourly(at) { value * 1.06 } else { value })
        .noisy(&mut rng, 0.06);
    let failures = requests.map(|_, count| rng.count(count * 0.0003));
    metrics::balancer(
        &mut draft,
        &balancer,
        &requests,
        &failures,
        &seconds,
        &Wave::flat(grid, 4.0),
    );
    let refreshes = Wave::flat(grid, 0.0).map(|at, _| f64::from(hourly(at)));
    let none = Wave::flat(grid, 0.0);
    let took = Wave::flat(grid, 41_000.0).noisy(&mut rng, 0.04);
    metrics::Function {
        name: "suggest-refresh",
        invocations: &refreshes,
        errors: &none,
        throttles: &none,
        duration: &took,
        concurrency: &refreshes,
    }
    .add(&mut draft);
    metrics::calm_table(&mut draft, "suggestions", 190.0, 2.0);
    logs::calm_function(
        &mut draft,
        "suggest-refresh",
        &refreshes,
        41_000.0,
        &["suggestions rebuilt from the last hour's searches"],
    );
    service_logs(&mut draft, &service, grid);

    let dimensions = [("ClusterName", "search"), ("ServiceName", "catalog-search")];
    let of = Metric {
        resource: &service,
        namespace: "AWS/ECS",
        dimensions: &dimensions,
    };
    Watch {
        name: "catalog-search-cpu",
        description: "CPU of catalog-search above 55 percent",
        of,
        metric: "CPUUtilization",
        stat: "Average",
        threshold: 55.0,
        periods: 1,
        created: None,
    }
    .add(&mut draft, &cpu);
    Watch {
        name: "catalog-search-memory",
        description: "Memory of catalog-search above 80 percent",
        of,
        metric: "MemoryUtilization",
        stat: "Average",
        threshold: 80.0,
        periods: 3,
        created: None,
    }
    .add(&mut draft, &memory);

    let around = epoch("2025-10-21T08:05:00Z");
    changes::deploy(
        &mut draft,
        around - 26 * MINUTE,
        "stock-sync",
        77,
        "deploy/ci-660",
        "stock-sync/77.zip",
    );
    changes::merge(
        &mut draft,
        around - 44 * MINUTE,
        None,
        ("shop/search", 951),
        "nikki.wolf",
        "Sort facets by name",
        json!({"files": ["src/facets.py"]}),
    );
    changes::harmless(
        &mut draft,
        around,
        &[
            "stock-sync",
            "suggestions",
            "outlet-db",
            "stock",
            "suggest-refresh",
        ],
    );
    draft.event(
        around - 83 * MINUTE,
        "ecs",
        Some(&service),
        Some("service"),
        "(service catalog-search) has reached a steady state.",
    );
    draft.priority = "LOW";
    draft.start_with_alarm("catalog-search-cpu", 6 * MINUTE);
    draft.expect(format!(
        "verdict = \"no_fault\"\n\n[forbid]\nresources = [\"{service}\", \"suggest-refresh\", \"stock-sync\", \"suggestions\"]\n"
    ));
    draft
}

fn service_logs(draft: &mut Draft, service: &str, grid: Grid) {
    let mut rng = draft.rng("service logs");
    let tasks: Vec<String> = (0..4).map(|_| rng.hex(32)).collect();
    for minute in grid.minutes() {
        for _ in 0..rng.count(14.0) as i64 {
            let at = within(&mut rng, minute);
            let stream = format!("catalog-search/app/{}", tasks[(at % 4) as usize]);
            let words = rng.pick(&["lamp", "chair", "blue rug", "desk", "shelf oak", "garden table"]);
            let line = if rng.chance(0.01) {
                logs::app(
                    "WARN",
                    "catalog-search",
                    "slow query",
                    &json!({"q": words, "ms": rng.whole(310, 900)}),
                )
            } else {
                logs::app(
                    "INFO",
                    "catalog-search",
                    "search",
                    &json!({"q": words, "hits": rng.whole(0, 420), "ms": rng.whole(9, 80)}),
                )
            };
            draft.log(at, "/ecs/catalog-search", &stream, Some(service), line);
        }
    }
}
