//! What runs beside the incident and is well.

use midwatch::model::{RelationKind, RelationOrigin, Resource};
use serde_json::json;

use super::{
    draft::{ACCOUNT, Draft},
    logs, metrics, resources,
    wave::Wave,
};

/// A web tier: a balancer, three instances and a database. Gives back their ids, the balancer first, the database last.
pub fn web(draft: &mut Draft, stack: &str, name: &str) -> Vec<String> {
    let grid = draft.grid;
    let mut rng = draft.rng(&format!("web {name}"));
    let arn = resources::arn(
        draft,
        "elasticloadbalancing",
        &format!("loadbalancer/app/{name}/{}", rng.hex(16)),
    );
    let config = json!({"Name": name, "Scheme": "internet-facing", "Type": "application"});
    let balancer = resources::add(
        draft,
        &arn.clone(),
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        name,
        Some(arn),
        stack,
        config,
    );
    let load = Wave::load(grid, &mut rng, 240.0, 0.3).counts(&mut rng);
    let seconds = Wave::flat(grid, 0.062).noisy(&mut rng, 0.08);
    let failures = load.map(|_, count| rng.count(count * 0.0004));
    metrics::balancer(
        draft,
        &balancer,
        &load,
        &failures,
        &seconds,
        &Wave::flat(grid, 3.0),
    );
    let database = resources::add(
        draft,
        &format!("{name}-db"),
        "AWS::RDS::DBInstance",
        &format!("{name}-db"),
        Some(resources::arn(draft, "rds", &format!("db:{name}-db"))),
        stack,
        json!({"DBInstanceIdentifier": format!("{name}-db"), "Engine": "postgres", "DBInstanceClass": "db.r6g.large", "MultiAZ": true, "AllocatedStorage": "200"}),
    );
    metrics::calm_database(draft, &database, 22.0, 46.0);
    let mut ids = vec![balancer.clone()];
    for number in 1..=3 {
        let instance = resources::instance(draft, &format!("{name}-{number}"), stack, "m7g.large", json!({}));
        metrics::calm_instance(draft, &instance, 24.0);
        logs::web_server(draft, &format!("/{name}/nginx/access"), &instance, 2.0);
        draft.relate(&balancer, RelationKind::Routes, &instance, RelationOrigin::Config);
        draft.relate(&instance, RelationKind::Reads, &database, RelationOrigin::Trace);
        ids.push(instance);
    }
    ids.push(database);
    ids
}

/// A worker: a queue, the function that empties it, the table that it writes.
pub fn worker(draft: &mut Draft, stack: &str, queue: &str, function: &str, table: &str, words: &[&str]) {
    resources::queue(draft, queue, stack);
    resources::function(draft, function, stack, "nodejs22.x", json!({}));
    resources::table(draft, table, stack, "id", None);
    resources::role(
        draft,
        &format!("{function}-role"),
        stack,
        "lambda.amazonaws.com",
        &["dynamodb:PutItem", "sqs:ReceiveMessage"],
    );
    metrics::calm_queue(draft, queue, 4.0);
    metrics::calm_table(draft, table, 9.0, 4.0);
    let load = metrics::calm_function(draft, function, 3.0, 85.0);
    logs::calm_function(draft, function, &load, 85.0, words);
    draft.relate(queue, RelationKind::Triggers, function, RelationOrigin::Config);
    draft.relate(function, RelationKind::Writes, table, RelationOrigin::Trace);
    draft.relate(
        function,
        RelationKind::Uses,
        &format!("{function}-role"),
        RelationOrigin::Config,
    );
}

/// Adds each stack that a resource names, with what it put in place.
pub fn stacks(draft: &mut Draft) {
    let mut owned: Vec<(String, String)> = draft
        .resources
        .iter()
        .filter_map(|resource| Some((resource.stack.clone()?, resource.id.0.clone())))
        .collect();
    owned.sort();
    for (stack, id) in &owned {
        draft.relate(stack, RelationKind::Deploys, id, RelationOrigin::Stack);
    }
    owned.dedup_by(|a, b| a.0 == b.0);
    for (stack, _) in owned {
        let mut rng = draft.rng(&format!("stack {stack}"));
        let mut resource = Resource::new(stack.clone(), "AWS::CloudFormation::Stack", stack.clone());
        resource.arn = Some(resources::arn(
            draft,
            "cloudformation",
            &format!("stack/{stack}/{}", rng.uuid()),
        ));
        resource.account = Some(ACCOUNT.to_owned());
        resource.region = Some(draft.region.to_owned());
        draft.resources.push(resource);
    }
}
