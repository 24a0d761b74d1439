//! Security groups, routes, ports, names, zones.

use serde_json::json;

use super::{
    super::{
        wave::Wave,
        world::{Lambda, Site, World, entry::BEHIND, flow::Flow, kind, words::error},
    },
    Family,
};

/// This area's families.
pub const FAMILIES: &[Family] = &[
    ("security-group-revoked", ingress_revoked),
    ("nat-port-exhaustion", ports_exhausted),
    ("route-deleted", route_deleted),
    ("dns-record-deleted", record_deleted),
    ("zone-lost", zone_lost),
    ("asg-at-maximum", group_at_maximum),
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

/// One of two zones is lost, and with it half of the instances.
fn zone_lost(w: &mut World) {
    let name = w.n("front");
    let flow = w.failing(
        "front",
        &w.slower("front", &w.calm("front", 220.0, 64.0), 130.0),
        0.24,
    );
    let busy = w.measured("busy", 34.0, 66.0, 0.05);
    let (balancer, targets, near) = w.fleet(
        &name,
        &flow,
        (2, 2),
        &json!({}),
        &[("CPUUtilization", &busy)],
        2.0,
    );
    let gone = w.rise(0.0, 1.0).map(|_, share| share.round());
    let zone_a = w.place(
        &kind::SUBNET,
        &w.n("subnet-a"),
        json!({"AvailabilityZone": format!("{}a", w.draft.region)}),
    );
    let zone_b = w.place(
        &kind::SUBNET,
        &w.n("subnet-b"),
        json!({"AvailabilityZone": format!("{}b", w.draft.region)}),
    );
    let cpu = w.measured("cpu", 33.0, 0.2, 0.05);
    let zero = w.rise(1.0, 0.0);
    let bytes = w.load("bytes", 2_600_000.0).with(&zero, |a, b| (a * b).round());
    let mut lost = Vec::new();
    for number in 3..=4 {
        let silent = Flow {
            count: w.load(&format!("lost {number}"), 55.0).with(&zero, |a, b| a * b),
            bad: w.none(),
            millis: flow.millis.clone(),
        };
        let own = [
            ("CPUUtilization", &cpu),
            ("NetworkIn", &bytes),
            ("NetworkOut", &bytes),
            ("StatusCheckFailed_System", &gone),
            ("StatusCheckFailed_Instance", &gone),
        ];
        let id = w.server(&format!("{name}-{number}"), &silent, 500, json!({}), &own);
        w.routes(&targets, &id);
        w.contains(&zone_b, &id);
        lost.push(id);
    }
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    for id in near.iter().chain(&lost) {
        w.reads(id, &database);
    }
    for id in &near {
        w.contains(&zone_a, id);
    }
    let clients = w.client(&w.n("visitors"), &balancer);
    let zone = format!("{}b", w.draft.region);
    w.event(w.shape.onset + 410, "health", &zone_b, "issue", format!("AWS_EC2_OPERATIONAL_ISSUE: power and connectivity of instances in one Availability Zone ({zone}) are affected; other zones are not"));
    w.starts_over(
        &format!("{name}-5xx"),
        (&balancer, "HTTPCode_ELB_5XX_Count", "Sum"),
        12.0,
    );
    w.title(format!("{name} answers some requests with errors"), &name);
    w.cause(&[&zone_b, &lost[0], &lost[1]], "component_failure", &[]);
    w.forbid(&[&database, &clients, &near[0], &near[1], &zone_a]);
    w.innocent(&[&database]);
    w.telling(&lost[0], "StatusCheckFailed_System");
}

/// The group has grown as far as it may, and it is not enough.
fn group_at_maximum(w: &mut World) {
    let name = w.n("stream");
    let flow = w.failing(
        "stream",
        &w.slower("stream", &w.surge("stream", 170.0, 80.0, 4.2), 1_150.0),
        0.08,
    );
    let cpu = w
        .measured("cpu", 38.0, 97.0, 0.02)
        .map(|_, value| value.min(99.9));
    let (balancer, targets, mut ids) = w.fleet(
        &name,
        &flow,
        (2, 1),
        &json!({"InstanceType": "c7g.large"}),
        &[("CPUUtilization", &cpu)],
        0.0,
    );
    let onset = w.shape.onset;
    let born = move |wave: &Wave| wave.map(|at, value| if at < onset + 240 { f64::NAN } else { value });
    let third = w.server(
        &format!("{name}-3"),
        &Flow {
            count: flow
                .count
                .map(|at, count| if at < onset + 240 { 0.0 } else { count / 3.0 }),
            bad: w.none(),
            millis: flow.millis.clone(),
        },
        500,
        json!({"InstanceType": "c7g.large"}),
        &[
            ("CPUUtilization", &born(&cpu)),
            ("StatusCheckFailed_System", &born(&w.none())),
            ("StatusCheckFailed_Instance", &born(&w.none())),
            ("NetworkIn", &born(&w.load("in", 5.0e6))),
            ("NetworkOut", &born(&w.load("out", 9.0e6))),
            ("mem_used_percent", &born(&w.rise(40.0, 56.0))),
        ],
    );
    w.routes(&targets, &third);
    ids.push(third);
    let size = Wave::flat(w.grid(), 2.0).map(|at, value| if at < onset + 180 { value } else { 3.0 });
    let most = Wave::flat(w.grid(), 3.0);
    let group = w.add(
        &kind::GROUP,
        &w.n("stream-asg"),
        json!({"MinSize": "2", "MaxSize": "3", "DesiredCapacity": "3"}),
        &[
            ("GroupDesiredCapacity", &size),
            ("GroupInServiceInstances", &size),
            ("GroupMaxSize", &most),
        ],
    );
    for id in &ids {
        w.contains(&group, id);
    }
    w.routes(&targets, &group);
    let database = w.n("db");
    w.add(&kind::DATABASE, &database, json!({}), &[]);
    w.reads(&ids[0], &database);
    w.reads(&ids[1], &database);
    w.reads(&ids[2], &database);
    w.client(&w.n("listeners"), &balancer);
    w.event(onset + 180, "autoscaling", &group, "scaling", format!("Launching a new EC2 instance: {}. Cause: a monitor alarm {name}-target-tracking-high in state ALARM triggered policy {name}-cpu changing the desired capacity from 2 to 3.", ids[2]));
    for minutes in [9, 15, 22, 30] {
        w.event(onset + minutes * 60, "autoscaling", &group, "scaling", format!("A monitor alarm {name}-target-tracking-high in state ALARM triggered policy {name}-cpu; not scaled: AlreadyAtMaxCapacity (MaxCapacity 3, DesiredCapacity 3, CurrentCapacity 3)"));
    }
    w.starts_over(
        &format!("{name}-slow"),
        (&balancer, "TargetResponseTime", "Average"),
        0.5,
    );
    w.title(format!("{name} is slow"), &name);
    w.cause(&[&group], "resource_limit", &["maximum"]);
    w.forbid(&[&database]);
    w.innocent(&[&database]);
    w.telling(&group, "GroupMaxSize");
}
