//! A network between a worker and its database, which loses what it is told to lose.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything gets through.
    Fair,
    /// Connections are closed, and new ones too.
    Down,
    /// Nothing gets through and nothing is closed; what was sent arrives when it is fair again.
    Silent,
}

/// What is lost once.
#[derive(Debug, Clone)]
pub enum Loss {
    /// The request with these words in it.
    Request(String),
    /// The answer to it.
    Answer(String),
}

/// A network to one server.
pub struct DoubleNetwork {
    pub port: u16,
    weather: watch::Sender<Weather>,
    loss: Arc<Mutex<Option<Loss>>>,
    lost: Arc<AtomicBool>,
}

impl DoubleNetwork {
    pub async fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let network = Self {
            port: listener.local_addr().unwrap().port(),
            weather: watch::Sender::new(Weather::Fair),
            loss: Arc::default(),
            lost: Arc::default(),
        };
        let (weather, loss, lost) = (
            network.weather.clone(),
            Arc::clone(&network.loss),
            Arc::clone(&network.lost),
        );
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *weather.borrow() == Weather::Down {
                    continue;
                }
                let line = Line {
                    weather: weather.subscribe(),
                    loss: Arc::clone(&loss),
                    lost: Arc::clone(&lost),
                };
                tokio::spawn(line.carry(client, server.clone()));
            }
        });
        network
    }

    pub fn turns(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    pub fn loses(&self, loss: Loss) {
        self.lost.store(false, Ordering::SeqCst);
        *self.loss.lock().unwrap() = Some(loss);
    }

    /// True when what was to be lost was.
    pub fn has_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }
}

/// One connection.
struct Line {
    weather: watch::Receiver<Weather>,
    loss: Arc<Mutex<Option<Loss>>>,
    lost: Arc<AtomicBool>,
}

impl Line {
    async fn carry(self, client: TcpStream, server: (String, u16)) {
        let Ok(server) = TcpStream::connect(server).await else {
            return;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (deaf, hears) = watch::channel(false);
        let mut down = self.weather.clone();
        tokio::select! {
            () = self.requests(from_client, to_server, deaf) => {}
            () = self.answers(from_server, to_client, hears) => {}
            _ = down.wait_for(|weather| *weather == Weather::Down) => {}
        }
    }

    async fn requests(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, deaf: watch::Sender<bool>) {
        let mut bytes = vec![0; 1 << 16];
        // Words may stand across two reads.
        let mut tail: Vec<u8> = Vec::new();
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            self.fair().await;
            tail.extend_from_slice(&bytes[..count]);
            let struck = self.strike(&tail);
            let keep = tail.len().saturating_sub(200);
            tail.drain(..keep);
            match struck {
                Some(Loss::Request(_)) => return,
                Some(Loss::Answer(_)) => drop(deaf.send(true)),
                None => {}
            }
            if to.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    }

    async fn answers(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, deaf: watch::Receiver<bool>) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            self.fair().await;
            // The server has answered, so it is done; nobody will hear of it.
            if *deaf.borrow() || to.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    }

    async fn fair(&self) {
        let mut weather = self.weather.clone();
        drop(weather.wait_for(|weather| *weather != Weather::Silent).await);
    }

    /// What this is the place to lose.
    fn strike(&self, bytes: &[u8]) -> Option<Loss> {
        let mut loss = self.loss.lock().unwrap();
        let words = match loss.as_ref()? {
            Loss::Request(words) | Loss::Answer(words) => words.as_bytes().to_vec(),
        };
        if !bytes.windows(words.len()).any(|part| part == words) {
            return None;
        }
        self.lost.store(true, Ordering::SeqCst);
        loss.take()
    }
}
