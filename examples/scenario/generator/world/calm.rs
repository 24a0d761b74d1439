//! Other stacks that run beside the incident and are well.

use midwatch::model::Resource;
use serde_json::json;

use super::{World, flow::Flow, kinds, site::Site, truth::OVER};

impl World {
    /// A calm stack of the `number`th sort, named by `word`; gives back ids of things that may be changed without harm.
    pub fn neighbour(&mut self, number: usize, word: &'static str) -> Vec<String> {
        let (mine, stack) = (self.word, self.stack.clone());
        self.word = word;
        self.stack(word);
        let ids = match number % 5 {
            0 => self.calm_worker(),
            1 => self.calm_site(),
            2 => self.calm_pipeline(),
            3 => self.calm_service(),
            _ => self.calm_job(),
        };
        self.word = mine;
        self.stack = stack;
        ids
    }

    fn calm_worker(&mut self) -> Vec<String> {
        let (queue, function, table) = (self.n("jobs"), self.n("worker"), self.n("items"));
        self.add(&kinds::QUEUE, &queue, json!({}), &[]);
        self.calm_function(&function, "nodejs22.x", 4.0, 85.0, &["job done", "item stored"]);
        self.add(&kinds::TABLE, &table, json!({}), &[]);
        let role = self.place(&kinds::ROLE, &format!("{function}-role"), json!({}));
        self.triggers(&queue, &function);
        self.writes(&function, &table);
        self.uses(&function, &role);
        let alarm = format!("{function}-errors");
        self.alarm(&alarm, (&function, "Errors", "Sum"), OVER, 5.0, 3);
        vec![function, table, queue]
    }

    fn calm_site(&mut self) -> Vec<String> {
        let flow = self.calm("site", 170.0, 48.0);
        let ids = Site::new(
            &self.n("web"),
            &flow,
            &["page served", "search answered", "cart updated"],
        )
        .lay(self);
        let database = self.n("db");
        self.add(&kinds::DATABASE, &database, json!({}), &[]);
        self.reads(&ids.service, &database);
        let backup = self.shape.onset - 71 * 60;
        self.event(backup, "rds", &database, "backup", "Backing up DB instance");
        self.event(
            backup + 214,
            "rds",
            &database,
            "backup",
            "Finished DB instance backup",
        );
        self.event(
            self.shape.onset - 133 * 60,
            "ecs",
            &ids.service,
            "service",
            format!("(service {}) has reached a steady state.", self.n("web")),
        );
        vec![ids.service, database]
    }

    fn calm_pipeline(&mut self) -> Vec<String> {
        let (stream, function, bucket) = (self.n("stream"), self.n("archiver"), self.n("archive"));
        self.add(&kinds::STREAM, &stream, json!({}), &[]);
        self.calm_function(
            &function,
            "python3.13",
            6.0,
            240.0,
            &["records archived", "batch of records read"],
        );
        self.add(&kinds::BUCKET, &bucket, json!({}), &[]);
        self.triggers(&stream, &function);
        self.writes(&function, &bucket);
        vec![function, bucket]
    }

    fn calm_service(&mut self) -> Vec<String> {
        let flow = self.calm("service", 22.0, 64.0);
        let function = self.n("handler");
        super::Lambda::new(
            &function,
            "nodejs22.x",
            &flow,
            &["request answered", "profile read"],
        )
        .lay(self);
        let front = self.caller("front", &flow, 9.0);
        let api = self.api(
            &self.n("api"),
            ("GET", "/v1/items"),
            &front,
            super::entry::BEHIND,
            &[],
        );
        let cache = self.n("cache");
        self.add(&kinds::CACHE, &cache, json!({}), &[]);
        self.calls(&api, &function);
        let alarm = format!("{}-5xx", self.n("api"));
        self.alarm(&alarm, (&api, "5XXError", "Sum"), OVER, 8.0, 5);
        self.reads(&function, &cache);
        vec![function, cache]
    }

    fn calm_job(&mut self) -> Vec<String> {
        let (rule, function, topic) = (self.n("every-minute"), self.n("sweeper"), self.n("notices"));
        self.add(
            &kinds::RULE,
            &rule,
            json!({"ScheduleExpression": "rate(1 minute)"}),
            &[],
        );
        let grid = self.grid();
        let flow: Flow = self.around("sweeper", super::super::wave::Wave::flat(grid, 1.0), 410.0);
        super::Lambda::new(&function, "python3.12", &flow, &["swept", "nothing to sweep"]).lay(self);
        self.add(&kinds::TOPIC, &topic, json!({}), &[]);
        self.triggers(&rule, &function);
        self.writes(&function, &topic);
        vec![function]
    }

    /// A resource that this account only knows by name.
    pub fn outside(&mut self, name: &str) -> String {
        self.draft.resources.push(Resource::new(name, "remote", name));
        name.to_owned()
    }
}
