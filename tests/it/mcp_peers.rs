//! Conversations with real MCP servers and authorization servers.

use std::{sync::Arc, time::Duration};

use midwatch::{
    config::{Association, Auth},
    sources::mcp::Standing,
};
use serde_json::json;

use crate::{
    mcp_conformance::client::Headless,
    support::{
        double_mcp::{DoubleMcp, Reply, reader, usual},
        mcp::{Desk, connection, listing},
        mcp_peers::{Peer, everything_command},
    },
};

#[tokio::test]
async fn server_everything_over_http() {
    let Some(peer) = Peer::everything() else { return };
    let desk = Desk::new();
    let connection = connection(&format!("{}/mcp", peer.address));
    let client = desk.client(&connection, &listing(&["echo", "get-sum"]));
    let tools = client.tools().await.unwrap();
    assert!(tools.len() > 5, "{tools:?}");
    let answer = client.call("echo", &json!({"message": "hello"})).await.unwrap();
    assert!(answer.text.contains("hello"), "{answer:?}");
    let answer = client.call("get-sum", &json!({"a": 2, "b": 3})).await.unwrap();
    assert!(answer.text.contains('5'), "{answer:?}");
    client.close().await;
}

#[tokio::test]
async fn server_everything_as_a_local_program() {
    let Some(command) = everything_command() else {
        return;
    };
    let desk = Desk::new();
    let mut connection = connection("");
    connection.url = None;
    connection.command = command;
    let client = desk.client(&connection, &listing(&["echo"]));
    let answer = client.call("echo", &json!({"message": "hello"})).await.unwrap();
    assert!(answer.text.contains("hello"), "{answer:?}");
    // It ends, and is started again by the next question.
    client.close().await;
    let answer = client.call("echo", &json!({"message": "again"})).await.unwrap();
    assert!(answer.text.contains("again"), "{answer:?}");
    client.close().await;
}

#[tokio::test]
async fn a_program_that_is_not_there_or_speaks_no_mcp_is_told() {
    let desk = Desk::new();
    let mut connection = connection("");
    connection.url = None;
    connection.timeout = 5;
    for (command, why) in [
        (vec!["/nonexistent/program".to_owned()], "cannot be started"),
        (vec!["true".to_owned()], "ended the conversation"),
    ] {
        connection.command = command;
        let client = desk.client(&connection, &Association::default());
        let error = client.tools().await.unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("hint:"), "{error}");
    }
}

#[tokio::test]
async fn fastmcp_with_a_login_that_expires() {
    let Some(peer) = Peer::fastmcp("oauth") else {
        return;
    };
    let desk = Desk::new();
    let mut connection = connection(&format!("{}/mcp", peer.address));
    connection.auth = Auth::OAuth {
        id: None,
        secret: None,
        scopes: Vec::new(),
    };
    // Nobody has logged in yet: said so, with the command that does.
    let reading = Association::default();
    let error = desk
        .client(&connection, &reading)
        .tools()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("hint: midwatch connection login hub"), "{error}");
    // Discovery, registration, consent with PKCE, exchange.
    desk.lines()
        .log_in("hub", &connection, Arc::new(Headless))
        .await
        .unwrap();
    let held = desk.memory().read();
    let (client, first) = (held.client.unwrap(), held.tokens.unwrap());
    assert_eq!(client.issuer, first.issuer);
    assert_eq!(first.scopes, ["read"]);
    // As after a start of the program: what is remembered lets us in.
    let client = desk.client(&connection, &reading);
    let standings: Vec<_> = client
        .tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.standing)
        .collect();
    assert_eq!(standings, [Standing::Writes, Standing::Allowed]);
    let answer = client
        .call("search_runbooks", &json!({"words": "orders"}))
        .await
        .unwrap();
    assert!(answer.text.contains("runbook for orders"), "{answer:?}");
    // The token's time is up within seconds (fastmcp counts in whole ones); it is renewed without a person.
    tokio::time::sleep(Duration::from_secs(3)).await;
    client
        .call("search_runbooks", &json!({"words": "payments"}))
        .await
        .unwrap();
    let renewed = desk.memory().read().tokens.unwrap();
    assert!(renewed.access != first.access, "the token is the same");
    // What a login gave is in no word that anybody sees.
    let shown = format!("{:?} {:?}", desk.memory().read(), connection);
    assert!(!shown.contains(renewed.access.expose()));
}

#[tokio::test]
async fn fastmcp_with_a_bearer_token() {
    let Some(peer) = Peer::fastmcp("bearer") else {
        return;
    };
    let desk = Desk::new();
    let mut connection = connection(&format!("{}/mcp", peer.address));
    connection.auth = Auth::Bearer {
        token: desk.secret("static-hush"),
    };
    let client = desk.client(&connection, &Association::default());
    let answer = client
        .call("search_runbooks", &json!({"words": "x"}))
        .await
        .unwrap();
    assert!(answer.text.contains("runbook for x"), "{answer:?}");
    connection.auth = Auth::Bearer {
        token: desk.secret("another-hush"),
    };
    let error = desk
        .client(&connection, &Association::default())
        .tools()
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("does not take our credentials (HTTP 401)"),
        "{error}"
    );
    assert!(!error.contains("another-hush"), "{error}");
}

#[tokio::test]
async fn client_credentials_of_a_real_authorization_server() {
    let Some(tokens) = Peer::tokens() else { return };
    let server = DoubleMcp::start(|asked| {
        let known = asked
            .header("authorization")
            .is_some_and(|words| words.starts_with("Bearer ey"));
        Some(if known {
            usual(asked, &[reader("look")])
        } else {
            Reply::json(401, &json!({})).with("www-authenticate", "Bearer")
        })
    });
    let desk = Desk::new();
    let mut connection = connection(&server.url());
    connection.auth = desk.credentials("hush-hush", Some(&format!("{}/token", tokens.address)));
    let client = desk.client(&connection, &Association::default());
    assert_eq!(client.call("look", &json!({})).await.unwrap().text, "fine");
}
