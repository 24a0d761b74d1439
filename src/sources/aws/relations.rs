//! How resources act on each other: from the templates of the stacks that hold them, from traces, and from what leads out of
//! the place.

use std::collections::BTreeSet;

use super::{
    abroad,
    ask::Ask,
    discovery::{actors, observed},
    stacks,
    template::{self, Deployed},
    wiring,
};
use crate::model::{Evidence, Relation, discovery::Thing};

pub(super) async fn answer(ask: &mut Ask<'_>) -> Option<Evidence> {
    let stacks = stacks::all(ask).await?;
    let own = ask.source.place().cloned();
    let mut things: Vec<Thing> = Vec::new();
    let mut leading_out: BTreeSet<Relation> = BTreeSet::new();
    for stack in stacks.iter() {
        let deployed = Deployed {
            stack: stack.name.clone(),
            region: ask.aws.region().to_owned(),
            account: stack.account().to_owned(),
            ..Deployed::default()
        };
        // What is declared is known best; what only stands in the listing is known by its name.
        if let Some(declaration) = stacks::declaration(ask, stack).await {
            things.extend(template::things(&declaration.template, &declaration.deployed));
            if let Some(own) = &own {
                leading_out.extend(abroad::relations(stack, &declaration, own));
            }
        }
        let listed = stack.parts.iter();
        things.extend(listed.map(|part| template::thing(&part.kind, &part.physical, &deployed)));
    }
    let mut found: BTreeSet<Relation> = wiring::relations(&things).into_iter().collect();
    // What a rule says of two resources is more exact than that the one names the other.
    leading_out.retain(|out| {
        let said = |one: &Relation| one.from == out.from && one.to == out.to;
        !found.iter().any(said)
    });
    found.extend(leading_out);
    let seen = observed::graph_of_traces(ask).await;
    let traced = actors::relations(&seen, &things, &found);
    found.extend(traced.relations);
    Some(Evidence::Relations(found.into_iter().collect()))
}
