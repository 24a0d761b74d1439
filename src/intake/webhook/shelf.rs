//! The webhooks of one space as the server knows them: a page that was read a moment ago. It is read anew in the background, and
//! a journal that does not answer keeps nobody waiting for long.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::timeout};

use super::{
    directory::Unreachable,
    keys::Keys,
    live::{Live, SpaceDoor},
    register,
};
use crate::{intake::http::limit::Rate, journal::StoreError};

/// A page that is older is read anew.
const FRESH: Duration = Duration::from_millis(500);
/// And one that is older than this is not gone by any more.
const HOLDS: Duration = Duration::from_secs(1);
/// How long a page that is being read is waited for, from when its reading began.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long reading may go on, before it is begun again.
const LONGEST: Duration = Duration::from_secs(10);

/// One space's webhooks.
pub(super) struct Shelf {
    pub(super) space: SpaceDoor,
    keys: Arc<Keys>,
    rate: Rate,
    page: watch::Sender<Arc<Page>>,
    /// Since when the page is being read; none: it is not.
    reading: Mutex<Option<Instant>>,
}

/// What was read.
#[derive(Clone, Default)]
pub(super) struct Page {
    read: Option<Instant>,
    /// Webhooks by id.
    pub(super) webhooks: HashMap<String, Arc<Live>>,
    /// Rows that this version does not understand, and why.
    pub(super) unread: Vec<(String, String)>,
    /// Why they could not be read; what else stands here is older.
    pub(super) broken: Option<String>,
}

impl Page {
    fn is_younger(&self, age: Duration) -> bool {
        self.read.is_some_and(|at| at.elapsed() < age)
    }
}

impl Shelf {
    pub(super) fn new(space: SpaceDoor, keys: Arc<Keys>, rate: Rate) -> Self {
        Self {
            space,
            keys,
            rate,
            page: watch::Sender::new(Arc::default()),
            reading: Mutex::default(),
        }
    }

    /// What was read last, however long ago.
    pub(super) fn page(&self) -> Arc<Page> {
        Arc::clone(&self.page.borrow())
    }

    /// The webhook of this id, if it was there a moment ago: nothing is waited for.
    pub(super) fn known(self: &Arc<Self>, id: &str) -> Option<Arc<Live>> {
        let page = self.page();
        if !page.is_younger(HOLDS) || page.broken.is_some() {
            return None;
        }
        if !page.is_younger(FRESH) {
            self.begin();
        }
        page.webhooks.get(id).cloned()
    }

    /// A page of now.
    ///
    /// # Errors
    /// When there is none to be had, or none in time.
    pub(super) async fn recent(self: &Arc<Self>) -> Result<Arc<Page>, Unreachable> {
        let mut pages = self.page.subscribe();
        let mut page = Arc::clone(&pages.borrow());
        if !page.is_younger(FRESH) {
            let wait = PATIENCE.saturating_sub(self.begin().elapsed());
            let newer = async {
                let newer = pages.wait_for(|other| !Arc::ptr_eq(other, &page)).await;
                newer.ok().map(|newer| Arc::clone(&newer))
            };
            let newer = timeout(wait, newer).await.ok().flatten();
            page = newer.ok_or_else(|| Unreachable("the journal does not answer".to_owned()))?;
        }
        match &page.broken {
            Some(why) => Err(Unreachable(why.clone())),
            None => Ok(page),
        }
    }

    /// Sees to it that the page is being read; says since when.
    fn begin(self: &Arc<Self>) -> Instant {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(begun) = *reading {
            return begun;
        }
        let now = Instant::now();
        *reading = Some(now);
        let shelf = Arc::clone(self);
        tokio::spawn(async move {
            let over = Over(&shelf.reading);
            let page = shelf.read().await;
            drop(over);
            shelf.page.send_replace(Arc::new(page));
        });
        now
    }

    async fn read(&self) -> Page {
        let before = self.page();
        let rows = timeout(LONGEST, register::rows(&self.space.journal)).await;
        let (rows, broken) = match rows {
            Ok(Ok(rows)) => (rows, None),
            Ok(Err(error)) => (register::Rows::default(), Some(first_line(&error))),
            Err(_) => (
                register::Rows::default(),
                Some("the journal does not answer".to_owned()),
            ),
        };
        let space = &self.space.name;
        match (&before.broken, &broken) {
            (None, Some(why)) => tracing::error!(%space, %why, "webhooks cannot be looked up"),
            (Some(_), None) => tracing::info!(%space, "webhooks can be looked up again"),
            _ => {}
        }
        if broken.is_some() {
            return Page {
                read: Some(Instant::now()),
                broken,
                ..Page::clone(&before)
            };
        }
        let mut webhooks = HashMap::new();
        for row in rows.webhooks {
            let before = before.webhooks.get(&row.1.id);
            let live = Live::of(&self.space, row, before, (&self.keys, self.rate)).await;
            webhooks.insert(live.webhook.id.clone(), live);
        }
        for (row, why) in rows
            .unread
            .iter()
            .filter(|unread| !before.unread.contains(unread))
        {
            tracing::error!(%space, %row, %why, "a webhook is not understood by this version and stays closed");
        }
        Page {
            read: Some(Instant::now()),
            webhooks,
            unread: rows.unread,
            broken: None,
        }
    }
}

/// Reading is over, however it ends.
struct Over<'shelf>(&'shelf Mutex<Option<Instant>>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn first_line(error: &StoreError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
