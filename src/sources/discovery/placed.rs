//! A discovery outside the place where the space is at home: what it finds carries its place.

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::{
    Place,
    discovery::{Discovery, Finding, Part, Parts, Thing},
};

/// A discovery whose findings carry their place.
pub struct Placed {
    inner: Arc<dyn Discovery>,
    place: Place,
}

impl Placed {
    /// What `inner` finds, as it is called from home.
    pub const fn new(inner: Arc<dyn Discovery>, place: Place) -> Self {
        Self { inner, place }
    }
}

#[async_trait]
impl Discovery for Placed {
    fn place(&self) -> String {
        self.place.to_string()
    }

    async fn parts(&self) -> Parts {
        self.inner.parts().await
    }

    async fn read(&self, part: &Part) -> Finding {
        self.inner.read(part).await.at(&self.place)
    }

    fn further(&self, known: &[&Thing]) -> Parts {
        let own: Vec<Thing> = known
            .iter()
            .filter_map(|thing| {
                let (id, place) = thing.resource.id.split();
                let mut own = (*thing).clone();
                own.resource.id = id;
                (place.as_ref() == Some(&self.place)).then_some(own)
            })
            .collect();
        self.inner.further(&own.iter().collect::<Vec<_>>())
    }
}
