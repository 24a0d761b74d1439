//! What AWS services say of themselves, against a double of each: the request as its API model wants it, and what the answer
//! becomes.

use jiff::Timestamp;
use midwatch::{
    model::{Evidence, GapKind, Query, Resource, SeriesKey, ServiceEvent, Source as _, Window},
    sources::aws::{AwsSource, naming},
};
use serde_json::json;

use crate::support::{
    aws::{factory, found, told},
    double_aws::Reply,
    double_http::{DoubleHttp, Request},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window() -> Window {
    Window::new(at("2026-03-10T10:00:00Z"), at("2026-03-10T11:30:00Z"))
}

/// Epoch seconds of a time in the window.
fn epoch(text: &str) -> i64 {
    at(text).as_second()
}

fn source(double: &DoubleHttp) -> AwsSource {
    AwsSource::new(factory(double.url()), || at("2026-03-10T11:30:00Z"))
}

async fn events(double: &DoubleHttp, resource: Option<Resource>) -> Vec<ServiceEvent> {
    let query = Query::Events {
        resource,
        window: window(),
    };
    let answer = source(double).answer(&query).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Events(events) = found(answer) else {
        panic!("no events");
    };
    events
}

fn lines(events: &[ServiceEvent]) -> Vec<String> {
    let line = |event: &ServiceEvent| {
        let resource = event.resource.as_ref().map_or("-", |id| id.as_str());
        let category = event.category.as_deref().unwrap_or("-");
        format!(
            "{} {} {resource} [{category}] {}",
            event.at, event.source, event.message
        )
    };
    events.iter().map(line).collect()
}

#[tokio::test]
async fn rds_is_asked_for_one_database_in_the_window_page_by_page() {
    let double = DoubleHttp::start(|request, _| {
        let (marker, message, date) = if request.body.contains("Marker=") {
            ("", "Multi-AZ instance failover completed", "2026-03-10T10:41:00Z")
        } else {
            (
                "<Marker>m 1</Marker>",
                "Multi-AZ instance failover started",
                "2026-03-10T10:40:00Z",
            )
        };
        Reply::xml(
            200,
            format!(
                "<DescribeEventsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeEventsResult>{marker}<Events><Event>\
             <SourceIdentifier>orders</SourceIdentifier><SourceType>db-instance</SourceType><Message>{message}</Message>\
             <EventCategories><EventCategory>failover</EventCategory></EventCategories><Date>{date}</Date></Event></Events>\
             </DescribeEventsResult></DescribeEventsResponse>"
            ),
        )
    });
    let told = events(&double, Some(naming::resource("AWS::RDS::DBInstance", "orders"))).await;
    assert_eq!(
        lines(&told),
        [
            "2026-03-10T10:40:00Z rds db:orders [failover] Multi-AZ instance failover started",
            "2026-03-10T10:41:00Z rds db:orders [failover] Multi-AZ instance failover completed",
        ]
    );
    let requests = double.requests();
    assert_eq!(
        requests[0].body,
        "Action=DescribeEvents&Version=2014-10-31&StartTime=2026-03-10T10%3A00%3A00Z&EndTime=2026-03-10T11%3A30%3A00Z&MaxRecords=100\
         &SourceType=db-instance&SourceIdentifier=orders"
    );
    assert!(
        requests[1].body.ends_with("&Marker=m%201"),
        "{}",
        requests[1].body
    );
    assert!(
        requests[0]
            .header("authorization")
            .contains("/us-east-1/rds/aws4_request")
    );
}

fn ecs(request: &Request) -> Reply {
    let body = match request.operation() {
        "DescribeServices" => json!({"services": [{
            "events": [
                {"id": "1", "createdAt": epoch("2026-03-10T10:42:00Z"), "message": "(service web) has started 1 tasks."},
                {"id": "0", "createdAt": epoch("2026-03-09T10:42:00Z"), "message": "(service web) has reached a steady state."},
            ],
            "deployments": [{"id": "ecs-svc/1", "rolloutState": "FAILED", "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.", "updatedAt": epoch("2026-03-10T10:50:00Z")}],
        }], "failures": []}),
        "ListTasks" => json!({"taskArns": ["arn:aws:ecs:us-east-1:111122223333:task/shop/1a2b"]}),
        "DescribeTasks" => json!({"tasks": [{
            "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/shop/1a2b",
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "stoppedAt": 1_773_139_260.5,
            "containers": [
                {"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
                {"name": "sidecar", "exitCode": 0},
            ],
        }]}),
        _ => json!({"ScalingActivities": [{
            "StatusCode": "Failed", "StartTime": epoch("2026-03-10T10:45:00Z"), "Description": "Attempting to scale due to alarm triggered",
            "Cause": "monitor alarm high in state ALARM triggered policy cpu", "NotScaledReasons": [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 4}],
        }]}),
    };
    Reply::json(200, body.to_string())
}

#[tokio::test]
async fn ecs_tells_its_events_and_why_tasks_stopped_and_why_it_could_not_grow() {
    let double = DoubleHttp::start(|request, _| ecs(request));
    let arn = "arn:aws:ecs:us-east-1:111122223333:service/shop/web";
    let told = events(&double, Some(naming::resource("AWS::ECS::Service", arn))).await;
    assert_eq!(
        lines(&told),
        [
            "2026-03-10T10:41:00.5Z ecs service:shop/web [task stopped] task 1a2b stopped: Essential container in task exited; container app: \
             OutOfMemoryError: Container killed due to memory usage (exit code 137)",
            "2026-03-10T10:42:00Z ecs service:shop/web [service] (service web) has started 1 tasks.",
            "2026-03-10T10:45:00Z autoscaling service:shop/web [Failed] Attempting to scale due to alarm triggered. Cause: monitor alarm high \
             in state ALARM triggered policy cpu. not scaled: AlreadyAtMaxCapacity",
            "2026-03-10T10:50:00Z ecs service:shop/web [deployment] (deployment ecs-svc/1) deployment failed: ECS deployment circuit breaker: \
             tasks failed to start.",
        ]
    );
    let requests = double.requests();
    let seen: Vec<(&str, serde_json::Value)> = requests
        .iter()
        .map(|request| (request.header("x-amz-target"), request.json()))
        .collect();
    assert_eq!(
        seen,
        [
            (
                "AmazonEC2ContainerServiceV20141113.DescribeServices",
                json!({"cluster": "shop", "services": ["web"]})
            ),
            (
                "AmazonEC2ContainerServiceV20141113.ListTasks",
                json!({"cluster": "shop", "serviceName": "web", "desiredStatus": "STOPPED", "maxResults": 100})
            ),
            (
                "AmazonEC2ContainerServiceV20141113.DescribeTasks",
                json!({"cluster": "shop", "tasks": ["arn:aws:ecs:us-east-1:111122223333:task/shop/1a2b"]})
            ),
            (
                "AnyScaleFrontendService.DescribeScalingActivities",
                json!({"ServiceNamespace": "ecs", "ResourceId": "service/shop/web", "MaxResults": 50, "IncludeNotScaledActivities": true})
            ),
        ]
    );
    assert_eq!(requests[0].header("content-type"), "application/x-amz-json-1.1");
}

#[tokio::test]
async fn without_a_resource_health_databases_and_groups_are_asked() {
    let double = DoubleHttp::start(|request, _| {
        match request.operation() {
        "DescribeEvents" if request.body.contains("Version=2014-10-31") => {
            Reply::xml(200, "<DescribeEventsResponse><DescribeEventsResult><Events/></DescribeEventsResult></DescribeEventsResponse>")
        }
        "DescribeScalingActivities" => Reply::xml(200,
            "<DescribeScalingActivitiesResponse><DescribeScalingActivitiesResult><Activities><member><AutoScalingGroupName>web</AutoScalingGroupName>\
             <StatusCode>Failed</StatusCode><StartTime>2026-03-10T10:44:00Z</StartTime><Description>Launching a new EC2 instance.</Description>\
             <StatusMessage>We currently do not have sufficient t3.micro capacity</StatusMessage><Cause>an instance was started</Cause></member>\
             <member><AutoScalingGroupName>web</AutoScalingGroupName><StatusCode>Successful</StatusCode><StartTime>2026-03-01T10:44:00Z</StartTime>\
             <Description>Launching</Description></member></Activities><NextToken>t</NextToken></DescribeScalingActivitiesResult></DescribeScalingActivitiesResponse>"),
        "DescribeEvents" => Reply::json(200, json!({"events": [
            {"arn": "arn:aws:health:us-east-1::event/LAMBDA/AWS_LAMBDA_OPERATIONAL_ISSUE/1", "service": "LAMBDA", "eventTypeCode": "AWS_LAMBDA_OPERATIONAL_ISSUE", "eventTypeCategory": "issue", "startTime": epoch("2026-03-10T09:30:00Z"), "statusCode": "open"},
            {"arn": "arn:aws:health:us-east-1::event/RDS/AWS_RDS_ISSUE/2", "service": "RDS", "eventTypeCode": "AWS_RDS_ISSUE", "eventTypeCategory": "issue", "startTime": epoch("2026-03-10T10:35:00Z"), "statusCode": "closed"},
            {"arn": "arn:aws:health:us-east-1::event/S3/X/3", "service": "S3", "eventTypeCode": "AWS_S3_ISSUE", "eventTypeCategory": "issue", "startTime": epoch("2026-03-08T10:35:00Z"), "endTime": epoch("2026-03-09T10:35:00Z")},
        ]}).to_string()),
        "DescribeEventDetails" => Reply::json(200, json!({"successfulSet": [{"event": {"arn": "arn:aws:health:us-east-1::event/LAMBDA/AWS_LAMBDA_OPERATIONAL_ISSUE/1"}, "eventDescription": {"latestDescription": "Increased error\n\nrates for invokes."}}]}).to_string()),
        "DescribeAffectedEntities" => Reply::json(200, json!({"entities": [
            {"eventArn": "arn:aws:health:us-east-1::event/RDS/AWS_RDS_ISSUE/2", "entityValue": "arn:aws:rds:us-east-1:111122223333:db:orders"},
            {"eventArn": "arn:aws:health:us-east-1::event/LAMBDA/AWS_LAMBDA_OPERATIONAL_ISSUE/1", "entityValue": "111122223333"},
        ]}).to_string()),
        other => panic!("{other}"),
    }
    });
    let told = events(&double, None).await;
    assert_eq!(
        lines(&told),
        [
            // What began before the window is told at its beginning.
            "2026-03-10T10:00:00Z health - [issue] AWS_LAMBDA_OPERATIONAL_ISSUE: Increased error rates for invokes.",
            "2026-03-10T10:35:00Z health db:orders [issue] AWS_RDS_ISSUE",
            "2026-03-10T10:44:00Z autoscaling asg:web [Failed] Launching a new EC2 instance. Status: We currently do not have sufficient t3.micro \
             capacity. Cause: an instance was started",
        ]
    );
    let requests = double.requests();
    let health = requests
        .iter()
        .find(|request| request.header("x-amz-target") == "AWSHealth_20160804.DescribeEvents")
        .unwrap();
    assert_eq!(health.json()["filter"]["regions"], json!(["us-east-1", "global"]));
    assert!(
        health
            .header("authorization")
            .contains("/us-east-1/health/aws4_request")
    );
    // The page that reaches back beyond the window is the last.
    assert_eq!(
        requests
            .iter()
            .filter(|request| request.operation() == "DescribeScalingActivities")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_service_that_denies_is_a_gap_and_the_others_are_told() {
    let double = DoubleHttp::start(|request, _| match request.operation() {
        "DescribeEvents" if request.body.contains("Version=2014-10-31") => {
            Reply::xml_error(403, "AccessDenied", "not authorized")
        }
        "DescribeEvents" => Reply::error(400, "SubscriptionRequiredException", "no support plan"),
        _ => Reply::xml(
            200,
            "<R><DescribeScalingActivitiesResult><Activities/></DescribeScalingActivitiesResult></R>",
        ),
    });
    let query = Query::Events {
        resource: None,
        window: window(),
    };
    let answer = source(&double).answer(&query).await;
    let kinds: Vec<GapKind> = answer.gaps.iter().map(|gap| gap.kind).collect();
    let words = told(&answer.gaps);
    assert_eq!(kinds, [GapKind::Unsupported, GapKind::Denied], "{words}");
    assert!(
        words.contains("support plan") && words.contains("rds:DescribeEvents"),
        "{words}"
    );
    assert_eq!(answer.evidence, Some(Evidence::Events(Vec::new())));
    assert_eq!(answer.calls, 3);
}

#[tokio::test]
async fn a_canary_is_told_where_its_outcome_turns() {
    let double = DoubleHttp::start(|_, _| {
        let run = |time: &str, state: &str, reason: &str| json!({"Id": time, "Status": {"State": state, "StateReason": reason, "StateReasonCode": if reason.is_empty() { "" } else { "CANARY_FAILURE" }}, "Timeline": {"Started": epoch(time)}});
        let runs = json!({"CanaryRuns": [
            run("2026-03-10T11:00:00Z", "PASSED", ""),
            run("2026-03-10T10:50:00Z", "FAILED", "timeout"),
            run("2026-03-10T10:45:00Z", "FAILED", "timeout"),
            run("2026-03-10T10:40:00Z", "PASSED", ""),
        ]});
        Reply::json(200, runs.to_string())
    });
    let told = events(
        &double,
        Some(naming::resource("AWS::Synthetics::Canary", "front-page")),
    )
    .await;
    assert_eq!(
        lines(&told),
        [
            "2026-03-10T10:45:00Z synthetics canary:front-page [canary run] canary run failed: timeout (CANARY_FAILURE)",
            "2026-03-10T11:00:00Z synthetics canary:front-page [canary run] canary run passed",
        ]
    );
    let requests = double.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("POST", "/canary/front-page/runs")
    );
    assert_eq!(requests[0].json(), json!({"MaxResults": 100}));
}

#[tokio::test]
async fn a_health_check_is_told_as_its_checkers_see_it() {
    let double = DoubleHttp::start(|_, _| {
        let seen = |region: &str, status: &str| {
            format!(
                "<HealthCheckObservation><Region>{region}</Region><IPAddress>192.0.2.1</IPAddress><StatusReport><Status>{status}</Status>\
                     <CheckedTime>2026-03-10T11:20:00.000Z</CheckedTime></StatusReport></HealthCheckObservation>"
            )
        };
        let body = [
            seen("us-east-1", "Failure: HTTP Status Code 503"),
            seen("eu-west-1", "Failure: HTTP Status Code 503"),
            seen("sa-east-1", "Success: HTTP Status Code 200, OK"),
        ];
        Reply::xml(
            200,
            format!(
                "<GetHealthCheckStatusResponse><HealthCheckObservations>{}</HealthCheckObservations></GetHealthCheckStatusResponse>",
                body.concat()
            ),
        )
    });
    let id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let told = events(&double, Some(naming::resource("AWS::Route53::HealthCheck", id))).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].message,
        "health check unhealthy: Failure: HTTP Status Code 503 (seen from eu-west-1, us-east-1; 3 checkers report)"
    );
    let requests = double.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("GET", format!("/2013-04-01/healthcheck/{id}/status").as_str())
    );
    assert!(
        requests[0]
            .header("authorization")
            .contains("/us-east-1/route53/aws4_request")
    );
}

fn insights(request: &Request) -> Reply {
    match request.operation() {
        "DescribeDBInstances" => Reply::xml(
            200,
            "<R><DescribeDBInstancesResult><DBInstances><DBInstance><DbiResourceId>db-ABC</DbiResourceId><PerformanceInsightsEnabled>true</PerformanceInsightsEnabled>\
             </DBInstance></DBInstances></DescribeDBInstancesResult></R>",
        ),
        "ListMetrics" => Reply::json(200, r#"{"Metrics": []}"#),
        "GetResourceMetrics" => {
            let start = request.json()["StartTime"].as_i64().unwrap();
            let step = request.json()["PeriodInSeconds"].as_i64().unwrap();
            let points = |value: f64| json!([{"Timestamp": start + step, "Value": value}, {"Timestamp": start + 2 * step}]);
            Reply::json(200, json!({"MetricList": [
                {"Key": {"Metric": "db.load.avg"}, "DataPoints": points(9.0)},
                {"Key": {"Metric": "db.load.avg", "Dimensions": {"db.wait_event.name": "Lock:relation"}}, "DataPoints": points(8.0)},
                {"Key": {"Metric": "db.load.avg", "Dimensions": {"db.sql.statement": "SELECT 1", "db.sql.id": "x"}}, "DataPoints": points(7.0)},
            ]}).to_string())
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn performance_insights_are_series_of_the_database() {
    let double = DoubleHttp::start(|request, _| insights(request));
    let source = source(&double);
    let database = naming::resource("AWS::RDS::DBInstance", "orders");
    let catalogue = Query::Catalogue {
        resource: Some(database),
        namespace: None,
        metric: None,
    };
    let answer = source.answer(&catalogue).await;
    assert!(answer.gaps.is_empty(), "{}", told(&answer.gaps));
    let Evidence::Catalogue(keys) = found(answer) else {
        panic!("no catalogue");
    };
    let dimensions: Vec<String> = keys
        .iter()
        .map(|key: &SeriesKey| format!("{} {:?}", key.namespace, key.dimensions))
        .collect();
    assert_eq!(
        dimensions,
        [
            "PerformanceInsights {}",
            "PerformanceInsights {\"db.sql.statement\": \"SELECT 1\"}",
            "PerformanceInsights {\"db.wait_event.name\": \"Lock:relation\"}",
        ]
    );
    let query = Query::Metrics {
        series: keys.iter().rev().cloned().collect(),
        window: window(),
    };
    let Evidence::Series(series) = found(source.answer(&query).await) else {
        panic!("no series");
    };
    let start = epoch("2026-03-10T10:00:00Z");
    let points: Vec<_> = series.iter().map(|series| series.points.clone()).collect();
    assert_eq!(
        points,
        [vec![(start, 8.0)], vec![(start, 7.0)], vec![(start, 9.0)]]
    );
    let asked = double.requests().last().unwrap().json();
    assert_eq!(
        asked["MetricQueries"],
        json!([
            {"Metric": "db.load.avg"},
            {"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event", "Dimensions": ["db.wait_event.name"], "Limit": 10}},
            {"Metric": "db.load.avg", "GroupBy": {"Group": "db.sql", "Dimensions": ["db.sql.statement"], "Limit": 10}},
        ])
    );
    assert_eq!(
        (
            &asked["Identifier"],
            &asked["ServiceType"],
            &asked["PeriodInSeconds"]
        ),
        (&json!("db-ABC"), &json!("RDS"), &json!(60))
    );
}

#[tokio::test]
async fn a_type_that_nobody_speaks_of_is_asked_of_nobody() {
    let double = DoubleHttp::start(|request, _| panic!("{request:?}"));
    assert!(
        events(&double, Some(naming::resource("AWS::SQS::Queue", "mail")))
            .await
            .is_empty()
    );
    assert!(double.requests().is_empty());
}
