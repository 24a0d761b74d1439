//! Where everything that arrives is judged and written, many at a time, and answered when it is durable; and where what was
//! left alone is judged anew.

mod desk;
mod round;

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use self::desk::Desk;
use super::{Arrival, Home, Receipt};
use crate::journal::{Clock, Journal, StoreError};

/// Arrivals that wait for their turn; beyond, senders wait before they are heard.
const WAITING: usize = 1024;

/// Where arrivals go. Cheap to clone; every clone leads to the same reception.
#[derive(Debug, Clone)]
pub struct Reception {
    to: mpsc::Sender<Call>,
    ready: watch::Receiver<bool>,
}

#[derive(Debug)]
struct Call {
    what: What,
    answer: oneshot::Sender<Result<Vec<Receipt>, StoreError>>,
}

#[derive(Debug)]
enum What {
    /// It has to be judged and written.
    Arrived(Box<Arrival>),
    /// What was left alone has to be judged anew, where the reason has ended.
    Again,
}

impl Reception {
    /// Opens the reception of a space, which reads what it has to know at once (see [`Self::ready`]). The task ends when the
    /// last clone of the reception is gone.
    pub fn open(journal: Journal, home: Home, clock: Clock) -> (Self, JoinHandle<()>) {
        let (to, calls) = mpsc::channel(WAITING);
        let (told, ready) = watch::channel(false);
        let desk = Desk::new(journal, home, clock);
        (Self { to, ready }, tokio::spawn(desk.run(calls, told)))
    }

    /// Judges and writes what arrived. What it returns is durable: the event, what is done about it and, where one is opened,
    /// the investigation, in one transaction. After an error nothing of it is written, and the sender may try again.
    pub async fn receive(&self, arrival: Arrival) -> Result<Receipt, StoreError> {
        let receipts = self.call(What::Arrived(Box::new(arrival))).await?;
        receipts.into_iter().next().ok_or_else(gone)
    }

    /// Judges anew what was left alone for a reason that has ended since. It happens by itself every few seconds.
    pub async fn look_again(&self) -> Result<Vec<Receipt>, StoreError> {
        self.call(What::Again).await
    }

    /// True once it knows what it judges by: until then, what arrives waits.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Resolves when it is ready, or closed.
    pub async fn ready(&self) {
        // An error: it is closed, and says so to whoever calls.
        let mut told = self.ready.clone();
        let _closed = told.wait_for(|ready| *ready).await;
    }

    async fn call(&self, what: What) -> Result<Vec<Receipt>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let call = Call { what, answer };
        self.to.send(call).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Database("the reception is closed\nhint: midwatch is ending; send it again".into())
}
