//! The webhooks of all spaces as the server knows them: what is made, changed or removed by another process holds within about
//! a second, and one space whose journal is away keeps no other's senders waiting.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    keys::Keys,
    live::{Live, SpaceDoor},
    seal::Keeper,
    shelf::Shelf,
};
use crate::intake::http::limit::Rate;

/// The webhooks of all spaces.
pub struct Directory {
    shelves: Vec<Arc<Shelf>>,
}

/// A webhook cannot be looked up: its space's journal does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable(pub String);

/// All webhooks, and what is the matter with some.
#[derive(Default)]
pub struct Listing {
    /// The webhooks; of a space that cannot be read, those of before.
    pub webhooks: Vec<Arc<Live>>,
    /// Spaces whose webhooks cannot be looked up, and why.
    pub broken: Vec<(String, String)>,
    /// Spaces with rows that this version does not understand: the space, the row, and why.
    pub unread: Vec<(String, String, String)>,
}

impl Directory {
    /// Of these spaces; each webhook may be called as often as `rate` says.
    pub fn new(spaces: Vec<SpaceDoor>, keeper: Keeper, rate: Rate) -> Self {
        let keys = Arc::new(Keys::new(keeper));
        let shelf = |space| Arc::new(Shelf::new(space, Arc::clone(&keys), rate));
        Self {
            shelves: spaces.into_iter().map(shelf).collect(),
        }
    }

    /// The webhook of this id; none when there is none. Waits for two seconds at most.
    ///
    /// # Errors
    /// When it cannot be told: a journal does not answer.
    pub async fn find(&self, id: &str) -> Result<Option<Arc<Live>>, Unreachable> {
        if let Some(live) = self.shelves.iter().find_map(|shelf| shelf.known(id)) {
            return Ok(Some(live));
        }
        // One that was there once is asked for in its own space.
        let own = self
            .shelves
            .iter()
            .find(|shelf| shelf.page().webhooks.contains_key(id));
        if let Some(shelf) = own {
            return Ok(shelf.recent().await?.webhooks.get(id).cloned());
        }
        let mut broken = None;
        for page in join_all(self.shelves.iter().map(Shelf::recent)).await {
            match page {
                Ok(page) => {
                    if let Some(live) = page.webhooks.get(id) {
                        return Ok(Some(Arc::clone(live)));
                    }
                }
                Err(why) => broken = Some(why),
            }
        }
        broken.map_or(Ok(None), Err)
    }

    /// All of them, and what is the matter with some. Waits for two seconds at most.
    pub async fn all(&self) -> Listing {
        let mut listing = Listing::default();
        let pages = join_all(self.shelves.iter().map(Shelf::recent)).await;
        for (shelf, page) in self.shelves.iter().zip(pages) {
            let name = &shelf.space.name;
            let page = page.unwrap_or_else(|Unreachable(why)| {
                listing.broken.push((name.clone(), why));
                shelf.page()
            });
            listing.webhooks.extend(page.webhooks.values().cloned());
            let unread = page.unread.iter();
            listing
                .unread
                .extend(unread.map(|(row, why)| (name.clone(), row.clone(), why.clone())));
        }
        listing
    }
}
