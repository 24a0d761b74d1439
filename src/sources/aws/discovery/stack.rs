//! A stack: its resources, and what its template declares of them.

use super::{
    super::{
        ask::Ask,
        stacks,
        template::{self, Deployed},
    },
    AwsDiscovery,
};
use crate::model::{
    Text,
    discovery::{Finding, Thing},
};

impl AwsDiscovery {
    pub(super) async fn stack(&self, ask: &mut Ask<'_>, name: &str) -> Finding {
        let (stack, exports) = {
            let known = self.stacks.lock().await;
            let exports = known.values().flat_map(|stack| stack.exports.clone()).collect();
            (known.get(name).cloned(), exports)
        };
        let Some(mut stack) = stack else {
            return Finding::default();
        };
        let outcome = stacks::parts(&ask.aws, &stack.name).await;
        let what = || Text::from("resources of stack ").ext(stack.name.clone());
        let Some(parts) = ask.keep(outcome, what, None) else {
            return Finding::default();
        };
        stack.parts = parts;
        let declaration = stacks::declared(ask, &stack, exports).await;
        let mut things: Vec<Thing> = declaration
            .iter()
            .flat_map(|declaration| template::things(&declaration.template, &declaration.deployed))
            .collect();
        let deployed = Deployed {
            stack: stack.name.clone(),
            region: ask.aws.region().to_owned(),
            account: stack.account().to_owned(),
            ..Deployed::default()
        };
        for part in &stack.parts {
            let id = part.id();
            if !things.iter().any(|thing| thing.resource.id == id) {
                things.push(template::thing(&part.kind, &part.physical, &deployed));
            }
        }
        Finding {
            things,
            ..Finding::default()
        }
    }
}
