//! Telemetry vendors over doubles of their MCP servers: the built-in reasoner uses what they know, without a model.

mod answers;
mod doubles;
mod incidents;

use std::collections::BTreeMap;

use midwatch::{
    config::Association,
    model::{LogFilter, Query, Resource, Window},
};

use crate::support::vendors::at;

fn scoped(kind: &str, ids: &[&str]) -> Association {
    Association {
        scope: BTreeMap::from([(kind.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())]),
        ..Association::default()
    }
}

fn window() -> Window {
    Window::new(at("10:00:00"), at("11:15:00"))
}

fn service(name: &str) -> Resource {
    Resource::new(format!("service:{name}"), "service", name)
}

fn catalogue(name: &str) -> Query {
    Query::Catalogue {
        resource: Some(service(name)),
        namespace: None,
        metric: None,
    }
}

fn logs_with(name: &str, term: Option<&str>) -> Query {
    Query::Logs {
        resource: Some(service(name)),
        group: None,
        window: window(),
        filter: term.map(|term| LogFilter {
            any: vec![term.to_owned()],
        }),
        limit: 5000,
    }
}
