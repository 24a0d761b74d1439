//! The series that each service writes: its own namespaces, names, statistics and units.

use super::{
    draft::{Draft, Metric},
    wave::{MINUTE, Wave},
};

/// What a function does, minute by minute.
#[derive(Debug)]
pub struct Function<'a> {
    /// Its name, which is its id.
    pub name: &'a str,
    /// Invocations that ran.
    pub invocations: &'a Wave,
    /// Those that failed.
    pub errors: &'a Wave,
    /// Requests that were refused for lack of concurrency.
    pub throttles: &'a Wave,
    /// Mean duration, milliseconds.
    pub duration: &'a Wave,
    /// Most invocations at one time.
    pub concurrency: &'a Wave,
}

impl Function<'_> {
    /// Adds its series.
    pub fn add(&self, draft: &mut Draft) {
        let dimensions = [("FunctionName", self.name)];
        let of = Metric {
            resource: self.name,
            namespace: "AWS/Lambda",
            dimensions: &dimensions,
        };
        let mut rng = draft.rng(&format!("p99 {}", self.name));
        let p99 = self.duration.map(|_, mean| mean * rng.range(1.9, 2.6));
        draft.series(of, "Invocations", "Sum", "Count", self.invocations);
        draft.series(of, "Errors", "Sum", "Count", self.errors);
        draft.series(of, "Throttles", "Sum", "Count", self.throttles);
        draft.series(of, "Duration", "Average", "Milliseconds", self.duration);
        draft.series(of, "Duration", "p99", "Milliseconds", &p99);
        draft.series(of, "ConcurrentExecutions", "Maximum", "Count", self.concurrency);
    }
}

/// A function that does what it always does.
pub fn calm_function(draft: &mut Draft, name: &str, per_minute: f64, milliseconds: f64) -> Wave {
    let grid = draft.grid;
    let mut rng = draft.rng(&format!("function {name}"));
    let load = Wave::load(grid, &mut rng, per_minute, 0.25).counts(&mut rng);
    let none = Wave::flat(grid, 0.0);
    // About one invocation in a thousand fails, as everywhere.
    let errors = load.map(|_, count| f64::from(rng.chance((count * 0.001).min(0.05))));
    let duration = Wave::flat(grid, milliseconds).noisy(&mut rng, 0.07);
    let concurrency = concurrency(&load, &duration);
    Function {
        name,
        invocations: &load,
        errors: &errors,
        throttles: &none,
        duration: &duration,
        concurrency: &concurrency,
    }
    .add(draft);
    load
}

/// Most invocations at one time (Little's law, and at least one where anything ran).
pub fn concurrency(invocations: &Wave, milliseconds: &Wave) -> Wave {
    invocations.with(milliseconds, |count, duration| {
        (1.6 * count * duration / 60_000.0)
            .ceil()
            .max(f64::from(count > 0.0))
    })
}

/// A REST API: requests, both sorts of failure, mean latency in milliseconds.
pub fn api(
    draft: &mut Draft,
    id: &str,
    name: &str,
    count: &Wave,
    client: &Wave,
    server: &Wave,
    latency: &Wave,
) {
    let dimensions = [("ApiName", name), ("Stage", "prod")];
    let of = Metric {
        resource: id,
        namespace: "AWS/ApiGateway",
        dimensions: &dimensions,
    };
    let mut rng = draft.rng(&format!("api metrics {name}"));
    draft.series(of, "Count", "Sum", "Count", count);
    draft.series(of, "4XXError", "Sum", "Count", client);
    draft.series(of, "5XXError", "Sum", "Count", server);
    draft.series(of, "Latency", "Average", "Milliseconds", latency);
    let tail = latency.map(|_, mean| mean * rng.range(2.0, 2.8));
    draft.series(of, "Latency", "p99", "Milliseconds", &tail);
    let inner = latency.map(|_, mean| mean * 0.94);
    draft.series(of, "IntegrationLatency", "Average", "Milliseconds", &inner);
}

/// A table: consumed units a minute and the latency of writes in milliseconds; throttles only where there are some.
pub fn table(draft: &mut Draft, name: &str, reads: &Wave, writes: &Wave, throttles: &Wave, latency: &Wave) {
    let dimensions = [("TableName", name)];
    let of = Metric {
        resource: name,
        namespace: "AWS/DynamoDB",
        dimensions: &dimensions,
    };
    draft.series(of, "ConsumedReadCapacityUnits", "Sum", "Count", reads);
    draft.series(of, "ConsumedWriteCapacityUnits", "Sum", "Count", writes);
    draft.sparse(of, "WriteThrottleEvents", "Sum", "Count", throttles);
    let by_operation = [("TableName", name), ("Operation", "PutItem")];
    let of = Metric {
        dimensions: &by_operation,
        ..of
    };
    draft.series(of, "SuccessfulRequestLatency", "Average", "Milliseconds", latency);
    draft.sparse(of, "ThrottledRequests", "Sum", "Count", throttles);
}

/// A table that does what it always does.
pub fn calm_table(draft: &mut Draft, name: &str, reads: f64, writes: f64) {
    let grid = draft.grid;
    let mut rng = draft.rng(&format!("table {name}"));
    let reads = Wave::load(grid, &mut rng, reads, 0.25).counts(&mut rng);
    let writes = Wave::load(grid, &mut rng, writes, 0.25).counts(&mut rng);
    let latency = Wave::flat(grid, 4.1).noisy(&mut rng, 0.06);
    table(draft, name, &reads, &writes, &Wave::flat(grid, 0.0), &latency);
}

/// A queue: messages sent and received a minute, waiting ones, and the age of the oldest in seconds.
pub fn queue(draft: &mut Draft, name: &str, sent: &Wave, received: &Wave, waiting: &Wave, age: &Wave) {
    let dimensions = [("QueueName", name)];
    let of = Metric {
        resource: name,
        namespace: "AWS/SQS",
        dimensions: &dimensions,
    };
    draft.series(of, "NumberOfMessagesSent", "Sum", "Count", sent);
    draft.series(of, "NumberOfMessagesReceived", "Sum", "Count", received);
    draft.series(
        of,
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        "Count",
        waiting,
    );
    draft.series(of, "ApproximateAgeOfOldestMessage", "Maximum", "Seconds", age);
}

/// A queue that does what it always does.
pub fn calm_queue(draft: &mut Draft, name: &str, per_minute: f64) {
    let grid = draft.grid;
    let mut rng = draft.rng(&format!("queue {name}"));
    let sent = Wave::load(grid, &mut rng, per_minute, 0.25).counts(&mut rng);
    let waiting = Wave::flat(grid, 0.6).counts(&mut rng);
    let age = waiting.map(|_, waiting| {
        if waiting > 0.0 {
            rng.whole(1, 9) as f64
        } else {
            0.0
        }
    });
    queue(draft, name, &sent, &sent, &waiting, &age);
}

/// An instance: CPU in percent and the network's bytes a minute. Data only from `born` on, when it is younger.
pub fn instance(draft: &mut Draft, id: &str, cpu: &Wave, bytes: &Wave, born: Option<i64>) {
    let dimensions = [("InstanceId", id)];
    let of = Metric {
        resource: id,
        namespace: "AWS/EC2",
        dimensions: &dimensions,
    };
    let mut rng = draft.rng(&format!("instance metrics {id}"));
    let cpu = cpu.map(|_, value| value.clamp(0.1, 99.97));
    let most = cpu.map(|_, value| (value + rng.range(0.3, 5.0)).min(100.0));
    let credits = cpu.map(|at, _| 288.0 - 4.0 * ((at / MINUTE) % 3) as f64);
    let outward = bytes.map(|_, value| value * 0.7);
    let born = born.unwrap_or(0);
    let alive = |wave: &Wave| wave.map(|at, value| if at < born { 0.0 } else { value.max(0.001) });
    draft.sparse(of, "CPUUtilization", "Average", "Percent", &alive(&cpu));
    draft.sparse(of, "CPUUtilization", "Maximum", "Percent", &alive(&most));
    draft.sparse(of, "NetworkIn", "Average", "Bytes", &alive(bytes));
    draft.sparse(of, "NetworkOut", "Average", "Bytes", &alive(&outward));
    if born == 0 {
        draft.series(
            of,
            "StatusCheckFailed",
            "Maximum",
            "Count",
            &Wave::flat(draft.grid, 0.0),
        );
        draft.five_minutes(of, "CPUCreditBalance", "Average", "Count", &credits);
    }
}

/// An instance that does what it always does.
pub fn calm_instance(draft: &mut Draft, id: &str, cpu: f64) {
    let grid = draft.grid;
    let mut rng = draft.rng(&format!("calm instance {id}"));
    let load = Wave::load(grid, &mut rng, cpu, 0.2).noisy(&mut rng, 0.08);
    let bytes = load.map(|_, value| value * 41_000.0);
    instance(draft, id, &load, &bytes, None);
}

/// A database: CPU in percent, connections, latencies in seconds.
pub fn calm_database(draft: &mut Draft, id: &str, cpu: f64, connections: f64) {
    let grid = draft.grid;
    let dimensions = [("DBInstanceIdentifier", id)];
    let of = Metric {
        resource: id,
        namespace: "AWS/RDS",
        dimensions: &dimensions,
    };
    let mut rng = draft.rng(&format!("database {id}"));
    let load = Wave::load(grid, &mut rng, cpu, 0.2).noisy(&mut rng, 0.06);
    let open = Wave::load(grid, &mut rng, connections, 0.15).map(|_, value| value.round());
    let read = Wave::flat(grid, 0.0011).noisy(&mut rng, 0.12);
    let write = Wave::flat(grid, 0.0024).noisy(&mut rng, 0.12);
    let memory = Wave::flat(grid, 6.1e9).noisy(&mut rng, 0.004);
    draft.series(of, "CPUUtilization", "Average", "Percent", &load);
    draft.series(of, "DatabaseConnections", "Average", "Count", &open);
    draft.series(of, "ReadLatency", "Average", "Seconds", &read);
    draft.series(of, "WriteLatency", "Average", "Seconds", &write);
    draft.series(of, "FreeableMemory", "Average", "Bytes", &memory);
}

/// An application load balancer: requests, failures of its targets, mean response time in seconds, healthy targets.
pub fn balancer(
    draft: &mut Draft,
    id: &str,
    requests: &Wave,
    failures: &Wave,
    seconds: &Wave,
    healthy: &Wave,
) {
    let full = id
        .rsplit_once("loadbalancer/")
        .map_or(id, |(_, full)| full)
        .to_owned();
    let dimensions = [("LoadBalancer", full.as_str())];
    let of = Metric {
        resource: id,
        namespace: "AWS/ApplicationELB",
        dimensions: &dimensions,
    };
    let mut rng = draft.rng(&format!("balancer {id}"));
    let tail = seconds.map(|_, mean| mean * rng.range(2.6, 3.6));
    draft.series(of, "RequestCount", "Sum", "Count", requests);
    draft.series(
        of,
        "HTTPCode_Target_2XX_Count",
        "Sum",
        "Count",
        &requests.with(failures, |all, bad| all - bad),
    );
    draft.sparse(of, "HTTPCode_Target_5XX_Count", "Sum", "Count", failures);
    draft.series(of, "TargetResponseTime", "Average", "Seconds", seconds);
    draft.series(of, "TargetResponseTime", "p99", "Seconds", &tail);
    draft.series(of, "HealthyHostCount", "Minimum", "Count", healthy);
}

/// A bucket with request metrics: requests, both sorts of failure, latency of the first byte in milliseconds.
pub fn bucket(draft: &mut Draft, name: &str, gets: &Wave, client: &Wave, latency: &Wave) {
    let dimensions = [("BucketName", name), ("FilterId", "EntireBucket")];
    let of = Metric {
        resource: name,
        namespace: "AWS/S3",
        dimensions: &dimensions,
    };
    let mut rng = draft.rng(&format!("bucket {name}"));
    let puts = Wave::flat(draft.grid, 2.0).counts(&mut rng);
    draft.series(
        of,
        "AllRequests",
        "Sum",
        "Count",
        &gets.with(&puts, |gets, puts| gets + puts),
    );
    draft.series(of, "GetRequests", "Sum", "Count", gets);
    draft.series(of, "PutRequests", "Sum", "Count", &puts);
    draft.series(of, "4xxErrors", "Sum", "Count", client);
    draft.series(of, "5xxErrors", "Sum", "Count", &Wave::flat(draft.grid, 0.0));
    draft.series(of, "FirstByteLatency", "Average", "Milliseconds", latency);
}

/// An ECS service: CPU and memory in percent of what its tasks reserve, running tasks.
pub fn service(
    draft: &mut Draft,
    id: &str,
    cluster: &str,
    name: &str,
    cpu: &Wave,
    memory: &Wave,
    tasks: &Wave,
) {
    let dimensions = [("ClusterName", cluster), ("ServiceName", name)];
    let of = Metric {
        resource: id,
        namespace: "AWS/ECS",
        dimensions: &dimensions,
    };
    draft.series(of, "CPUUtilization", "Average", "Percent", cpu);
    draft.series(of, "MemoryUtilization", "Average", "Percent", memory);
    let of = Metric {
        namespace: "ECS/ContainerInsights",
        ..of
    };
    draft.series(of, "RunningTaskCount", "Average", "Count", tasks);
}
