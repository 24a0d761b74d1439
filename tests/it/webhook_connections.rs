//! Connections: a share for each network, an end for those that say nothing and those that last, and for whoever proves nothing.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use axum::{Router, routing::get};
use midwatch::intake::http::{
    Bind, Listener,
    listen::{Bounds, is_of_this_host},
};
use tokio::{sync::watch, task::spawn_blocking};

use crate::support::{
    program::Program,
    serve::{Hook, PATIENCE, Serve, event},
};

const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A server that says hello, within these bounds.
async fn server(bounds: Bounds) -> (SocketAddr, watch::Sender<bool>) {
    let bind = Bind {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        plain: false,
    };
    let listener = Listener::bind(&bind).await.unwrap().within(bounds);
    let address = listener.address();
    let stop = watch::Sender::new(false);
    let router = Router::new().route("/", get(async || "hello"));
    tokio::spawn(listener.serve(router, stop.subscribe()));
    (address, stop)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Asks once; whether there was an answer.
fn asks(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 1024];
    stream.write_all(ASKED).is_ok()
        && stream
            .read(&mut bytes)
            .is_ok_and(|count| bytes[..count].starts_with(b"HTTP/1.1 200"))
}

/// Waits until the other end hangs up.
fn ends(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_takes_its_share_of_the_places_and_no_more() {
    let bounds = Bounds {
        of_network: 2,
        spared: |_| false,
        ..Bounds::default()
    };
    let (address, _stop) = server(bounds).await;
    let (spared, _stop_too) = server(Bounds {
        spared: is_of_this_host,
        ..bounds
    })
    .await;
    spawn_blocking(move || {
        let mut held = [connect(address), connect(address)];
        assert!(held.iter_mut().all(asks));
        assert!(!asks(&mut connect(address)), "the third is one too many");
        assert!(held.iter_mut().all(asks), "and the others are as well as before");
        drop(held);
        // Its places are free again as soon as the server has noticed.
        while !asks(&mut connect(address)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        // A proxy on this host brings everybody.
        let mut many: Vec<TcpStream> = (0..10).map(|_| connect(spared)).collect();
        assert!(many.iter_mut().all(asks));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_ends_when_it_says_nothing_and_when_it_has_lasted() {
    let short = Duration::from_millis(50);
    let idle = server(Bounds {
        idle: short,
        ..Bounds::default()
    })
    .await;
    let old = server(Bounds {
        life: short,
        ..Bounds::default()
    })
    .await;
    for (address, _stop) in [idle, old] {
        spawn_blocking(move || {
            let mut stream = connect(address);
            assert!(asks(&mut stream));
            ends(&mut stream);
        })
        .await
        .unwrap();
    }
}

#[test]
fn who_proves_nothing_is_hung_up_on_and_spoils_no_other_webhook() {
    let program = Program::new("").cut_off();
    let one = Hook::create(&program, &["one", "--kind", "datadog"]);
    let two = Hook::create(&program, &["two", "--kind", "datadog"]);
    let serve = Serve::start(&program, &[]);
    let mut stream = connect(serve.address);
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\ncontent-length: 2\r\n\r\n{{}}",
        one.path
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 401") && answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    // As behind a proxy: one address, one sender that is set up wrongly, and another that only begins to be.
    let wrong = |hook: &Hook| serve.post(&hook.path, &[("authorization", "Bearer wrong")], &event("1", "a"));
    let mut last = 0;
    for _ in 0..200 {
        last = wrong(&one).status;
    }
    assert_eq!(last, 429);
    let answer = wrong(&two);
    assert_eq!((answer.status, answer.code().as_str()), (401, "wrong_token"));
    // All are counted, and few are written down.
    let refused = serve.log().matches("\"outcome\":\"wrong_token\"").count();
    assert!((1..60).contains(&refused), "{refused} lines");
    assert!(
        serve
            .get("/metrics")
            .text
            .contains("midwatch_http_refused_total{code=\"too_many_failures\"}")
    );
}
