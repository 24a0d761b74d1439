//! Security groups, routes, ports, names.

use serde_json::json;

use super::{
    super::world::{Lambda, Site, World, entry::BEHIND, kind, words::error},
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("security-group-revoked", ingress_revoked),
    ("nat-port-exhaustion", ports_exhausted),
    ("route-deleted", route_deleted),
    ("dns-record-deleted", record_deleted),
];

/// Somebody takes the rule away that lets a service reach its database.
fn ingress_revoked(w: &mut World) {
    let (name, database) = (w.n("crm"), w.n("crm-db"));
    let at = w.act();
    let flow = w.failing("crm", &w.slower("crm", &w.calm("crm", 72.0, 84.0), 9_800.0), 0.96);
    let n = name.clone();
    let ids = Site::new(&name, &flow, &["contact saved", "contact read"])
        .error(&move |rng| {
            error(
                &n,
                "connect ETIMEDOUT 10.0.21.47:5432",
                &json!({"pool": "main", "waited_ms": rng.whole(10_000, 10_020)}),
            )
        })
        .lay(w);
    let open = w.measured("open", 41.0, 0.0, 0.04).map(|_, value| value.round());
    let cpu = w.measured("cpu", 23.0, 3.2, 0.06);
    w.add(
        &kind::DATABASE,
        &database,
        json!({}),
        &[("DatabaseConnections", &open), ("CPUUtilization", &cpu)],
    );
    let group = w.place(
        &kind::SECURITY,
        &w.n("crm-db-sg"),
        json!({"GroupDescription": "database of the service", "SecurityGroupIngress": []}),
    );
    if let Some(config) = w.config(&database) {
        config["VPCSecurityGroups"] = json!([group]);
    }
    let cache = w.n("cache");
    w.add(&kind::CACHE, &cache, json!({}), &[]);
    w.writes(&ids.service, &database);
    w.reads(&ids.service, &cache);
    w.uses(&database, &group);
    let client = w.client(&w.n("sales"), &ids.balancer);
    w.call(
        at,
        ("ec2", "RevokeSecurityGroupIngress"),
        &group,
        &format!("RevokeSecurityGroupIngress of {} (tcp 5432)", w.n("crm-db-sg")),
        json!({"groupId": group, "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "groups": {"items": [{"groupId": "sg-0c1f7e5ab2d948360"}]}}]}}),
    );
    w.starts_over(
        &format!("{name}-5xx"),
        (&ids.balancer, "HTTPCode_Target_5XX_Count", "Sum"),
        10.0,
    );
    w.title(format!("{name} answers with errors"), &name);
    w.entry(&ids.balancer, &flow);
    w.cause(&[&group], "system_change", &[]);
    w.timeline(&["RevokeSecurityGroupIngress", "alarm"]);
    w.forbid(&[&client, &cache, &ids.balancer, &ids.service]);
    w.innocent(&[&cache, &ids.service]);
    w.telling(&database, "DatabaseConnections");
}

/// So many connections to one place that the gateway has no ports left.
fn ports_exhausted(w: &mut World) {
    let (name, partner) = (w.n("crawler"), format!("feeds.{}.example.net", w.word));
    w.outside(&partner);
    let flow = w.failing(
        "crawler",
        &w.slower("crawler", &w.surge("crawler", 60.0, 340.0, 2.6), 4_200.0),
        0.33,
    );
    let (n, p) = (name.clone(), partner.clone());
    let service = Site::new(&name, &flow, &["feed read", "feed unchanged"])
        .error(&move |rng| {
            error(
                &n,
                &format!("connect ETIMEDOUT {p}:443"),
                &json!({"feed": rng.whole(100, 9_999), "waited_ms": rng.whole(5_000, 5_030)}),
            )
        })
        .alone(w);
    let active = w
        .load("active", 18_000.0)
        .with(&w.rise(1.0, 3.0), |a, b| (a * b).round().min(55_000.0));
    let attempts = w
        .load("attempts", 3_700.0)
        .with(&w.rise(1.0, 2.7), |a, b| (a * b).round());
    let refused = w.counts("refused", &w.rise(0.0, 940.0));
    let made = attempts.with(&refused, |a, b| (a - b).max(0.0));
    let nat = w.add(
        &kind::NAT,
        &w.n("nat"),
        json!({"ConnectivityType": "public"}),
        &[
            ("ActiveConnectionCount", &active),
            ("ConnectionAttemptCount", &attempts),
            ("ConnectionEstablishedCount", &made),
            ("ErrorPortAllocation", &refused),
        ],
    );
    let (queue, table) = (w.n("feeds"), w.n("entries"));
    let queue = w.backed_up(&queue, 9.0, 0.6);
    w.add(&kind::TABLE, &table, json!({}), &[]);
    let failures = flow.bad.clone();
    w.extra(
        &service,
        ("Crawler", "FetchErrors", "Sum", "Count"),
        &[("Service", &name)],
        &failures,
    );
    let subnet = w.place(
        &kind::SUBNET,
        &w.n("private-a"),
        json!({"CidrBlock": "10.0.16.0/20"}),
    );
    w.triggers(&queue, &service);
    w.uses(&service, &nat);
    w.calls(&service, &partner);
    w.writes(&service, &table);
    w.contains(&subnet, &service);
    w.starts_over(
        &format!("{name}-fetch-errors"),
        (&service, "FetchErrors", "Sum"),
        12.0,
    );
    w.title(format!("{name} cannot fetch"), &name);
    w.cause(&[&nat], "resource_limit", &["port"]);
    w.forbid(&[&queue, &table, &partner]);
    w.innocent(&[&table, &queue]);
    w.telling(&nat, "ActiveConnectionCount");
}

/// Somebody deletes the route by which private subnets reach the outside.
fn route_deleted(w: &mut World) {
    let (name, partner) = (w.n("courier"), format!("api.{}-carrier.example.com", w.word));
    w.outside(&partner);
    let at = w.act();
    let flow = w.failing(
        "courier",
        &w.slower("courier", &w.calm("courier", 20.0, 420.0), 9_500.0),
        1.0,
    );
    let p = partner.clone();
    Lambda::new(&name, "nodejs22.x", &flow, &["label bought", "label asked for"])
        .config(json!({"Timeout": 30, "VpcConfig": {"SubnetIds": ["subnet-0f3a91c2d7e6b8450"], "SecurityGroupIds": ["sg-0a72be91d4c5f3680"]}}))
        .fault(&move |run| run.raise("Error", &format!("connect ETIMEDOUT 203.0.113.40:443 ({p})"), "carrier.js:33"))
        .lay(w);
    let bytes = w
        .load("bytes", 9_000_000.0)
        .with(&w.rise(1.0, 0.0), |a, b| (a * b).round());
    let tries = w
        .load("tries", 900.0)
        .with(&w.rise(1.0, 0.0), |a, b| (a * b).round());
    let nat = w.add(
        &kind::NAT,
        &w.n("nat"),
        json!({}),
        &[
            ("BytesOutToDestination", &bytes),
            ("ConnectionAttemptCount", &tries),
            ("ConnectionEstablishedCount", &tries),
            ("ActiveConnectionCount", &tries),
        ],
    );
    let table = w.place(&kind::ROUTES, &w.n("private-routes"), json!({"VpcId": "vpc-0be41a7c9d2f56380", "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]}));
    let subnet = w.place(
        &kind::SUBNET,
        &w.n("private-a"),
        json!({"CidrBlock": "10.0.32.0/20"}),
    );
    let front = w.caller("api", &flow, 10.0);
    let id = w.api(&w.n("labels-api"), ("POST", "/labels"), &front, BEHIND, &[]);
    let store = w.n("labels");
    w.add(&kind::TABLE, &store, json!({}), &[]);
    let clients = w.client(&w.n("packers"), &id);
    w.calls(&id, &name);
    w.calls(&name, &partner);
    w.writes(&name, &store);
    w.uses(&name, &subnet);
    w.uses(&subnet, &table);
    w.uses(&table, &nat);
    w.call(
        at,
        ("ec2", "DeleteRoute"),
        &table,
        &format!("DeleteRoute 0.0.0.0/0 of {}", w.n("private-routes")),
        json!({"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0"}),
    );
    w.starts_over(&format!("{name}-errors"), (&name, "Errors", "Sum"), 5.0);
    w.title(format!("{name} fails"), &name);
    w.entry(&id, &front);
    w.cause(&[&table], "system_change", &["route"]);
    w.timeline(&["DeleteRoute", "alarm"]);
    w.forbid(&[&partner, &id, &clients, &store]);
    w.innocent(&[&store, &id]);
    w.telling(&nat, "BytesOutToDestination");
}

/// Somebody deletes the name under which a service is found.
fn record_deleted(w: &mut World) {
    let (name, inner) = (w.n("quote"), w.n("engine"));
    let at = w.act();
    let flow = w.failing("quote", &w.calm("quote", 44.0, 130.0), 1.0);
    let zone_name = format!("{}.internal", w.word);
    let host = format!("engine.{zone_name}");
    let passed = flow.count.with(&flow.bad, |all, bad| all - bad);
    let served = w.around("engine", passed, 80.0);
    let back = Site::new(&inner, &served, &["quote computed", "tariff read"]).lay(w);
    let zone = w.place(&kind::ZONE, &zone_name, json!({"HostedZoneConfig": {"Comment": "names of inner services"}, "VPCs": [{"VPCId": "vpc-0be41a7c9d2f56380", "VPCRegion": w.draft.region}]}));
    let h = host.clone();
    Lambda::new(&name, "nodejs22.x", &flow, &["quote answered", "engine asked"])
        .config(json!({"Environment": {"Variables": {"ENGINE_HOST": host}}}))
        .fault(&move |run| run.raise("Error", &format!("getaddrinfo ENOTFOUND {h}"), "engine.js:21"))
        .lay(w);
    let front = w.caller("api", &flow, 9.0);
    let id = w.api(&w.n("quote-api"), ("POST", "/quotes"), &front, BEHIND, &[]);
    let clients = w.client(&w.n("brokers"), &id);
    w.calls(&id, &name);
    w.calls(&name, &back.balancer);
    w.uses(&name, &zone);
    w.routes(&zone, &back.balancer);
    w.call(
        at,
        ("route53", "ChangeResourceRecordSets"),
        &zone,
        &format!("ChangeResourceRecordSets of {zone_name} (DELETE {host} A)"),
        json!({"hostedZoneId": zone, "changeBatch": {"changes": [{"action": "DELETE", "resourceRecordSet": {"name": host, "type": "A", "aliasTarget": {"dNSName": format!("internal-{inner}-alb.elb.amazonaws.com")}}}]}}),
    );
    w.starts_over(
        &format!("{}-5xx", w.n("quote-api")),
        (&id, "5XXError", "Sum"),
        8.0,
    );
    w.starts_text(format!(
        "{} fails for all brokers, ticket from their desk",
        w.n("quote-api")
    ));
    w.title(
        format!("{} answers with errors", w.n("quote-api")),
        &w.n("quote-api"),
    );
    w.entry(&id, &front);
    w.cause(&[&zone], "system_change", &[]);
    w.forbid(&[&id, &clients, &back.service, &back.targets]);
    w.innocent(&[&back.service]);
    w.telling(&back.balancer, "RequestCount");
}
